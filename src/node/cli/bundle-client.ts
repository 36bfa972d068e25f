/**
 * What goes into a client bundle: all that `concoord` exports, the verbs call and status, and users' classes, by
 * esbuild. Nothing in it executes, decides or serves.
 */
import type { Plugin } from "esbuild";
import { locate } from "../load/locate.ts";
import { builtFile } from "../own-files.ts";
import { version } from "../version.ts";
import type { Esbuild } from "./bundle.ts";

/**
 * @param specs classes that the file exports, too, for `connect(Counter, …)`
 * @param cwd absolute
 * @returns the text of the file
 * @throws LoadError for a class that is not there; Error of esbuild for one that cannot be bundled
 */
export async function clientBundle(esbuild: Esbuild, specs: readonly string[], cwd: string): Promise<string> {
  const made = await esbuild.build({
    stdin: {
      contents: [
        `export * from ${JSON.stringify(builtFile("node/index.js"))};`,
        ...specs.map((spec) => exported(spec, cwd)),
        `import { runClient } from ${JSON.stringify(builtFile("node/cli/program-bundle-client.js"))};`,
        "await runClient(import.meta.url);",
      ].join("\n"),
      resolveDir: cwd,
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node22",
    // Objects are called by the names of their classes, which bundling may change.
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    banner: {
      js: 'import{createRequire as concoordRequire}from"node:module";const require=concoordRequire(import.meta.url);',
    },
    logLevel: "silent",
    plugins: [own],
  });
  return made.outputFiles[0]?.text ?? "";
}

function exported(spec: string, cwd: string): string {
  const { file, className } = locate(spec, cwd);
  const from = JSON.stringify(file);
  return className === null ? `export * from ${from};` : `export { ${className} } from ${from};`;
}

/** This package's modules: in users' classes by their public names, and the version, which is a file elsewhere. */
const own: Plugin = {
  name: "concoord",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^concoord(?:\/|$)/ }, ({ path }) => {
      const object = /^concoord\/objects\/([a-z]+)$/.exec(path)?.[1];
      if (object !== undefined) return { path: builtFile(`shared/object/library/${object}.js`) };
      if (path === "concoord/object") return { path: builtFile("shared/object/index.js") };
      return path === "concoord" ? { path: builtFile("node/index.js") } : null;
    });
    onLoad({ filter: /node[\\/]version\.js$/ }, () => {
      return { contents: `export const version = ${JSON.stringify(version)};` };
    });
  },
};
