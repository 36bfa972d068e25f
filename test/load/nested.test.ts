/** Which classes the state of an object may hold, as its module and what it imports say. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadObjects } from "../../src/node/load/load.ts";
import { joined, snapshotOf } from "../object/keeper.ts";
import { Log } from "../object/machine.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "concoord-nested-"));
  mkdirSync(join(folder, "parts"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return `./${name}`;
}

/** The names of the classes that objects of the first class may hold. */
async function nested(spec: string): Promise<string[]> {
  const [entry] = (await loadObjects([spec], folder)).values();
  return [...(entry?.nested.keys() ?? [])];
}

/** Makes the object, and compares its snapshot with that of a machine that begins with it. */
async function throughSnapshot(spec: string, method: string): Promise<object | undefined> {
  const registry = await loadObjects([spec], folder);
  const [name] = registry.keys();
  const log = new Log(registry);
  log.call(log.open(), `${name}/main`, method);
  const bytes = snapshotOf(log.machine);
  const other = new Log(registry, false);
  other.machine.restore(bytes);
  expect(snapshotOf(other.machine)).toEqual(bytes);
  return other.machine.peek(`${name}/main`);
}

test("those of the module and of relative modules, under their own names", async () => {
  file("parts/deep.ts", "export class Deep { n = 1; } export default class { static name = 'Default'; }");
  file("parts/part.ts", 'import "./deep.ts"; export class Part { x = 1; } export { Part as Renamed };');
  const spec = file(
    "whole.ts",
    `import { Part } from "./parts/part.ts";
     export class Own { y = 2; }
     class Hidden { z = 3; }
     export class Whole { list = [new Part(), new Own()]; hidden: unknown = null;
       go(): void { this.list.push(new Part()); } hide(): void { this.hidden = new Hidden(); } }`,
  );
  expect(await nested(`${spec}#Whole`)).toEqual(["Own", "Whole", "Part", "Deep", "Default"]);
  expect(await throughSnapshot(`${spec}#Whole`, "go")).toMatchObject({
    list: [{ x: 1 }, { y: 2 }, { x: 1 }],
  });
  const log = new Log(await loadObjects([`${spec}#Whole`], folder));
  log.call(log.open(), "Whole/main", "hide");
  const { pieces, problems } = log.machine.capture();
  joined(pieces);
  expect(problems).toEqual([
    "Whole/main: field hidden is a Hidden, a class that neither its module nor a relative module exports",
  ]);
});

test("what only types or comments name, or what may never be imported, is not run", async () => {
  file("parts/danger.ts", "throw new Error('run'); export class Danger {}");
  const spec = file(
    "safe.ts",
    `import type { Danger } from "./parts/danger.ts";
     import type Default from "./parts/danger.ts";
     export type { Danger as Again } from "./parts/danger.ts";
     // import { Danger } from "./parts/danger.ts"
     const text = 'import { Danger } from "./parts/danger.ts"';
     export class Safe { text = text; danger: Danger | Default | null = null;
       async = () => 1; go() { return import("./parts/danger.ts") && 1; } }`,
  );
  expect(await nested(spec)).toEqual(["Safe"]);
});

test("those of TypeScript that only esbuild understands: the very classes that run", async () => {
  file("parts/place.ts", "export class Place { constructor(public x = 1, private y = 2) {} }");
  const spec = file(
    "map.ts",
    `import { Place } from "./parts/place.ts"; enum Kind { A = 4 }
     export class Atlas { constructor(public places = [new Place()], public kind = Kind.A) {}
       go(): void { this.places.push(new Place(3)); } }`,
  );
  expect(await nested(spec)).toEqual(["Atlas", "Place"]);
  expect(await throughSnapshot(spec, "go")).toEqual({
    places: [
      { x: 1, y: 2 },
      { x: 3, y: 2 },
    ],
    kind: 4,
  });
});

test("those of concoord, of CommonJS, and two of one name", async () => {
  file("parts/old.cjs", "exports.Twin = class Twin { old = 1 };");
  const spec = file(
    "many.mjs",
    `import { Counter } from "concoord/objects/counter"; import old from "./parts/old.cjs";
     export class Twin { young = 1 }
     export class Many { all = [new Counter(), new Twin(), new old.Twin()]; go() { this.all[0].increment(); } }`,
  );
  expect(await nested(`${spec}#Many`)).toEqual(["Many", "Twin", "Twin~2", "Counter"]);
  const many = await throughSnapshot(`${spec}#Many`, "go");
  expect(Reflect.get(many ?? {}, "all").map((o: object) => o.constructor.name)).toEqual([
    "Counter",
    "Twin",
    "Twin",
  ]);
});

test("a proxy is told from what it shows", async () => {
  const spec = file("shown.mjs", "export class Shown { p = new Proxy({ a: 1 }, {}); go() {} }");
  const log = new Log(await loadObjects([spec], folder));
  log.call(log.open(), "Shown/main", "go");
  const { pieces, problems } = log.machine.capture();
  joined(pieces);
  expect(problems).toEqual(["Shown/main: field p is a proxy"]);
});
