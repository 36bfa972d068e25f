/**
 * One mutant on trial, in a process of its own: `node trial.ts --name NAME --seeds N [--from S] [--sim]`. The sources
 * are changed while they are loaded, then the cases run (not with --sim), then seeds of the simulation, until one of
 * them fails. The name "none" tries the sources as they are. Prints one line of JSON.
 */
import { registerHooks } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { mutants } from "./list.ts";
import type { Edit, Mutant } from "./mutant.ts";

export interface Verdict {
  readonly name: string;
  /** The case or the seed that noticed it; null when nothing did. */
  readonly killedBy: string | null;
  /** Seeds that ran. */
  readonly seeds: number;
}

const { values } = parseArgs({
  options: {
    name: { type: "string", default: "none" },
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    sim: { type: "boolean", default: false },
  },
});

/** What is planted, and the case that should notice; for "none" nothing, and every case. */
function planOf(name: string): Pick<Mutant, "edits" | "killer"> {
  if (name === "none") return { edits: [], killer: "" };
  const mutant = mutants.find((m) => m.name === name);
  if (mutant === undefined) throw new Error(`no mutant is named ${JSON.stringify(name)}`);
  return mutant;
}

/** Changes the sources while they are loaded. @returns how many edits were made so far */
function plant(edits: readonly Edit[]): () => number {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  let made = 0;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const mine = edits.filter(({ file }) => pathToFileURL(root + file).href === url);
      if (mine.length === 0) return loaded;
      let source = String(loaded.source);
      for (const { file, find, replace } of mine) {
        const times = source.split(find).length - 1;
        if (times !== 1) throw new Error(`the text of the edit stands ${times} times in ${file}: ${find}`);
        source = source.replace(find, () => replace);
        made++;
      }
      return { ...loaded, source };
    },
  });
  return () => made;
}

async function judge({ edits, killer }: Pick<Mutant, "edits" | "killer">): Promise<Omit<Verdict, "name">> {
  const made = plant(edits);
  if (!values.sim) {
    const { allCases } = await import("../paxos/cases.ts");
    const { sessionCases } = await import("../object/cases.ts");
    const { serverCases } = await import("../server/cases.ts");
    const { syncCases } = await import("../sync/cases.ts");
    const { linearCases } = await import("../linear/cases.ts");
    const { securityCases } = await import("../security/cases.ts");
    const { clientCases } = await import("../client/cases.ts");
    const above = [...serverCases, ...securityCases, ...clientCases, ...syncCases, ...linearCases];
    const cases = [...allCases, ...sessionCases, ...above];
    const named = cases.filter(({ name }) => name.includes(killer));
    // A mutant dies in a second where its entry is right; the others are asked only when it survives those.
    for (const each of [...named, ...cases.filter((c) => !named.includes(c))]) {
      try {
        await each.run();
      } catch (error) {
        return { killedBy: `${each.name}: ${firstLine(error)}`, seeds: 0 };
      }
    }
  }
  const { runSeed } = await import("../../src/shared/sim/run.ts");
  if (made() !== edits.length) throw new Error("a file of the edits was not loaded");
  const from = Number(values.from);
  const seedsMax = Number(values.seeds);
  for (let i = 0; i < seedsMax; i++) {
    const { error } = await runSeed(from + i);
    if (error !== null) return { killedBy: `seed ${from + i}: ${firstLine(error)}`, seeds: i + 1 };
  }
  return { killedBy: null, seeds: seedsMax };
}

function firstLine(error: unknown): string {
  return String(error).split("\n")[0]?.slice(0, 160) ?? "";
}

const verdict: Verdict = { name: values.name, ...(await judge(planOf(values.name))) };
console.log(JSON.stringify(verdict));
