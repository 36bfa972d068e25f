import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LoadError, loadObjects } from "../../src/node/load/load.ts";
import { calls, Log, shown } from "../object/machine.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "concoord-load-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return `./${name}`;
}

async function refusal(...specs: readonly string[]): Promise<string> {
  const error: unknown = await loadObjects(specs, folder).then(
    () => null,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(LoadError);
  const message = error instanceof Error ? error.message : "";
  expect(message).not.toContain("\n");
  return message;
}

async function names(...specs: readonly string[]): Promise<string[]> {
  return [...(await loadObjects(specs, folder)).keys()];
}

describe("what may be loaded", () => {
  test("the example, by path, by name and by module", async () => {
    const example = join(root, "examples/counter");
    const specs = ["./counter.ts", "counter.ts#Counter", "counter.Counter", join(example, "counter.ts")];
    const registry = await loadObjects(specs, example);
    const counter = registry.get("Counter");
    expect([...registry.keys()]).toEqual(["Counter"]);
    expect(counter?.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect([...(counter?.methods ?? [])]).toEqual(["increment", "decrement", "getvalue"]);
    expect(counter?.reads).toEqual(["getvalue"]);
  });

  test("the library", async () => {
    expect(await names("concoord.object.counter.Counter")).toEqual(["Counter"]);
    expect(await refusal("concoord.object.nothing.Nothing")).toContain("no such object in the library");
    expect(await refusal("concoord.object.counter.Nope")).toContain("its classes: Counter");
  });

  test("modules on CONCOORD_PATH, before the current folder", async () => {
    const other = mkdtempSync(join(tmpdir(), "concoord-path-"));
    const before = process.env["CONCOORD_PATH"];
    writeFileSync(join(other, "shadow.mjs"), "export class Shadow { far() {} }");
    file("shadow.js", "export class Shadow { near() {} }");
    try {
      process.env["CONCOORD_PATH"] = other;
      const far = await loadObjects(["shadow.Shadow"], folder);
      expect([...(far.get("Shadow")?.methods ?? [])]).toEqual(["far"]);
    } finally {
      if (before === undefined) delete process.env["CONCOORD_PATH"];
      else process.env["CONCOORD_PATH"] = before;
      rmSync(other, { recursive: true });
    }
    const near = await loadObjects(["shadow.Shadow"], folder);
    expect([...(near.get("Shadow")?.methods ?? [])]).toEqual(["near"]);
  });

  test("every exported class, but not errors, functions and abstract classes", async () => {
    file("base.ts", "export abstract class Root { id(): number { return 1; } }");
    const spec = file(
      "many.ts",
      `import { Root } from "./base.ts";
       export { Root } from "./base.ts";
       export class Failure extends Error { constructor(readonly_: string) { super(readonly_); } }
       export function helper() {}
       export const constant = 4;
       export class One extends Root { one() {} }
       export default class Two { two() {} }
       class Hidden { three() {} }`,
    );
    const registry = await loadObjects([spec], folder);
    expect([...registry.keys()].sort()).toEqual(["One", "Two"]);
    expect([...(registry.get("One")?.methods ?? [])]).toEqual(["one", "id"]);
    expect(await names("./many.ts#Two")).toEqual(["Two"]);
  });

  test("static name wins, and what is not callable is left out", async () => {
    const spec = file("named.js", 'export class M { static name = "Minified"; go() {} }');
    expect(await names(spec)).toEqual(["Minified"]);
    const zoo = (await loadObjects(["./zoo.ts"], join(root, "test/fixtures/objects"))).get("Zoo");
    expect([...(zoo?.methods ?? [])]).toEqual(["overridden", "whoami", "inherited"]);
  });

  test("classes whose private members a read-only view does not have tell of no reads", async () => {
    const reads = async (module: string, text: string) =>
      [...(await loadObjects([file(module, text)], folder)).values()].map((entry) => entry.reads);
    const plain = 'export class Plain { static reads = ["get"]; get() {} }';
    const hidden = 'export class Hidden { static reads = ["get"]; #n = 1; get() { return this.#n; } }';
    const asked = "class Asked { #n = 1; static is(thing) { return #n in thing; } }";
    expect(await reads("own.js", `${plain} ${hidden}`)).toEqual([[], ["get"]]);
    expect(await reads("nested.js", `${plain} ${asked}`)).toEqual([[]]);
  });

  test("concoord in a user's module is this copy, without node_modules", async () => {
    const spec = file(
      "asker.ts",
      `import { invocation, type Reads } from "concoord/object";
       import { Counter } from "concoord/objects/counter";
       export class Asker { static reads = ["ask"] satisfies Reads<Asker>; counter = new Counter();
         ask(): unknown { this.counter.increment(); return [invocation().seq, this.counter.getvalue(), Date.now()]; } }`,
    );
    const log = new Log(await loadObjects([spec], folder));
    const ask = { object: "Asker/main", method: "ask", args: [] };
    const { answers } = log.apply(calls(log.open(), 1, [ask, ask]));
    expect(answers.map((a) => shown(a.outcome))).toEqual([
      { value: [1, 1, log.wall] },
      { value: [2, 2, log.wall] },
    ]);
  });

  test("top-level await, CommonJS, and TypeScript that only esbuild understands", async () => {
    expect(await names(file("tla.mjs", "const x = await 3; export class T { v() { return x; } }"))).toEqual([
      "T",
    ]);
    file("package.json", '{"type":"commonjs"}');
    expect(await names(file("old.js", "exports.Old = class Old { go() {} };"))).toEqual(["Old"]);
    rmSync(join(folder, "package.json"));
    file("colour.ts", "export enum Colour { Red = 4 }");
    const spec = file(
      "enums.ts",
      `import { Colour } from "./colour.ts";
       import { invocation } from "concoord/object";
       const Painter0 = 1;
       export class Painter { constructor(public colour = Colour.Red) {}
         paint(): number[] { return [this.colour, invocation().seq]; } }`,
    );
    const log = new Log(await loadObjects([spec], folder));
    expect(shown(log.call(log.open(), "Painter/main", "paint"))).toEqual({ value: [4, 1] });
  });
});

describe("what is refused, in one line", () => {
  test.each([
    ["./absent.ts", "./absent.ts: no such file"],
    ["absent.Counter", "absent.Counter: no file absent.ts"],
    ["Counter", '"Counter" names no class: write module.Class'],
    [".Counter", "names no class"],
    ["", "names no class"],
    ["./", "./ is a folder: name a file in it"],
    ["#P", "#P names no file: write ./file.ts#P"],
    ["./multi.ts#", "./multi.ts# names no class: write ./multi.ts#Class, or ./multi.ts for all"],
  ])("%j", async (spec, message) => {
    expect(await refusal(spec)).toContain(message);
  });

  test.each([
    ["no class", "export const a = 1;", "exports no class"],
    ["only an error", "export class E extends Error {}", "exports no class that can be served"],
    ["a constructor argument", "export class A { constructor(x) { this.x = x; } }", "of A needs an argument"],
    ["an inherited one", "class B { constructor(x, y) {} } export class A extends B {}", "needs 2 arguments"],
    [
      "a constructor that throws",
      "export class A { constructor(x = undefined) { x.y; } }",
      "new A() failed: TypeError: Cannot read properties of undefined",
    ],
    [
      "an async method",
      "export class A { async go() {} }",
      "A.go is AsyncFunction: methods must be synchronous",
    ],
    ["a generator", "export class A { *go() {} }", "A.go is GeneratorFunction"],
    ["a method named then", "export class A { then() {} }", "A has a method named then"],
    ["an inherited catch", "class B { catch() {} } export class A extends B {}", "a method named catch"],
    ["no method", "export class A { x = 1; _y() {} }", "A has no method to call"],
    ["no name", "export default class {}", "a class without a name"],
    ["an empty name", "export const A = [class {}][0];", "a class without a name"],
    ["a name with a slash", 'export class A { static name = "a/b"; }', "cannot be used in an address"],
    ["reads of nothing", 'export class A { static reads = ["b"]; a() {} }', 'A.reads names "b"'],
    ["reads that are no list", 'export class A { static reads = "a"; a() {} }', "A.reads must be an array"],
    ["a throwing module", 'throw new TypeError("boom");', "loading it failed: TypeError: boom"],
    ["a missing import", 'import "./gone.js"; export class A {}', "Cannot find module"],
    ["a syntax error", "export class A {\n go( { }", ": line 2: "],
  ])("%s", async (name, text, message) => {
    const spec = file(`${name.replaceAll(" ", "-")}.mjs`, text);
    const line = await refusal(spec);
    expect(line).toContain(message);
    expect(line).toContain(spec.slice(2));
  });

  test("a class that is not there, with those that are", async () => {
    const spec = file("two.ts", "export class A { a() {} } export class B { b() {} }");
    expect(await refusal(`${spec}#C`)).toBe("two.ts: exports no class C; its classes: A, B");
  });

  test("two classes of one name, naming both files", async () => {
    const a = file("twin-a.ts", "export class Twin { a() {} }");
    const b = file("twin-b.ts", "export class Twin { b() {} }");
    expect(await refusal(a, b)).toBe("two classes are named Twin: in twin-a.ts and in twin-b.ts");
  });

  test.each([
    [
      "private",
      "export class P { private go(): void {} }",
      "P.go is private or protected; name it #go or _go",
    ],
    [
      "protected",
      "export class P { x = 1; protected override async2<T>(x: T): T { return x; } }",
      "P.async2",
    ],
    ["of a base class", "class Q { private go() {} } export class P extends Q {}", "P.go"],
    ["of an assigned class", "export const P = class { protected go() {} };", "P.go"],
    [
      "through esbuild",
      "enum E { A } export class P { e = E.A; static self = P.name; private go() {} }",
      "P.go",
    ],
  ])("a method that TypeScript hides: %s", async (name, text, message) => {
    expect(await refusal(file(`hidden-${name.replaceAll(" ", "-")}.ts`, text))).toContain(message);
  });
});

describe("the fingerprint", () => {
  async function print(name: string, spec = `./${name}`): Promise<string> {
    const [entry] = (await loadObjects([spec], folder)).values();
    return entry?.fingerprint ?? "";
  }

  test("follows relative imports, ignores line ends and places, and counts static version", async () => {
    const text = 'import { n } from "./dep.js";\nexport class F { v = n; get2() {} }\n';
    file("dep.js", 'export * from "./deeper.js";\n');
    file("deeper.js", "export const n = 1;\n");
    file("f1.js", text);
    file("f2.js", text.replaceAll("\n", "\r\n"));
    file("f3.js", text.replace("v = n", "static version = 2; v = n"));
    const first = await print("f1.js");
    expect(await print("f2.js")).toBe(first);
    expect(await print("f3.js")).not.toBe(first);
    file("deeper.js", "export const n = 2;\n");
    expect(await print("f1.js")).not.toBe(first);
  });
});
