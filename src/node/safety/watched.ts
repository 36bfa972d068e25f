/**
 * Whether programs may watch objects of a class: they execute its code, so that it must be such as can only do what is
 * the same everywhere. Looked at when a program asks for the first time; the parser is not loaded before.
 */
import type { ClassEntry } from "../../shared/object/registry.ts";
import { fileOf } from "../load/load.ts";

/** @returns why they may not, in one line; null when they may */
export async function mayWatch(entry: ClassEntry): Promise<string | null> {
  const file = fileOf(entry);
  if (file === null) return `class ${entry.name} was not loaded from a file: it cannot be checked`;
  const { checkModule, findingLine } = await import("./check.ts");
  const [finding] = checkModule(file, process.cwd());
  if (finding === undefined) return null;
  return `class ${entry.name} does not pass the safety check: ${findingLine(finding)}`;
}
