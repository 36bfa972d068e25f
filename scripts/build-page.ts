/** Bundles the page of a node into dist/page; src/node/http/page.ts serves these files and no others. */
import { copyFile, mkdir } from "node:fs/promises";
import { build } from "esbuild";

const from = new URL("../src/browser/", import.meta.url);
const to = new URL("../dist/page/", import.meta.url);

await mkdir(to, { recursive: true });
await build({
  entryPoints: ["page.ts", "page.css"].map((file) => new URL(file, from).pathname),
  outdir: to.pathname,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome123", "firefox120", "safari17.5"],
  logLevel: "warning",
});
for (const file of ["index.html", "icon.svg"]) await copyFile(new URL(file, from), new URL(file, to));
