/** A module and the relative modules that it imports as text that can be sent and kept, wherever they lie. */
import { createHash } from "node:crypto";
import { dirname, join, relative, sep } from "node:path";
import { codeBytesMax, codeFilesMax } from "../../shared/limits.ts";
import type { CodeName } from "../../shared/object/held-code.ts";
import type { CodeModule } from "../../shared/wire/upgrade-messages.ts";
import { LoadError } from "../load/load-error.ts";
import type { SourceFile } from "../load/source-graph.ts";

/** @param sources what `readSources` gives for the module */
export function moduleText(sources: readonly SourceFile[], classes: readonly CodeName[]): CodeModule {
  const origin = folderOf(sources.map(({ path }) => path));
  const files = sources.map(({ path, text }) => ({
    path: relative(origin, path).replaceAll(sep, "/"),
    text,
  }));
  return { files, origin, classes };
}

/** @throws LoadError when the module is too large to be sent */
export function checkSize({ files, origin }: CodeModule): void {
  const characters = files.reduce((sum, { text }) => sum + text.length, 0);
  if (files.length <= codeFilesMax && characters <= codeBytesMax) return;
  const most = `${codeFilesMax} files and ${codeBytesMax} characters`;
  throw new LoadError(`${join(origin, files[0]?.path ?? "")}: with what it imports it has more than ${most}`);
}

/** The innermost folder in which all paths are. */
function folderOf(paths: readonly string[]): string {
  const [first = "", ...others] = paths;
  let folder = dirname(first);
  const isOutside = (path: string) => relative(folder, path).startsWith("..");
  while (others.some(isOutside) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

/** Names the text, wherever it lies: 32 hex digits. */
export function textHash({ files }: CodeModule): string {
  const hash = createHash("sha256");
  for (const { path, text } of files) hash.update(`${path.length}\0${path}${text.length}\0${text}`);
  return hash.digest("hex").slice(0, 32);
}

/** The paths of the files where they were written. */
export function originalPaths({ files, origin }: CodeModule): readonly string[] {
  return files.map(({ path }) => join(origin, ...path.split("/")));
}
