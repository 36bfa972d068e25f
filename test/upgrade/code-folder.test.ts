/** Copies of modules beside the log of a node: kept, found again, sent, refused. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CodeFolder, type Trust } from "../../src/node/code/code-folder.ts";
import { moduleText } from "../../src/node/code/module-text.ts";
import { type LoadedClass, loadClasses, registryOf } from "../../src/node/load/load.ts";
import { ChildSnapshotter } from "../../src/node/snapshot/child-snapshotter.ts";
import type { CodeModule } from "../../src/shared/wire/upgrade-messages.ts";
import { joined, KeptLog } from "../snapshot/rig.ts";
import { upgradeTo } from "./versions.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "concoord-code-test-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function folderOf(data: string | null = "data", trust: Trust = "peers", safe = false): CodeFolder {
  return new CodeFolder({ dir: data === null ? null : join(root, data), trust, safe });
}

async function only(spec: string): Promise<LoadedClass> {
  const [loaded] = await loadClasses([spec], root);
  if (loaded === undefined) throw new Error("no class");
  return loaded;
}

/** As another machine sends it. */
async function sent(spec: string): Promise<{ readonly module: CodeModule; readonly loaded: LoadedClass }> {
  const loaded = await only(spec);
  const { name, fingerprint } = loaded.entry;
  return { module: moduleText(loaded.sources, [{ name, fingerprint }]), loaded };
}

const counter = `import { step } from "../lib/step.ts";
import { far } from "far";
export class Counter { value = 0; increment() { this.value += step + far; return this.value; } }
`;

/** A module that imports a relative one elsewhere, and a package. */
function writeCounter(step: number, app = "app"): void {
  write(`${app}/objects/counter.ts`, counter);
  write(`${app}/lib/step.ts`, `export const step = ${step};\n`);
  write(`${app}/node_modules/far/package.json`, '{ "name": "far", "main": "far.js" }');
  write(`${app}/node_modules/far/far.js`, "exports.far = 100;\n");
}

test("what a node was given is found at the next start, though the files changed", async () => {
  writeCounter(1);
  const loaded = await only("./app/objects/counter.ts");
  folderOf().keepGiven([loaded]);
  writeCounter(2);
  const { name, fingerprint } = loaded.entry;
  const again = folderOf();
  const found = await again.find({ name, fingerprint });
  expect(found?.fingerprint).toBe(fingerprint);
  const object = found === null ? null : new found.ctor();
  expect(found?.functions.get("increment")?.call(object ?? {})).toBe(101);
  expect(await again.find({ name, fingerprint: "0".repeat(64) })).toBe(null);
  expect(await again.find({ name: "Other", fingerprint })).toBe(null);
});

test("a module that is sent is kept, and goes on to others", async () => {
  writeCounter(1);
  const { module, loaded } = await sent("./app/objects/counter.ts");
  expect(module.files.map(({ path }) => path)).toEqual(["objects/counter.ts", "lib/step.ts"]);
  const first = folderOf("one");
  const [entry] = await first.keep(module);
  expect(entry?.fingerprint).toBe(loaded.entry.fingerprint);
  expect(await first.keep(module)).toEqual([entry]);
  const of = { name: "Counter", fingerprint: loaded.entry.fingerprint };
  const onwards = await first.read(of);
  expect(onwards).toEqual(module);
  // The machine where it was written is another one: its packages are looked for from the copy on.
  const elsewhere = { ...module, origin: join(root, "nowhere") };
  await expect(folderOf("two").keep(elsewhere)).rejects.toThrow(/far/);
  write("node_modules/far/index.js", "exports.far = 100;\n");
  expect(await folderOf("three").keep(elsewhere)).toHaveLength(1);
});

test("code that would be other code here, or cannot be loaded, is refused and not kept", async () => {
  write("thing.ts", "export class Thing { go() {} }\n");
  const { module } = await sent("./thing.ts");
  const other = { ...module, classes: [{ name: "Thing", fingerprint: "0".repeat(64) }] };
  const folder = folderOf();
  await expect(folder.keep(other)).rejects.toThrow(/other code of the same text/);
  const files = [{ path: "thing.ts", text: "export class Thing { async go() {} }\n" }];
  await expect(folder.keep({ ...module, files })).rejects.toThrow(/must be synchronous/);
  const broken = [{ path: "thing.ts", text: "export class {\n" }];
  await expect(folder.keep({ ...module, files: broken })).rejects.toThrow(/thing\.ts/);
  await expect(folderOf("none", "nobody").keep(module)).rejects.toThrow(/secret/);
  expect(readdirSync(join(root, "data/code"))).toEqual([]);
});

test("without a secret only files of this user on this machine are taken", async () => {
  write("thing.ts", "export class Thing { go() {} }\n");
  const { module } = await sent("./thing.ts");
  expect(await folderOf("a", "own files").keep(module)).toHaveLength(1);
  const [file] = module.files;
  const changed = [{ path: file?.path ?? "", text: `${file?.text}// more\n` }];
  await expect(folderOf("b", "own files").keep({ ...module, files: changed })).rejects.toThrow(/own user/);
  rmSync(join(root, "thing.ts"));
  await expect(folderOf("c", "own files").keep(module)).rejects.toThrow(/own user/);
});

test("a node that is to be safe takes only code that is", async () => {
  write(
    "thing.ts",
    'import { readFileSync } from "node:fs";\nexport class Thing { go() { readFileSync("/"); } }\n',
  );
  const { module } = await sent("./thing.ts");
  await expect(folderOf("safe", "peers", true).keep(module)).rejects.toThrow(/thing\.ts:1/);
  expect(await folderOf("other").keep(module)).toHaveLength(1);
});

test("what is not needed any more is forgotten; unfinished copies are removed", async () => {
  write("thing.ts", "export class Thing { go() {} }\nexport class Other { go() {} }\n");
  const both = await loadClasses(["./thing.ts"], root);
  write("more.ts", "export class More { go() {} }\n");
  const more = await only("./more.ts");
  const folder = folderOf();
  folder.keepGiven([...both, more]);
  const copies = () => readdirSync(join(root, "data/code"));
  expect(copies()).toHaveLength(2);
  folder.keepOnly(both.slice(1).map(({ entry }) => entry));
  expect(copies()).toHaveLength(1);
  write("data/code/half/files/x.ts", "");
  expect(await folderOf().find(more.entry)).toBe(null);
  expect(copies()).toHaveLength(1);
});

test("without a data folder only what is sent is copied, for as long as the process runs", async () => {
  write("thing.ts", "export class Thing { go() {} }\n");
  write("more.ts", "export class More { go() {} }\n");
  const given = await only("./thing.ts");
  const { module, loaded } = await sent("./more.ts");
  const folder = folderOf(null);
  folder.keepGiven([given]);
  expect(await folder.read(given.entry)).toMatchObject({ origin: root });
  await folder.keep(module);
  const { objects, classes } = folder.places;
  expect(classes.map(({ name }) => name)).toEqual(["Thing", "More"]);
  expect(objects[0]).toBe(`${join(root, "thing.ts")}#Thing`);
  const copy = objects[1]?.split("#")[0] ?? "";
  expect(existsSync(copy)).toBe(true);
  folder.close();
  expect(existsSync(copy)).toBe(false);
  expect(loaded.entry.name).toBe("More");
});

test("a child makes a snapshot over an upgrade, of users' classes and of the library's", async () => {
  writeCounter(1);
  const given = [await only("./app/objects/counter.ts"), await only("concoord.object.lock.Lock")];
  const folder = folderOf();
  folder.keepGiven(given);
  const log = new KeptLog(registryOf(given));
  log.does("Counter/main", "increment");
  log.does("Lock/main", "acquire");
  writeCounter(2, "young");
  const { module } = await sent("./young/objects/counter.ts");
  const young = await folder.keep(module);
  log.machine.hold(young);
  expect(log.apply(upgradeTo(young)).upgraded?.problem).toBe(null);
  log.does("Counter/main", "increment");
  log.does("Lock/main", "locked");
  expect(Reflect.get(log.machine.peek("Counter") ?? {}, "value")).toBe(203);
  // The copies are enough.
  rmSync(join(root, "young/objects"), { recursive: true });
  const made = await new ChildSnapshotter({ code: () => folder.places }).make(log.job(), { aborted: false });
  expect(made.digest).toBe(log.machine.digest);
  const bytes = Buffer.concat([...log.machine.capture().pieces]);
  expect(Buffer.compare(await joined(made.pieces()), bytes)).toBe(0);
});
