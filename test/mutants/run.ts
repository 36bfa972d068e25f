/**
 * `npm run mutants [-- --seeds N] [--only TEXT] [--sim]`: puts every mutant on trial, by the cases and the simulation,
 * or with --sim by the simulation alone. A table on stderr, JSON on stdout; exit 1 when one survives.
 */
import { parseArgs } from "node:util";
import { mutants } from "./list.ts";
import { tryMutant, tryMutants } from "./trials.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    only: { type: "string", default: "" },
    sim: { type: "boolean", default: false },
  },
});
const { sim } = values;
const seeds = Number(values.seeds);

const control = await tryMutant("none", { seeds: 50, sim });
if (control.killedBy !== null) throw new Error(`the code as it is fails: ${control.killedBy}`);

const names = mutants.map((m) => m.name).filter((name) => name.includes(values.only));
const verdicts = await tryMutants(names, { seeds, sim });
for (const { name, killedBy, seeds: ran } of verdicts)
  console.error(`${name.padEnd(68)} ${String(ran).padStart(5)}  ${killedBy ?? "SURVIVED"}`);
const survivors = verdicts.filter((v) => v.killedBy === null).map((v) => v.name);
console.log(JSON.stringify({ mutants: verdicts.length, survivors, verdicts }, null, 2));
process.exitCode = survivors.length > 0 ? 1 : 0;
