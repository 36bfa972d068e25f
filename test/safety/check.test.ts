import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkSafety, findingLine } from "../../src/node/safety/check.ts";
import { unsafe } from "./unsafe.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "concoord-safety-"));
  writeFileSync(join(folder, "old.cjs"), "exports.x = 1;");
});
afterAll(() => rmSync(folder, { recursive: true }));

function found(text: string, name = "a.ts"): string[] {
  writeFileSync(join(folder, name), text);
  return checkSafety([`./${name}`], folder).map(findingLine);
}

describe("refused", () => {
  test.each(unsafe)("$what", ({ text, line, reason }) => {
    const [first = "nothing"] = found(text);
    expect(first.slice(0, `a.ts:${line}: ${reason}`.length)).toBe(`a.ts:${line}: ${reason}`);
  });

  test("each finding once, in the order of lines, also in imported modules", () => {
    writeFileSync(join(folder, "part.ts"), "export const part = 1;\nexport const at = Date.now();\n");
    const text = [
      'import { part } from "./part.ts";',
      "export class A {",
      "  m() { return process.pid + part; }",
      "  async n() {}",
      "}",
    ].join("\n");
    expect(found(text).map((line) => line.slice(0, 12))).toEqual([
      "part.ts:2: D",
      "a.ts:3: proc",
      "a.ts:4: asyn",
    ]);
  });

  test("what an imported module asks at load through a function", () => {
    writeFileSync(join(folder, "clock.ts"), "export function now() { return Date.now(); }\n");
    const use = 'import { now } from "./clock.ts";\n';
    expect(found(`${use}export class A { m() { return now(); } }`)).toEqual([]);
    expect(found(`${use}const at = now();\nexport class A { m() { return at; } }`)[0]).toContain(
      "a.ts:2: now may ask for time or chance",
    );
  });

  test("modules that import one another", () => {
    writeFileSync(join(folder, "b.ts"), 'import { A } from "./a.ts";\nexport const b = () => [A, eval];\n');
    const text = 'import { b } from "./b.ts";\nexport class A { m() { return b(); } }\n';
    expect(found(text)).toEqual(["b.ts:2: eval: it makes code from text"]);
  });
});

/** Bodies of a method that pass. */
const safe = [
  "return Date.now() + Math.random() + performance.now();",
  "return [new Date(), crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(4))];",
  'return new Date("2026-01-01T00:00:00Z").toISOString();',
  'return [new Date("2026-01-01"), new Date(0), new Date(this.at), Date.UTC(2026, 0, 1)];',
  "return [...this.items.entries()].map(([i, item]) => [+i, item]);",
  "for (let i = 0; i < this.items.length; i++) this.items[i] = i;",
  "let lo = 0; let hi = 9; while (lo < hi) { const mid = (lo + hi) >> 1; if (this.items[mid]) hi = mid; else lo = mid + 1; }",
  "return this.items[this.items.length - 1];",
  "return this.items[Math.floor(Math.random() * this.items.length)];",
  'const side = this.at > 0 ? "left" : "right"; return this.node[side];',
  "return this.items.map((x) => Number(x)).filter(Boolean);",
  "return Object.entries(this.node).sort(([a], [b]) => (a < b ? -1 : 1));",
  'throw Object.assign(new RangeError("no"), { code: "NO" });',
  "return this.stack.length + this.getDate();",
  "return this.items instanceof Map || Array.isArray(this.items);",
  "return JSON.stringify(structuredClone(this.node));",
  "const table = new Map(); table.set(1, 2); let n = 0; n++; return table;",
  "return arguments.length;",
  'return Object.prototype.hasOwnProperty.call(this.node, "left");',
  "const { left, ...rest } = this.node; return { left, ...rest };",
  "const process = { exit: 1 }; return process.exit;",
  "type process = number; const p: process = 1; return p satisfies process as unknown;",
  "return 'a'.normalize() + String(1) + /a/u.exec('a')?.index;",
  "return (function* () { yield 1; })().next().value;",
];

describe("safe", () => {
  test.each(safe)("%s", (body) => {
    const fields = "items: unknown[] = [];\n  at = 0;\n  stack = [];\n  node = { left: 1, right: 2 };";
    expect(
      found(`export class A {\n  ${fields}\n  getDate() { return 1; }\n  m(): unknown { ${body} }\n}\n`),
    ).toEqual([]);
  });

  test("types of anything, constants, classes and functions of the module", () => {
    const text = `
import type { Stats } from "node:fs";
import { block, type Ticket } from "concoord/object";
import { Counter } from "concoord/objects/counter";
enum Kind { A, B = "b" }
const table = new Map([["a", 1]]);
const names = ["a", "b"].map((name) => name.toUpperCase());
function now(): number { return Date.now(); }
abstract class Base { at = now(); abstract m(): void; declare x: number; }
export type { Stats };
export interface Job { readonly id: number }
export class A extends Base {
  static reads = ["m"] as const;
  readonly #waiting: Ticket<true>[] = [];
  private counter = new Counter();
  constructor(private readonly kind: Kind = Kind.A) { super(); }
  get size(): number { return table.get("a")!; }
  m(this: A): void { this.#waiting.push(...[]); }
  n() { return [names, this.kind, this.counter, block(this.#waiting)]; }
}
`;
    expect(found(text)).toEqual([]);
  });

  test("names of properties that functions of the module give and take", () => {
    const text = `
const key = Symbol.for("key");
function other(side: string) { return side === "left" ? "right" : "left"; }
function end(node: any, side: string) { let at = node; while (at[side] !== null) at = at[side]; return at; }
export class A {
  node = { left: null, right: null };
  [key]() { return end(this.node, "left"); }
  m(side: string) { return end(this.node, other(side))[other(other(side))]; }
}
`;
    expect(found(text)).toEqual([]);
    expect(found(text.replace('end(this.node, "left")', "end(this.node, this.at)"))[0]).toContain("a.ts:4: ");
    expect(found(text.replace("function end", "export function end"))[0]).toContain("a.ts:4: ");
    expect(found(text.replace('"right" : "left"', '"right" : side')).join()).toContain("a.ts:8: ");
  });

  test("JavaScript", () => {
    expect(found("export class A { m(a, b) { return a < b > (1); } }", "a.mjs")).toEqual([]);
  });

  test("every object of the library", () => {
    const names = readdirSync(join(root, "src/shared/object/library"), { withFileTypes: true });
    const modules = names.filter((entry) => entry.isFile()).map(({ name }) => basename(name, ".ts"));
    const specs = modules.map((name) => join(root, `src/shared/object/library/${name}.ts`));
    expect(specs.length).toBeGreaterThan(0);
    expect(checkSafety(specs, root).map(findingLine)).toEqual([]);
  });

  test("every class of the examples", () => {
    const classes = readdirSync(join(root, "examples"), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts") && !/(?:client|test|serve|page|worker)\.ts$/.test(path))
      .map((path) => join(root, "examples", path));
    expect(classes.length).toBeGreaterThan(1);
    mkdirSync(join(folder, "cwd"), { recursive: true });
    expect(checkSafety(classes, join(folder, "cwd")).map(findingLine)).toEqual([]);
  });
});
