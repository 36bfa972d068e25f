/**
 * Simulated clusters, many seeds: `npm run sim -- --seeds N [--from S]`, or one of them, with a trace of all that
 * happens: `npm run sim -- --seed X --trace`. JSON on stdout; exit 1 when a seed fails.
 */
import { parseArgs } from "node:util";
import { runSeed } from "../src/shared/sim/run.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    trace: { type: "boolean", default: false },
    first: { type: "boolean", default: false },
  },
});

const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count)) {
  console.error("--seeds, --from and --seed are integers");
  process.exit(2);
}
const trace = (at: number, who: string, what: string) =>
  console.error(`${at.toFixed(3).padStart(10)} ${who} ${what}`);

const began = performance.now();
const failures: { seed: number; error: string; replay: string }[] = [];
let [calls, events, slots] = [0, 0, 0];
for (let seed = from; seed < from + count; seed++) {
  const result = await runSeed(seed, values.trace ? trace : null);
  calls += result.calls;
  events += result.events;
  slots += result.slots;
  if (result.error !== null) {
    const replay = `npm run sim -- --seed ${seed} --trace`;
    failures.push({ seed, error: result.error.stack ?? result.error.message, replay });
    console.error(`seed ${seed}: ${result.error.message}`);
    if (values.first) break;
  }
}
const millis = Math.round(performance.now() - began);
console.log(
  JSON.stringify(
    { from, seeds: count, failed: failures.length, calls, slots, events, millis, failures },
    null,
    2,
  ),
);
process.exitCode = failures.length > 0 ? 1 : 0;
