/** Runs trials in processes of their own, two at a time. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Verdict } from "./trial.ts";

const trial = fileURLToPath(new URL("trial.ts", import.meta.url));
const atOnce = 2;

export interface TrialOptions {
  /** Seeds until a mutant counts as a survivor. */
  readonly seeds: number;
  /** Without the cases: how good is the simulation alone? */
  readonly sim?: boolean;
}

/** Puts the mutant of this name on trial; "none" is the code as it is. */
export async function tryMutant(name: string, { seeds, sim = false }: TrialOptions): Promise<Verdict> {
  const args = [trial, "--name", name, "--seeds", String(seeds), ...(sim ? ["--sim"] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Verdict;
}

export async function tryMutants(
  names: readonly string[],
  options: TrialOptions,
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < names.length; i = next++)
      verdicts[i] = await tryMutant(names[i] as string, options);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return verdicts;
}
