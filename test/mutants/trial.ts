/**
 * One mutant on trial, in a process of its own: `node trial.ts NAME SEEDS [FROM]`. The sources are changed while they
 * are loaded, then the cases run, then seeds of the simulation, until one of them fails. Prints one line of JSON.
 */
import { existsSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Edit, mutants } from "./list.ts";

export interface Verdict {
  readonly name: string;
  readonly killedBy: string | null;
  /** The seed that killed it, or how many it survived. */
  readonly seeds: number;
}

const [name = "", seedsMax = "100", from = "1"] = process.argv.slice(2);
const root = fileURLToPath(new URL("../../", import.meta.url));
const mutant = mutants.find((m) => m.name === name);
if (name !== "none" && mutant === undefined) throw new Error(`no mutant is named ${JSON.stringify(name)}`);

const edits = new Map<string, Edit[]>();
for (const edit of mutant?.edits ?? []) {
  const url = pathToFileURL(root + edit.file).href;
  edits.set(url, [...(edits.get(url) ?? []), edit]);
}
let applied = 0;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const mine = edits.get(url);
    if (mine === undefined) return loaded;
    let source = String(loaded.source);
    for (const { file, find, replace } of mine) {
      const times = source.split(find).length - 1;
      if (times !== 1) throw new Error(`${name}: the text stands ${times} times in ${file}`);
      source = source.replace(find, () => replace);
      applied++;
    }
    return { ...loaded, source };
  },
});

interface Case {
  readonly name: string;
  run(): void | Promise<void>;
}

async function judge(): Promise<Omit<Verdict, "name">> {
  for (const path of ["test/paxos/cases.ts", "test/mutants/cases.ts"]) {
    if (!existsSync(root + path)) continue;
    const { allCases } = (await import(pathToFileURL(root + path).href)) as { allCases: readonly Case[] };
    for (const each of allCases) {
      try {
        await each.run();
      } catch (error) {
        return { killedBy: `${each.name}: ${firstLine(error)}`, seeds: 0 };
      }
    }
  }
  const { runSeed } = await import("../../src/shared/sim/run.ts");
  if (applied !== (mutant?.edits.length ?? 0)) throw new Error(`${name}: its files were not loaded`);
  for (let i = 0; i < Number(seedsMax); i++) {
    const seed = Number(from) + i;
    const { error } = await runSeed(seed);
    if (error !== null) return { killedBy: `seed ${seed}: ${firstLine(error)}`, seeds: i + 1 };
  }
  return { killedBy: null, seeds: Number(seedsMax) };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0]?.slice(0, 160) ?? "";
}

const verdict: Verdict = { name, ...(await judge()) };
console.log(JSON.stringify(verdict));
process.exit(0);
