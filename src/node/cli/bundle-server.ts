/**
 * What goes into a server bundle: the modules of this package as they are, since the text of the library's classes is
 * what replicas compare; the packages that they import, each as one module or a few, by esbuild; users' classes with
 * what they import; the page.
 */
import { readdirSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { moduleText } from "../code/module-text.ts";
import { loadClasses } from "../load/load.ts";
import { oneLine } from "../load/load-error.ts";
import { locate } from "../load/locate.ts";
import { loadedWith, readSources, type SourceFile } from "../load/source-graph.ts";
import { builtFile, isFile, readText } from "../own-files.ts";
import type { Esbuild } from "./bundle.ts";
import type { Packed } from "./bundle-start.ts";
import { Failure } from "./failure.ts";

/** Modules that are started, or loaded by their names. */
const entries = [
  "node/main",
  "node/snapshot/child",
  "node/http/past-worker",
  "node/index",
  "node/node",
  "shared/object/index",
];
/** Loaded by `require` and by its name: esbuild does not see it. */
const byName = ["@babel/traverse", "@opentelemetry/api"];
/** Packages that are not the bundle's: it makes no other bundles. */
const left = ["esbuild"];

/**
 * @param specs as -o of a replica takes them; the bundle serves them where it is given none
 * @param cwd absolute
 * @returns the text of the file
 * @throws Failure 1 for a class that cannot go along; LoadError for one that cannot be served
 */
export async function serverBundle(esbuild: Esbuild, specs: readonly string[], cwd: string): Promise<string> {
  const { modules, packages } = await ownModules(esbuild);
  const vendored = await packagesAsModules(esbuild, packages);
  const users = await usersModules(specs, cwd);
  const own = [...modules, ...declarations(modules), "../package.json", ...pageFiles()];
  const ownTexts = own.map((path) => [join("dist", path).replaceAll(sep, "/"), readText(builtFile(path))]);
  const packed: Packed = {
    texts: { ...Object.fromEntries(ownTexts), ...vendored.texts, ...users.texts },
    packages: vendored.packages,
    objects: users.objects,
  };
  const bytes = brotliCompressSync(JSON.stringify(packed), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_LGWIN]: 22 },
  });
  return startWith(esbuild, bytes.toString("base64"));
}

/** The code that runs before anything can be loaded from within the file, and the rest as one text. */
async function startWith(esbuild: Esbuild, packed: string): Promise<string> {
  const made = await esbuild.build({
    stdin: {
      contents: `import { startBundle } from ${JSON.stringify(builtFile("node/cli/bundle-start.js"))};
await startBundle(import.meta.url, ${JSON.stringify(packed)});`,
      resolveDir: builtFile(""),
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node22",
  });
  return made.outputFiles[0]?.text ?? "";
}

/** Paths below dist/, and what else they import. */
async function ownModules(esbuild: Esbuild) {
  const library = readdirSync(builtFile("shared/object/library")).filter((name) => name.endsWith(".js"));
  const { metafile } = await esbuild.build({
    entryPoints: [
      ...entries.map((path) => builtFile(`${path}.js`)),
      ...library.map((name) => builtFile(`shared/object/library/${name}`)),
    ],
    absWorkingDir: builtFile(""),
    outdir: "out",
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "silent",
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const external = new Set(imports.filter((one) => one.external === true).map(({ path }) => path));
  const packages = [...external, ...byName].filter((name) => !isBuiltin(name) && !left.includes(name));
  return { modules: Object.keys(metafile.inputs), packages };
}

/** The types beside the objects' modules: `concoord object` reads them. */
function declarations(modules: readonly string[]): readonly string[] {
  return modules
    .filter((path) => path.startsWith("shared/"))
    .map((path) => path.replace(/\.js$/, ".d.ts"))
    .filter((path) => isFile(builtFile(path)));
}

function pageFiles(): readonly string[] {
  return readdirSync(builtFile("page")).map((name) => `page/${name}`);
}

/** Each package as a module that exports what Node would see of it, and the chunks that these share. */
async function packagesAsModules(esbuild: Esbuild, packages: readonly string[]) {
  const stubs = new Map<string, string>();
  for (const name of packages) stubs.set(name, await stubOf(name));
  const made = await esbuild.build({
    entryPoints: [...stubs.keys()].map((name, i) => ({ in: `package:${name}`, out: `package${i}` })),
    outdir: builtFile("vendor"),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    write: false,
    minify: true,
    keepNames: true,
    format: "esm",
    platform: "node",
    target: "node22",
    banner: {
      js: 'import{createRequire as concoordRequire}from"node:module";const require=concoordRequire(import.meta.url);',
    },
    logLevel: "silent",
    plugins: [
      {
        name: "packages",
        setup: ({ onResolve, onLoad }) => {
          onResolve({ filter: /^package:/ }, ({ path }) => ({ path: path.slice(8), namespace: "package" }));
          onLoad({ filter: /^/, namespace: "package" }, ({ path }) => {
            return { contents: stubs.get(path) ?? "", resolveDir: builtFile("") };
          });
        },
      },
    ],
  });
  const texts = made.outputFiles.map(({ path, text }) => [
    relative(builtFile(".."), path).replaceAll(sep, "/"),
    text,
  ]);
  return {
    texts: Object.fromEntries(texts) as Record<string, string>,
    packages: Object.fromEntries(packages.map((name, i) => [name, `dist/vendor/package${i}.mjs`])),
  };
}

/** Of CommonJS esbuild does not know the names that it exports; Node does. */
async function stubOf(name: string): Promise<string> {
  const own = createRequire(import.meta.url);
  const seen: Readonly<Record<string, unknown>> = await import(name);
  const text = JSON.stringify(name);
  const names = Object.keys(seen).filter((key) => /^[\w$]+$/.test(key) && key !== "default");
  const required: unknown = own(name);
  const isCommon = seen["default"] === required && !/\.mjs$/.test(import.meta.resolve(name));
  if (!isCommon) {
    const all = `export { ${names.join(", ")} } from ${text};`;
    return "default" in seen ? `${all} export { default } from ${text};` : all;
  }
  const exported = names.map((key) => `const $${key} = all[${JSON.stringify(key)}];`);
  const list = names.map((key) => `$${key} as ${key}`);
  return `const all = require(${text}); ${exported.join(" ")}
export { all as default, all as "module.exports"${list.map((one) => `, ${one}`).join("")} };`;
}

/** The modules of users' classes, each with those that it imports, in a folder of its own. */
async function usersModules(specs: readonly string[], cwd: string) {
  // Says what is wrong with them before anything is written.
  await loadClasses(specs, cwd);
  const texts: Record<string, string> = {};
  const objects: string[] = [];
  for (const [i, spec] of specs.entries()) {
    if (spec.startsWith("concoord.object.")) {
      objects.push(spec);
      continue;
    }
    const { file, className } = locate(spec, cwd);
    const sources = readSources(file);
    refusePackages(spec, sources);
    await refuseOther(spec, file);
    for (const [n, { path, text }] of moduleText(sources, []).files.entries()) {
      const at = `objects/${i}/${path}`;
      texts[at] = text;
      if (n === 0) objects.push(className === null ? at : `${at}#${className}`);
    }
  }
  return { texts, objects };
}

/** Copies of it in the folders of replicas are run by Node, too. @throws Failure 1 for what needs more, as enums do */
async function refuseOther(spec: string, file: string): Promise<void> {
  try {
    // Anew, since what was loaded before may be what esbuild made of it.
    await import(`${pathToFileURL(file).href}?alone`);
  } catch (error) {
    throw new Failure(1, `${spec}: Node alone cannot run it, and a bundle has no esbuild: ${oneLine(error)}`);
  }
}

/** Packages of users would have to be the same on every machine that runs the file, which has none. */
function refusePackages(spec: string, sources: readonly SourceFile[]): void {
  const common = sources.find(({ path, text }) => /\.c[jt]s$/.test(path) || /\bmodule\.exports\b/.test(text));
  if (common !== undefined)
    throw new Failure(1, `${spec}: ${common.path} is no ES module: it cannot go along`);
  const others = loadedWith(sources).packages.filter(
    (name) => !isBuiltin(name) && !/^concoord(?:\/|$)/.test(name),
  );
  if (others.length > 0)
    throw new Failure(1, `${spec} imports ${others.join(", ")}: packages do not go along`);
}
