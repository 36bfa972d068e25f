/**
 * Reads a Dockerfile, for a test that does what it says in an empty folder, without docker; the folder stands for the
 * WORKDIR. https://docs.docker.com/reference/dockerfile/
 */
import { copyFileSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

export interface Instruction {
  /** In capitals. */
  readonly name: string;
  readonly words: string;
}

export interface Stage {
  readonly from: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

export function readDockerfile(path: string): readonly Stage[] {
  const text = readFileSync(path, "utf8").replaceAll(/^#.*\n/gm, "");
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const line of text
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((one) => one.trim() !== "")) {
    const [, name = "", words = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === "") throw new Error(`${path}: ${line}`);
    const [, from = "", stage = ""] = /^(\S+) AS (\S+)$/.exec(words) ?? [];
    if (name === "FROM") stages.push({ from, name: stage, instructions: [] });
    else stages.at(-1)?.instructions.push({ name, words });
  }
  return stages;
}

/** The instructions of a stage, after those of the stages that it is made from. */
export function instructionsOf(stages: readonly Stage[], name: string): readonly Instruction[] {
  const stage = stages.find((one) => one.name === name);
  if (stage === undefined) return [];
  return [...instructionsOf(stages, stage.from), ...stage.instructions];
}

/** What the last one of a name says; throws when there is none. */
export function last(instructions: readonly Instruction[], name: string): string {
  const found = instructions.findLast((one) => one.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found.words;
}

export function environmentOf(instructions: readonly Instruction[]): Record<string, string> {
  const env = instructions.filter(({ name }) => name === "ENV");
  return Object.fromEntries(
    env.flatMap(({ words }) => words.split(/\s+/).map((word) => /^(\w+)=(.*)$/.exec(word)?.slice(1) ?? [])),
  ) as Record<string, string>;
}

/** Copies from the folder in which an image is built to that for which WORKDIR stands. */
export function copy(words: string, context: string, into: string): void {
  const [target, ...sources] = words
    .split(/\s+/)
    .filter((word) => !word.startsWith("--"))
    .reverse();
  if (target !== "./") throw new Error(`COPY ${words}: only into the WORKDIR`);
  for (const source of sources) {
    const found = globSync(source, { cwd: context });
    if (found.length === 0) throw new Error(`COPY ${words}: no ${source}`);
    for (const path of found) copyFileSync(join(context, path), join(into, basename(path)));
  }
}
