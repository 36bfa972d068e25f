/** `concoord/testing` as users have it: the document's blocks and the example run against the package. */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { faults } from "../../src/shared/sim/user-swarm.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
// Within the package, so that "concoord" means the package itself.
const folder = join(root, "dist/testing");
const text = readFileSync(join(root, "docs/testing.md"), "utf8");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function passes(...args: readonly string[]): Promise<void> {
  const { stdout } = await run(process.execPath, args, {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  if (args[0] === "--test") expect(stdout).toMatch(/\bfail 0\b/);
}

test("the example finds its bug", () => passes("--test", "examples/shop/shop.test.ts"));

test("the blocks of docs/testing.md run", async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "counter.ts"), readFileSync(join(root, "examples/counter/counter.ts")));
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
  expect(blocks.length).toBe(2);
  for (const [i, block] of blocks.entries()) {
    const file = join(folder, `block${i}.ts`);
    writeFileSync(file, block);
    await passes(...(block.includes("node:test") ? ["--test", file] : [file]));
  }
});

test("docs/testing.md says of each fault what it is", () => {
  const section = text.slice(text.indexOf("## Faults"));
  const rows = [...section.matchAll(/^\| (`.*`) \|/gm)].map((row) => row[1] as string);
  const told = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map((name) => name[1] as string));
  expect(told.sort()).toEqual([...faults].sort());
});
