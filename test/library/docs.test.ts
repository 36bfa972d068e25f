/** docs/objects.md: its tables have the methods that there are, and its examples print what they say. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { format } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Node, replica } from "../../src/node/node.ts";
import type { Registry } from "../../src/shared/object/registry.ts";
import { library } from "./rig.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sections = readFileSync(join(root, "docs/objects.md"), "utf8").split(/^## /m).slice(1);
const names = sections.map((section) => section.split("\n", 1).join());

let registry: Registry = new Map();
let node: Node | null = null;
const folder = mkdtempSync(join(tmpdir(), "concoord-objects-"));

beforeAll(async () => {
  registry = await library(...names);
  const objects = names.map((name) => `concoord.object.${name.toLowerCase()}.${name}`);
  node = await replica({ objects, memory: true, port: 0 });
  vi.stubEnv("CONCOORD_BOOT", node.addr);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
  await node?.[Symbol.asyncDispose]();
});

test("every object of the library has a section", () => {
  const modules = readdirSync(join(root, "src/shared/object/library"), { withFileTypes: true });
  const files = modules.filter((entry) => entry.isFile()).map(({ name }) => name);
  expect(names.map((name) => `${name.toLowerCase()}.ts`).sort()).toEqual(files.sort());
});

/** The package's own names, as paths of this copy: what the loader does for classes. */
function resolved(text: string): string {
  const at = (path: string) => JSON.stringify(pathToFileURL(join(root, path)).pathname);
  return text
    .replaceAll(/"concoord\/objects\/(\w+)"/g, (_, module: string) =>
      at(`src/shared/object/library/${module}.ts`),
    )
    .replaceAll(/"concoord"/g, at("src/node/index.ts"));
}

describe.each(sections.map((section, i) => [names[i] ?? "", section] as const))("%s", (name, section) => {
  test("the table has its methods, and marks the reads", () => {
    const rows = [...section.matchAll(/^\| (`[^|]*) \|/gm)].map((match) => match[1] ?? "");
    const cells = rows.flatMap((row) => [...row.matchAll(/`(\w+)\([^`]*\)`( \*r\*)?/g)]);
    const entry = registry.get(name);
    expect(cells.map((cell) => cell[1]).sort()).toEqual([...(entry?.methods ?? [])].sort());
    const reads = cells.filter((cell) => cell[2] !== undefined).map((cell) => cell[1]);
    expect(reads.sort()).toEqual([...(entry?.reads ?? [])].sort());
  });

  test("the example prints what it says", async () => {
    const text = /^```ts\n([\s\S]*?)^```$/m.exec(section)?.[1] ?? "";
    const told = [...text.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
    expect(told.length).toBeGreaterThan(0);
    const file = join(folder, `${name}.ts`);
    writeFileSync(file, resolved(text));
    const lines: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((...args) => void lines.push(format(...args)));
    try {
      await import(file);
    } finally {
      log.mockRestore();
    }
    expect(lines).toEqual(told);
  });
});
