/** How much code users' bundles pull in, and which. */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Budget {
  readonly entry: string;
  readonly kB: number;
  readonly gzipKB: number;
}

const connect = 'export { connect } from "concoord/browser"';
const live = 'export { connect, live } from "concoord/browser"';

/**
 * Minified and gzipped sizes above which the build is refused: what they are now, and a little. What is loaded later,
 * if ever (look-ups of domains, a hash where the browser hides its own), does not count. 18 kB gzipped is all that
 * `connect` may ask of a browser; less than 24 with `live`.
 */
const budgets: Readonly<Record<string, Budget>> = {
  core: { entry: 'export * from "./src/shared/paxos/node.ts"', kB: 36, gzipKB: 11.6 },
  "connect in a browser, with codec and socket": { entry: connect, kB: 46.5, gzipKB: 17.4 },
  "connect and live in a browser": { entry: live, kB: 65.9, gzipKB: 23.99 },
  "all of concoord/browser": { entry: 'export * from "concoord/browser"', kB: 70.2, gzipKB: 25.9 },
  "connect in a Worker": { entry: 'export { connect } from "concoord/worker"', kB: 47.2, gzipKB: 17.6 },
};

async function bundle(contents: string) {
  const result = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    splitting: true,
    outdir: root,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    metafile: true,
    conditions: ["browser"],
    absWorkingDir: root,
  });
  const { outputs } = result.metafile;
  const first = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === "<stdin>") as string;
  const loaded = new Set([first]);
  for (const path of loaded)
    for (const { path: next, kind } of outputs[path]?.imports ?? [])
      if (kind === "import-statement") loaded.add(next);
  const files = [...loaded].flatMap((path) => Object.entries(outputs[path]?.inputs ?? {}));
  const code = result.outputFiles.filter(({ path }) => loaded.has(relative(root, path)));
  const sum = (sizes: readonly number[]) => sizes.reduce((all, size) => all + size, 0) / 1_000;
  return {
    kB: sum(code.map((file) => file.contents.length)),
    gzipKB: sum(code.map((file) => gzipSync(file.contents).length)),
    files: files.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path),
  };
}

describe("bundles", () => {
  test.each(Object.entries(budgets))("%s is within its budget", async (_, { entry, kB, gzipKB }) => {
    const size = await bundle(entry);
    expect(size.kB, "kB, minified").toBeLessThanOrEqual(kB);
    expect(size.gzipKB, "kB, minified and gzipped").toBeLessThanOrEqual(gzipKB);
  });

  test("bundles for browsers and Workers take the small codec", async () => {
    const { browser } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const wire = ["codec", "quick-write", "sendable"].map((name) => `./dist/shared/wire/${name}.js`);
    expect(Object.keys(browser).sort()).toEqual(wire);
    for (const path of Object.entries(browser).flat())
      expect(existsSync(join(root, String(path)))).toBe(true);
    const { files } = await bundle(connect);
    expect(files.filter((file) => /cbor-x|wire\/(?:codec|sendable|scanner|quick)/.test(file))).toEqual([]);
    expect(files).toContain("dist/web/cbor.js");
  });

  test("a client pulls in nothing that executes, decides or serves", async () => {
    const { files } = await bundle(connect);
    const heavy =
      /\/(?:server|sim)\/|paxos\/(?:node|leader|log)\.|object\/(?:state-machine|execution|ambient)/;
    expect(files.filter((file) => heavy.test(file))).toEqual([]);
  });
});
