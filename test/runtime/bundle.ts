/** The acceptance suite with one entry of the client, as one module: bundled as users' bundlers do it. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/**
 * @param entry of the package
 * @param conditions by which packages choose their files there
 * @param rest what the module does with `api` and `run`
 */
export async function bundleOf(entry: string, conditions: readonly string[], rest: string): Promise<string> {
  const contents = `
    import * as api from "concoord/${entry}";
    import { run } from "./suite.ts";
    ${rest}`;
  const bundled = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: [...conditions],
    write: false,
  });
  return bundled.outputFiles[0]?.text ?? "";
}
