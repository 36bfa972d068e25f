/** `npm run mutants [-- --seeds N] [--only TEXT]`: puts every mutant on trial. Exit 1 when one survives. */
import { parseArgs } from "node:util";
import { mutants } from "./list.ts";
import { tryMutants } from "./trials.ts";

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "1000" }, only: { type: "string", default: "" } },
});
const chosen = mutants.filter((m) => m.name.includes(values.only));
const verdicts = await tryMutants(chosen, Number(values.seeds));
for (const { name, killedBy, seeds } of verdicts) {
  const by = killedBy === null ? `SURVIVED ${seeds} seeds` : killedBy;
  console.error(`${name.padEnd(66)} ${String(seeds).padStart(5)}  ${by}`);
}
const survivors = verdicts.filter((v) => v.killedBy === null).map((v) => v.name);
console.log(JSON.stringify({ mutants: verdicts.length, survivors, verdicts }, null, 2));
process.exitCode = survivors.length > 0 ? 1 : 0;
