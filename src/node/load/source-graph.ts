/** The text of a module and of the relative modules that it imports: what a class's fingerprint stands for. */
import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { mask } from "../../shared/object/mask.ts";
import { objectCodeVersion } from "../../shared/object/registry.ts";
import { isFile, readText } from "../own-files.ts";

export interface SourceFile {
  /** An absolute path. */
  readonly path: string;
  /** With LF line ends. */
  readonly text: string;
}

const importing = /\b(?:from|import|require)\s*\(?\s*["'](\.{1,2}\/[^"'\n]+)["']/g;
const endings = ["", ".ts", ".js", ".mts", ".mjs", ".cjs", "/index.ts", "/index.js"];

/** A relative import as a file; `.js` may stand for the `.ts` that it is compiled from. */
export function findImport(from: string, specifier: string): string | null {
  const path = resolve(dirname(from), specifier);
  const candidates = [...endings.map((ending) => path + ending), path.replace(/\.([cm]?)js$/, ".$1ts")];
  return candidates.find(isFile) ?? null;
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
    const text = readText(path).replaceAll("\r\n", "\n");
    sources.push({ path, text });
    for (const match of text.matchAll(importing)) {
      const found = findImport(path, match[1] ?? "");
      if (found !== null) seen.add(found);
    }
  }
  return sources;
}

/** An import that is carried out before the importing module is: not `import()`, whose time may never come. */
const staticImport = /\b(?:from|import)\s*["']([^"'\n]+)["']/g;

/** What a module's text imports for sure when it runs, as written there. */
function staticImports(text: string): readonly string[] {
  const code = mask(text);
  const words = [...code.matchAll(/\b(?:import|export)\b/g)].map((match) => match.index);
  const found: string[] = [];
  for (const match of text.matchAll(staticImport)) {
    // In a comment or a text it is blank.
    if (code.charAt(match.index) === " ") continue;
    const clause = code.slice(words.findLast((at) => at < match.index) ?? match.index, match.index);
    // `import type { X }` goes with the types; `import type from` and `import type, { X }` do not.
    if (!/^\w+\s+type\s+(?!from\b)[^\s,]/.test(clause)) found.push(match[1] ?? "");
  }
  return found;
}

export interface LoadedWith {
  /** Absolute paths of relative modules, in the order of first mention, without the module itself. */
  readonly files: readonly string[];
  /** What else is imported, as it is written. */
  readonly packages: readonly string[];
}

/**
 * Finds the modules that were loaded when this one was: to run them is to look at them. Those of which that is not
 * certain may do what they like when they run, and are left out.
 *
 * @param sources what `readSources` gave for the module
 */
export function loadedWith(sources: readonly SourceFile[]): LoadedWith {
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  const files = new Set(sources.slice(0, 1).map(({ path }) => path));
  const packages = new Set<string>();
  for (const path of files) {
    for (const specifier of staticImports(texts.get(path) ?? "")) {
      const found = /^\.{1,2}\//.test(specifier) ? findImport(path, specifier) : null;
      if (found !== null) files.add(found);
      else packages.add(specifier);
    }
  }
  return { files: [...files].slice(1), packages: [...packages] };
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
