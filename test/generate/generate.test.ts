import { execFile } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateProxies } from "../../src/node/generate/generate.ts";
import { LoadError } from "../../src/node/load/load-error.ts";
import { api, base, jobs, parts, user } from "./fixtures.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const settings = { proxy: 3, token: null };
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "concoord-generate-"));
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(root, join(folder, "node_modules/concoord"));
  symlinkSync(join(root, "node_modules/@types/node"), join(folder, "node_modules/@types/node"));
  for (const [name, text] of Object.entries({ jobs, api, base, parts })) write(`${name}.ts`, text);
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return `./${name}`;
}

function generated(text: string, name = "one.ts"): string {
  return generateProxies(write(name, text), folder, settings).text;
}

function refusal(text: string, name = "one.ts"): string {
  try {
    return generated(text, name);
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    return error.message.replace(`${folder}/`, "");
  }
}

/** A folder with the proxies alone, and what the compiler says of it. */
async function compile(files: Readonly<Record<string, string>>): Promise<string> {
  const place = mkdtempSync(join(folder, "place-"));
  const compilerOptions = {
    strict: true,
    module: "nodenext",
    target: "es2024",
    lib: ["es2024", "esnext.disposable"],
    types: ["node"],
    noEmit: true,
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    preserveSymlinks: false,
  };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text);
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  return run(process.execPath, [tsc, "-p", place], { cwd: place }).then(
    ({ stdout }) => stdout,
    (error: { readonly stdout: string }) => error.stdout,
  );
}

describe("a proxy", () => {
  test("compiles without the modules that it was made from, with the types that they write", async () => {
    const { text, file, classes, notes } = generateProxies("./jobs.ts", folder, settings);
    expect(file).toBe(join(folder, "jobsproxy.ts"));
    expect(classes).toEqual(["Place", "Jobs"]);
    expect(notes.map((note) => note.split(" is ")[0])).toEqual([
      "Jobs._hidden",
      "Jobs.secret",
      "Jobs.guarded",
      "Jobs.helper",
      "Jobs.length",
      "Jobs.onSessionEnd",
      "Jobs.toString",
    ]);
    const one = generateProxies("./jobs.ts#Jobs", folder, settings);
    expect(await compile({ "jobsproxy.ts": one.text, "user.ts": user })).toBe("");
    expect(text).not.toBe(one.text);
  });

  test("has the comments, and the overloads in place of what implements them", () => {
    const { text } = generateProxies("./jobs.ts#Jobs", folder, settings);
    expect(text).toContain(
      "/** Keeps jobs. */\nexport class Jobs<T extends object = object> extends Proxied {\n",
    );
    expect(text).toContain('declare readonly [local]: Pick<Jobs<T>, "size" | "first">;');
    expect(text).toContain(
      "  /**\n   * @param max how many\n   *   jobs there may be\n   */\n  __concoordinit__(",
    );
    expect(text).toContain("  __concoordinit__(max?: number, arg2?: Named): Promise<void>;\n");
    expect(text).toContain("  /** By its number. */\n  find(key: number): Promise<Job<T> | null>;\n");
    expect(text).not.toContain("find(key: number | string");
    expect(text).toContain('  wait(): Promise<true | "late"> {\n    return this[invoke]("wait", []);\n  }\n');
    expect(text).toContain("  aMethodWithAVeryLongNameThatTakesManyParameters(\n    first: string,\n");
    expect(text).toContain("export const Level = {\n  Low: 0,\n  High: 5,\n");
    expect(text).toContain("export interface Place {\n  /** The street. */\n  street: string;\n");
  });

  test("is the same at every run, and as the formatter would have it", async () => {
    const [one, two] = [0, 1].map(() => generateProxies("./jobs.ts#Jobs", folder, settings).text);
    expect(one).toBe(two);
    const place = mkdtempSync(join(root, "dist/formatted-"));
    try {
      writeFileSync(join(place, "proxy.ts"), one ?? "");
      const biome = join(root, "node_modules/.bin/biome");
      const args = [
        "format",
        "--vcs-enabled=false",
        "--line-width=110",
        "--indent-style=space",
        "--stdin-file-path=proxy.ts",
      ];
      const child = run(biome, args, { cwd: tmpdir() });
      child.child.stdin?.end(one);
      expect((await child).stdout).toBe(one);
    } finally {
      rmSync(place, { recursive: true });
    }
  });

  test("is what docs/proxies.md shows", () => {
    const text = readFileSync(join(root, "docs/proxies.md"), "utf8");
    const blocks = [...text.matchAll(/^```ts\n\/\/ (\w+\.ts)\n([\s\S]*?)^```$/gm)];
    const shown = new Map(blocks.map((match) => [match[1], match[2] as string]));
    expect(generated(shown.get("till.ts") ?? "", "till.ts")).toBe(shown.get("tillproxy.ts"));
  });

  test("of every class of the library compiles", async () => {
    const library = readdirSync(join(root, "src/shared/object/library"), { withFileTypes: true });
    const files: Record<string, string> = {};
    for (const { name } of library.filter((entry) => entry.isFile())) {
      const text = readFileSync(join(root, "src/shared/object/library", name), "utf8");
      const module = name.slice(0, -3);
      const served = [...text.matchAll(/^export class (\w+)/gm)].map((match) => match[1] as string);
      const main = served.find((one) => one.toLowerCase() === module);
      expect(main, name).toBeDefined();
      const made = generateProxies(`concoord.object.${module}.${main}`, folder, settings);
      expect(made.file).toBe(join(folder, `${module}proxy.ts`));
      expect(made.text).toContain(`Proxies for concoord.object.${module},`);
      files[`${module}proxy.ts`] = made.text;
    }
    expect(await compile(files)).toBe("");
  });

  test("keeps users' names where ours are the same", async () => {
    const text = `
export interface Options { readonly Answer: number }
export type Proxied = Options | null;
type Maybe<T> = T | undefined;
export class One {
  static name = "Other";
  static reads = ["get"] as const;
  get<Bootstrap>(of: Bootstrap, options: Options): Maybe<Bootstrap> | Proxied { return options && of; }
}
`;
    const made = generated(text, "own.ts");
    expect(made).toContain('super("Other", bootstrap, { proxy: 3, ...options });');
    expect(made).toContain("type Options as Options2");
    expect(await compile({ "ownproxy.ts": made })).toBe("");
  });

  test("of a class that is data, too", async () => {
    const made = generated("export class A {\n  n = 1;\n  m(a: A): A[] { return [a]; }\n}", "data.ts");
    expect(made).toContain("export interface AData {\n  n: number;\n}\n");
    expect(made).toContain("  m(a: AData): Promise<AData[]> {");
    expect(await compile({ "dataproxy.ts": made })).toBe("");
  });

  test("of a class without types", async () => {
    const made = generated(
      "export class One { add(a, b = 1, ...c) { return a; } get() { return `x`; } }",
      "js.mjs",
    );
    expect(made).toContain("add(a?: unknown, b?: number, ...c: unknown[]): Promise<unknown>;");
    expect(made).toContain("get(): Promise<string> {");
    expect(await compile({ "jsproxy.ts": made })).toBe("");
  });

  test("takes settings", () => {
    write("set.ts", "export class One { m(): void {} }");
    const { text } = generateProxies("./set.ts", folder, { proxy: 1, token: 'a"b' });
    expect(text).toContain('super("One", bootstrap, { proxy: 1, token: "a\\"b", ...options });');
  });
});

test.each([
  ["export class A {\n  async m() {}\n}", "one.ts:2: A.m is async: methods are synchronous"],
  ["export class A {\n  m(): Promise<void> { return f(); }\n}", "one.ts:2: A.m returns a promise"],
  ["export class A {\n  *m() {}\n}", "one.ts:2: A.m is a generator"],
  ['const k = "m";\nexport class A {\n  [k]() {}\n}', "one.ts:3: a method with a computed name"],
  ["export class A extends mixin() {\n  m() {}\n}", "one.ts:1: a base class that is computed"],
  ["export class A extends Map {\n  m() {}\n}", "one.ts:1: the base class Map is not in this"],
  [
    'import { B } from "elsewhere";\nexport class A extends B {}',
    "one.ts:2: the base class B is not in this",
  ],
  ["export class A {\n  m(): this { return this; }\n}", "one.ts:2: the type this"],

  ['export class A {\n  m(a: import("./b.ts").B): void {}\n}', 'one.ts:2: the type import("…")'],
  [
    "const f = Date.now();\nexport class A {\n  m(a: typeof f): void {}\n}",
    "one.ts:1: typeof f: only of a constant",
  ],
  ["enum E {\n  A = Number(1),\n}\nexport class A {\n  m(a: E): void {}\n}", "one.ts:2: E.A: only numbers"],
  [
    "interface I {}\ninterface I {}\nexport class A {\n  m(a: I): void {}\n}",
    "one.ts:2: I is declared in several",
  ],
  [
    'import type { B } from "./none.ts";\nexport class A {\n  m(b: B): void {}\n}',
    "one.ts:1: import of ./none.ts",
  ],
  [
    'import type { X } from "./parts.ts";\nexport class A {\n  m(b: X): void {}\n}',
    "one.ts:1: ./parts.ts exports no X",
  ],
  ["export class A {\n  static reads = names();\n  m(): void {}\n}", "one.ts:2: static reads: only texts"],
  ["export class A {\n  _m() {}\n}", "one.ts:1: A has no method to call"],
  ["export class A {\n  m( {\n}", "one.ts:3: "],
  ["export const a = 1;", "one.ts: exports no class that can be served"],
])("refused, with file, line and reason: %s", (text, message) => {
  expect(refusal(text).slice(0, message.length)).toBe(message);
});
