/** The text of a module and of the relative modules that it imports: what a class's fingerprint stands for. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { objectCodeVersion } from "../../shared/object/registry.ts";

export interface SourceFile {
  /** An absolute path. */
  readonly path: string;
  /** With LF line ends. */
  readonly text: string;
}

const importing = /\b(?:from|import|require)\s*\(?\s*["'](\.{1,2}\/[^"'\n]+)["']/g;
const endings = ["", ".ts", ".js", ".mts", ".mjs", ".cjs", "/index.ts", "/index.js"];

/** A relative import as a file; `.js` may stand for the `.ts` that it is compiled from. */
function findImport(from: string, specifier: string): string | null {
  const path = resolve(dirname(from), specifier);
  const candidates = [...endings.map((ending) => path + ending), path.replace(/\.([cm]?)js$/, ".$1ts")];
  return candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile()) ?? null;
}

/**
 * Reads a module and, in the order of first mention, the relative modules that it imports.
 *
 * @param file an absolute path
 */
export function readSources(file: string): readonly SourceFile[] {
  const sources: SourceFile[] = [];
  const seen = new Set([file]);
  for (const path of seen) {
    const text = readFileSync(path, "utf8").replaceAll("\r\n", "\n");
    sources.push({ path, text });
    for (const match of text.matchAll(importing)) {
      const found = findImport(path, match[1] ?? "");
      if (found !== null) seen.add(found);
    }
  }
  return sources;
}

/**
 * SHA-256, in hex, over the sources, `static version`, our object code version and V8's major version: replicas
 * that differ in it may execute the same call differently. Paths do not count.
 */
export function fingerprint(sources: readonly SourceFile[], version: unknown): string {
  const hash = createHash("sha256");
  const [v8 = ""] = process.versions.v8.split(".", 1);
  hash.update(`${objectCodeVersion}\0${v8}\0${version === undefined ? "" : String(version)}\0`);
  for (const source of sources) hash.update(`${source.text.length}\0${source.text}`);
  return hash.digest("hex");
}
