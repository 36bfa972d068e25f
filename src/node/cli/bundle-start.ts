/**
 * What a server bundle does first: it lets Node load modules from within the file, then starts the command line, or
 * the module that a process of the same bundle wants to run beside it. https://nodejs.org/api/module.html
 */
import { registerHooks } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { type Bundle, setRunningBundle, takeProgram } from "../own-files.ts";

/** What is packed into the file. Paths are relative to it, with slashes. */
export interface Packed {
  readonly texts: Readonly<Record<string, string>>;
  /** Specifiers of packages, and the text that each is. */
  readonly packages: Readonly<Record<string, string>>;
  readonly objects: readonly string[];
}

/** Of relative imports in classes of users: `./x` may mean `./x.ts`, and `./x.js` too. */
const endings = ["", ".ts", ".js", ".mts", ".mjs", "/index.ts", "/index.js"];

/**
 * Runs what is packed.
 * @param url of the file
 * @param packed as JSON, compressed, in base64
 */
export async function startBundle(url: string, packed: string): Promise<void> {
  const file = fileURLToPath(url);
  const content = JSON.parse(brotliDecompressSync(Buffer.from(packed, "base64")).toString("utf8")) as Packed;
  const within = (path: string) => join(file, path);
  const texts = new Map(Object.entries(content.texts).map(([path, text]) => [within(path), text]));
  const objects = content.objects.map((spec) => (spec.startsWith("objects/") ? within(spec) : spec));
  const bundle: Bundle = { file, texts, objects };
  setRunningBundle(bundle);
  const packages = new Map(Object.entries(content.packages).map(([name, path]) => [name, within(path)]));
  hook(bundle, packages);
  const program = takeProgram(process.argv) ?? within("dist/node/main.js");
  if (!texts.has(program)) throw new Error(`${file} has no ${program}`);
  await import(pathToFileURL(program).href);
}

function hook({ file, texts }: Bundle, packages: ReadonlyMap<string, string>): void {
  const own = pathToFileURL(join(file, "dist")).href;
  const find = (specifier: string, parent: string | undefined): string | null => {
    if (specifier.startsWith("file:")) return fileURLToPath(specifier);
    if (isAbsolute(specifier)) return specifier;
    const from = parent?.startsWith("file:") === true ? fileURLToPath(parent) : null;
    if (from === null || !texts.has(from)) return null;
    if (!/^\.{1,2}\//.test(specifier)) return packages.get(specifier) ?? null;
    const path = resolve(dirname(from), specifier);
    if (parent?.startsWith(own)) return path;
    const candidates = [...endings.map((ending) => path + ending), path.replace(/\.([cm]?)js$/, ".$1ts")];
    return candidates.find((candidate) => texts.has(candidate)) ?? null;
  };
  registerHooks({
    resolve: (specifier, context, next) => {
      const path = find(specifier, context.parentURL);
      if (path === null || !texts.has(path)) return next(specifier, context);
      return { url: pathToFileURL(path).href, format: formatOf(path), shortCircuit: true };
    },
    load: (url, context, next) => {
      const path = url.startsWith("file:") ? fileURLToPath(url) : "";
      const source = texts.get(path);
      return source === undefined
        ? next(url, context)
        : { format: formatOf(path), source, shortCircuit: true };
    },
  });
}

function formatOf(path: string): string {
  if (path.endsWith(".json")) return "json";
  return /\.m?ts$/.test(path) ? "module-typescript" : "module";
}
