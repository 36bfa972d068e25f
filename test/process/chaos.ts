/** `npm run chaos -- --scenario leader-kill --times 10`: one JSON line for what came of it; exit 1 if wrong. */
import { parseArgs } from "node:util";
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
if (scenario === undefined || !(times >= 1) || !(writers >= 1)) {
  process.stderr.write(`chaos: --scenario ${scenarios.join("|")} --times N --writers N\n`);
  process.exitCode = 2;
} else await run(scenario);

async function run(name: Scenario): Promise<void> {
  const outcome = await play(name, times, writers);
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
  if (!outcome.exact) process.exitCode = 1;
}
