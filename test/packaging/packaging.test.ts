/** What users get: the tarball of `npm pack`, looked at by publint and attw, and installed globally elsewhere. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Packed, packPackage } from "../../src/node/launch/package.ts";
import { freePortRange, root } from "../process/processes.ts";
import { Place } from "./place.ts";
import { Registry } from "./registry.ts";

const run = promisify(execFile);
const version = String(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version);
let packed: Packed;

beforeAll(async () => {
  packed = await packPackage();
});
afterAll(() => packed[Symbol.dispose]());

describe("the tarball", () => {
  test("holds what runs, what explains and what one begins with, and nothing of the tests", async () => {
    const { stdout } = await run("tar", ["-tzf", packed.file], { maxBuffer: 64 * 1024 * 1024 });
    const paths = stdout.trim().split("\n");
    for (const wanted of [
      "bin/concoord.js",
      "dist/node/main.js",
      "dist/page/page.js",
      "docs/deploy.md",
      "LICENSE",
    ])
      expect(paths).toContain(`package/${wanted}`);
    expect(
      paths.filter((path) => /^package\/(?:src|test|dist\/\.checked|dist\/documents)\//.test(path)),
    ).toEqual([]);
    expect(paths.filter((path) => /tsbuildinfo$|\.concoord|\.env/.test(path))).toEqual([]);
  });

  test("has nothing of which publint knows that it is wrong", async () => {
    const bytes = readFileSync(packed.file);
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const { messages } = await publint({ pack: { tarball }, strict: true });
    // That one is a suggestion: the map exchanges modules that no entry names, so that exports cannot say it.
    const known = "USE_EXPORTS_OR_IMPORTS_BROWSER";
    expect(messages.filter(({ code, type }) => code !== known || type !== "suggestion")).toEqual([]);
  });

  test("has types that all of its entries lead to, says attw", async () => {
    const program = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
    const words = [program, packed.file, "--profile", "esm-only", "--format", "json"];
    const { stdout } = await run(process.execPath, words, { maxBuffer: 64 * 1024 * 1024 });
    const { analysis } = JSON.parse(stdout) as { analysis: { entrypoints: object; types: object } };
    expect(Object.keys(analysis.entrypoints)).toContain("./object");
    expect(analysis.types).toMatchObject({ kind: "included" });
  });
});

describe("installed globally, without the repository", () => {
  let registry: Registry;
  let place: Place;

  beforeAll(async () => {
    registry = await Registry.start();
    place = new Place(registry.url, ["prefix/bin"]);
    const { exit, stderr } = await place.run(
      `npm install --global --prefix prefix --no-audit --no-fund '${packed.file}'`,
    );
    expect(`${exit} ${stderr}`).toBe("0 ");
  }, 180_000);
  afterAll(async () => {
    await place.close();
    await registry.stop();
  });

  test("both programs say their version", async () => {
    for (const program of ["concoord", "openreplica"])
      expect(await place.run(`${program} --version`)).toEqual({
        exit: 0,
        stdout: `${version}\n`,
        stderr: "",
      });
  });

  test("concoord dev serves the first call and its page, and goes on after a restart", async () => {
    const port = await freePortRange(3);
    const dev = place.start(`exec concoord dev -p ${port}`);
    await dev.line(/Stop {5}Ctrl-C/);
    const boot = `-b 127.0.0.1:${port}`;
    expect((await place.run(`concoord call ${boot} increment`)).exit).toBe(0);
    expect((await fetch(`http://127.0.0.1:${port}/page.js`)).status).toBe(200);
    expect(await dev.end("SIGTERM")).toBe(0);
    const again = place.start(`exec concoord dev -p ${port}`);
    await again.line(/Stop {5}Ctrl-C/);
    expect((await place.run(`concoord call ${boot} getvalue`)).stdout).toBe("1\n");
    expect(await again.end("SIGTERM")).toBe(0);
  });

  test("a class that needs the package, and a proxy of the library", async () => {
    writeFileSync(
      join(place.dir, "gate.ts"),
      `import { DLock } from "concoord/object";
export class Gate {
  lock = new DLock();
  pass(): number { return this.lock.acquire() as number; }
}
`,
    );
    const proxy = await place.run(
      "concoord object -o concoord.object.lock.Lock && concoord object -o ./gate.ts",
    );
    expect(proxy).toMatchObject({ exit: 0, stderr: "" });
    const port = await freePortRange(1);
    const one = place.start(`exec concoord replica -o ./gate.ts -p ${port} --memory`);
    await one.line(/^READY/);
    const { stdout } = await place.run(`concoord call -b 127.0.0.1:${port} pass`);
    expect(Number(stdout)).toBeGreaterThan(0);
    expect(await one.end("SIGTERM")).toBe(0);
  });

  test("a program elsewhere imports it, also with its types", async () => {
    writeFileSync(
      join(place.dir, "use.mjs"),
      `import { simulate } from "concoord/testing";
import { Counter } from "concoord/objects/counter";
const { calls } = await simulate(Counter, { seed: 1, clients: 1 }, async (counter) => { await counter.increment(); });
console.log(calls > 0);
`,
    );
    const linked = "mkdir node_modules && ln -s ../prefix/lib/node_modules/concoord node_modules/concoord";
    expect(await place.run(`${linked} && node use.mjs`)).toEqual({ exit: 0, stdout: "true\n", stderr: "" });
  });
});
