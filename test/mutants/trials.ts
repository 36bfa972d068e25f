/** Runs trials, two at a time. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Mutant } from "./list.ts";
import type { Verdict } from "./trial.ts";

const trial = fileURLToPath(new URL("trial.ts", import.meta.url));
const atOnce = 2;

export async function tryMutant(name: string, seedsMax: number): Promise<Verdict> {
  const { stdout } = await promisify(execFile)(process.execPath, [trial, name, String(seedsMax)]);
  return JSON.parse(stdout) as Verdict;
}

export async function tryMutants(mutants: readonly Mutant[], seedsMax: number): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < mutants.length; i = next++)
      verdicts[i] = await tryMutant((mutants[i] as Mutant).name, seedsMax);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return verdicts;
}
