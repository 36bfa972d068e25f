/**
 * New code for the next start of the replicas of a host. A cluster that was upgraded executes the new code, and its
 * nodes keep a copy; but what they are started with would name the old one for ever: a new disk would begin with it.
 */
import { loadClasses } from "../load/load.ts";
import type { RecodeJob, Word } from "./jobs.ts";
import { readUnit, type Unit, unitFolder, unitPorts, writeSent, writeUnit } from "./unit.ts";

const flag = "--objectname";

/** @returns how many nodes it concerned @throws Failure, LoadError: what a node was given cannot be read any more */
export async function recode(host: string, job: RecodeJob): Promise<number> {
  const folders = unitPorts(host).map((port) => unitFolder(host, port));
  const of = folders.filter((folder) => {
    const { cluster, role } = readUnit(folder);
    return cluster === job.cluster && role === "replica";
  });
  for (const folder of of) {
    const unit = readUnit(folder);
    const files = new Map(job.files.map((file) => [file.path, writeSent(folder, file)]));
    const fresh = job.words.map((word) => placed(word, files));
    writeUnit(folder, { ...unit, words: [...(await without(unit, job.classes, folder)), ...fresh] });
  }
  return of.length;
}

/** A word, with the path that its file has here. */
export function placed(word: Word, files: ReadonlyMap<string, string>): string {
  return typeof word === "string" ? word : `${files.get(word.file)}${word.after}`;
}

/** The words of a node without those classes. A module that has others, too, goes on with these alone. */
async function without(
  { words }: Unit,
  classes: readonly string[],
  folder: string,
): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const [at, word] of words.entries()) {
    if (word === flag) continue;
    const spec =
      words[at - 1] === flag ? word : word.startsWith(`${flag}=`) ? word.slice(flag.length + 1) : null;
    if (spec === null) {
      kept.push(word);
      continue;
    }
    const names = (await loadClasses([spec], folder)).map(({ entry }) => entry.name);
    const left = names.filter((name) => !classes.includes(name));
    if (left.length === names.length) kept.push(flag, spec);
    else kept.push(...left.flatMap((name) => [flag, `${spec}#${name}`]));
  }
  return kept;
}
