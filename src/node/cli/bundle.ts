/** `concoord bundle`: writes one file that a machine with Node runs without this package: a server, or a client. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { relative, resolve } from "node:path";
import { builtFile, isFile, runningBundle } from "../own-files.ts";
import { version } from "../version.ts";
import { Failure, messageOf, oneLine } from "./failure.ts";

export type Esbuild = typeof import("esbuild");

export interface BundleFlags {
  readonly objectname?: readonly string[];
  readonly out?: string;
}

/** What a written file begins with; no other file is replaced. */
const signature = "// Written by `concoord bundle";

/** @throws Failure 1 when esbuild is missing, a class cannot go along, or a file of somebody else is in the way */
export async function bundle(kind: "server" | "client", flags: BundleFlags): Promise<void> {
  const { objectname: specs = [], out = `concoord-${kind}.mjs` } = flags;
  if (runningBundle() !== null) throw new Failure(1, `a bundle makes no bundles: npm install concoord`);
  if (!isFile(builtFile("node/main.js")))
    throw new Failure(1, `${builtFile("")} is not built: npm run build`);
  if (!/\.mjs$/.test(out)) throw new Failure(1, `--out: ${out}: a name that ends in .mjs, which Node runs`);
  const file = resolve(out);
  const shown = relative(process.cwd(), file);
  if (existsSync(file) && !readFileSync(file, "utf8").includes(signature))
    throw new Failure(
      1,
      `${shown} is there and was not written by concoord bundle: remove it, or give --out`,
    );
  const esbuild = findEsbuild();
  try {
    const make = kind === "server" ? await serverMaker() : await clientMaker();
    const text = await make(esbuild, specs, process.cwd());
    const head = `${signature} ${kind}\`, concoord ${version}. node ${shown.split(/[\\/]/).at(-1)} --help\n`;
    writeFileSync(file, head + text);
    process.stdout.write(`WROTE ${shown} ${Math.ceil((head.length + text.length) / 1000)} kB\n`);
  } finally {
    // Its process would stay for as long as ours.
    await esbuild.stop();
  }
}

/** The user's own esbuild first: it is an optional peer. */
function findEsbuild(): Esbuild {
  for (const from of [resolve("package.json"), import.meta.url]) {
    try {
      return createRequire(from)("esbuild");
    } catch (error) {
      const code: unknown = typeof error === "object" && error !== null && Reflect.get(error, "code");
      if (code !== "MODULE_NOT_FOUND") throw new Failure(1, `esbuild: ${oneLine(messageOf(error))}`);
    }
  }
  throw new Failure(1, "concoord bundle needs esbuild: npm install esbuild");
}

async function serverMaker() {
  return (await import("./bundle-server.ts")).serverBundle;
}

async function clientMaker() {
  return (await import("./bundle-client.ts")).clientBundle;
}
