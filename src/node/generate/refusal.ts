/** What the generator cannot put into a proxy, with file, line and reason. */
import { relative } from "node:path";
import { LoadError } from "../load/load-error.ts";
import { lineOf, type Node } from "../safety/syntax.ts";

/** @param file an absolute path; shown by the way to it from the current folder where that is below it */
export function refusal(file: string, at: Node | number, reason: string): LoadError {
  const path = relative(process.cwd(), file);
  const shown = path.startsWith("..") ? file : path;
  return new LoadError(`${shown}:${typeof at === "number" ? at : lineOf(at)}: ${reason}`);
}
