/** `npm run chaos -- --scenario leader-kill --times 10`: one JSON line for what came of it; exit 1 if wrong. */
import { parseArgs } from "node:util";
import { joinLate } from "./joiner.ts";
import { play, type Scenario, scenarios } from "./scenarios.ts";

const { values } = parseArgs({
  options: {
    scenario: { type: "string", default: "leader-kill" },
    times: { type: "string", default: "10" },
    writers: { type: "string", default: "16" },
  },
});
const scenario = scenarios.find((name) => name === values.scenario);
const [times, writers] = [Number(values.times), Number(values.writers)];
const isJoiner = values.scenario === "joiner";
if ((scenario === undefined && !isJoiner) || !(times >= 1) || !(writers >= 1)) {
  const names = [...scenarios, "joiner (after N thousand slots)"].join("|");
  process.stderr.write(`chaos: --scenario ${names} --times N --writers N\n`);
  process.exitCode = 2;
} else await run(scenario);

async function run(name: Scenario | undefined): Promise<void> {
  const outcome = name === undefined ? await joinLate(times) : await play(name, times, writers);
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
  if (!outcome.exact) process.exitCode = 1;
}
