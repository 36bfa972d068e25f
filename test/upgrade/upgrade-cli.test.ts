/** `concoord upgrade`, as an operator uses it. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort, type Running, Workplace } from "../cli/concoord.ts";

const first = `export class Counter {
  value = 0;
  static reads = ["get"];
  increment() { this.value += 1; return this.value; }
  get() { return this.value; }
}
`;
/** Counts by ten, and keeps the sum under another name. */
const second = `export class Counter {
  static version = 2;
  static migrate(state: { value: number }, from: number) { return { total: state.value, from }; }
  total = 0;
  from = -1;
  increment() { this.total += 10; return this.total; }
  history() { return [this.total, this.from]; }
}
`;

let place: Workplace;
beforeEach(() => {
  place = new Workplace();
  place.write("counter.ts", first);
});
afterEach(() => place.close());

async function ports(n: number): Promise<readonly string[]> {
  const found = new Set<string>();
  while (found.size < n) found.add(String(await freePort()));
  return [...found];
}

async function start(port: string, words: readonly string[]): Promise<Running> {
  const node = place.start(["replica", "-o", "./counter.ts", "-p", port, "--data", port, ...words]);
  await node.line(/^READY/);
  return node;
}

test("three replicas go on with new code; a restart executes old slots with the old code", async () => {
  const [a = "", b = "", c = ""] = await ports(3);
  const boot = ["-b", `127.0.0.1:${a},127.0.0.1:${b}`];
  const nodes = [await start(a, [])];
  for (const port of [b, c]) nodes.push(await start(port, boot));
  const call = (...words: string[]) => place.run(["call", ...boot, ...words]);
  expect(await call("increment")).toMatchObject({ stdout: "1\n" });
  place.write("counter.ts", second);
  const upgraded = await place.run(["upgrade", "-o", "./counter.ts", ...boot]);
  expect(upgraded).toMatchObject({ exit: 0, stderr: "" });
  expect(upgraded.stdout).toMatch(/^UPGRADED Counter slot=[0-9]+ replicas=3\/3\n$/);
  expect(await call("increment")).toMatchObject({ stdout: "11\n" });
  expect(await call("get")).toMatchObject({ exit: 1, stderr: expect.stringContaining("UNKNOWN_METHOD") });
  await nodes[0]?.line(/stderr: .*upgraded Counter/);
  for (const node of nodes) await node.end("SIGKILL");

  // The file says what it said at first: the kept code is what counts.
  place.write("counter.ts", first);
  const again = await Promise.all([a, b, c].map((port) => start(port, boot)));
  expect(await call("history")).toMatchObject({ exit: 0, stdout: "[11,0]\n" });
  await again[0]?.line(/given to this node in another version than the cluster's/);
  expect(readdirSync(join(place.dir, a, "code"))).toHaveLength(2);
  await again[2]?.end("SIGKILL");
  const back = await place.run(["upgrade", "-o", "./counter.ts", ...boot]);
  expect(back).toMatchObject({ exit: 0, stdout: expect.stringMatching(/replicas=2\/3\n$/) });
  expect(back.stderr).toContain(`127.0.0.1:${c} did not answer`);
  // Version 0 knows nothing of the fields of version 2: they are as they were, and those it needs as in a new object.
  expect(await call("increment")).toMatchObject({ stdout: "1\n" });
});

test("what cannot be: nothing changes, and one line says why", async () => {
  const [a = ""] = await ports(1);
  const boot = ["-b", `127.0.0.1:${a}`];
  const node = await start(a, []);
  const upgrade = (...words: string[]) => place.run(["upgrade", ...boot, ...words]);
  place.write("bad.ts", "export class Counter { async increment() {} }\n");
  place.write(
    "fails.ts",
    `export class Counter { static version = 1; static migrate() { throw new Error("too old"); } increment() {} }\n`,
  );
  await place.run(["call", ...boot, "increment"]);
  expect(await upgrade()).toMatchObject({ exit: 2, stderr: expect.stringContaining("-o is missing") });
  expect(await upgrade("-o", "./none.ts")).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining("no such file"),
  });
  expect(await upgrade("-o", "./bad.ts")).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining("synchronous"),
  });
  const failed = await upgrade("-o", "./fails.ts");
  expect(failed).toMatchObject({ exit: 1, stderr: "concoord: no object changed: Counter/main: too old\n" });
  expect(await place.run(["call", ...boot, "increment"])).toMatchObject({ stdout: "2\n" });
  await node.end("SIGKILL");
  expect(await upgrade("-o", "./counter.ts")).toMatchObject({ exit: 4 });
});

test("a dry run tells what callers would have been told differently, and changes nothing", async () => {
  const [a = ""] = await ports(1);
  const boot = ["-b", `127.0.0.1:${a}`];
  await start(a, []);
  const call = (...words: string[]) => place.run(["call", ...boot, ...words]);
  const dry = (...words: string[]) => place.run(["upgrade", ...boot, "--dry-run", ...words]);
  for (let i = 0; i < 3; i++) await call("increment");
  place.write("same.ts", first.replace("this.value += 1", "this.value++"));
  place.write(
    "other.ts",
    first.replace(
      "return this.value; }",
      "if (this.value > 2) throw new RangeError(`no`); return this.value; }",
    ),
  );
  const same = await dry("-o", "./same.ts");
  expect(same).toMatchObject({ exit: 0, stderr: "" });
  expect(same.stdout).toMatch(/^SAME Counter calls=3 slot=[0-9]+\n$/);
  const other = await dry("-o", "./other.ts");
  expect(other.stdout).toMatch(
    /^slot [0-9]+, Counter\/main\.increment: 3; with the new code RangeError: no\n$/,
  );
  expect(other).toMatchObject({ exit: 1, stderr: "concoord: 1 of 3 calls would have another outcome\n" });
  // From a snapshot on; the state goes over first.
  await place.run(["backup", "some.backup", ...boot]);
  await call("increment");
  place.write("second.ts", second);
  const migrated = await dry("-o", "./second.ts");
  expect(migrated.stdout).toMatch(/^slot [0-9]+, Counter\/main\.increment: 4; with the new code 13\n$/);
  place.write("third.ts", second.replace("total: state.value", "total: state.none.value"));
  const failed = {
    exit: 1,
    stdout: "",
    stderr: expect.stringMatching(/no object would change: Counter\/main: /),
  };
  expect(await dry("-o", "./third.ts")).toMatchObject(failed);
  expect(await call("increment")).toMatchObject({ stdout: "5\n" });
});

test("nodes with a secret take code from who knows it alone; nodes in memory take it, too", async () => {
  const [a = ""] = await ports(1);
  place.write("tokens", "client one\npeer two\n");
  const words = ["replica", "-o", "./counter.ts", "-p", a, "--memory", "--token-file", "tokens"];
  const node = place.start(words);
  await node.line(/^READY/);
  place.write("counter.ts", second);
  const upgrade = ["upgrade", "-o", "./counter.ts", "-b", `127.0.0.1:${a}`];
  expect(await place.run(upgrade)).toMatchObject({ exit: 1, stderr: expect.stringContaining("DENIED") });
  expect(await place.run([...upgrade, "--token-file", "tokens"])).toMatchObject({ exit: 0 });
  const call = ["call", "-b", `127.0.0.1:${a}`, "--token-file", "tokens", "history"];
  expect(await place.run(call)).toMatchObject({ exit: 0, stdout: "[0,-1]\n" });
  // What it was sent goes with it.
  await node.end("SIGTERM");
});

test("dev goes on with a module when it changes, and with one that changed between two starts", async () => {
  const [a = ""] = await ports(1);
  const words = ["dev", "-o", "./counter.ts", "-p", a, "--replicas", "1"];
  const call = (...rest: string[]) => place.run(["call", "-b", `127.0.0.1:${a}`, ...rest]);
  const dev = place.start(words);
  await dev.line(/Stop {5}Ctrl-C/);
  expect(await call("increment")).toMatchObject({ stdout: "1\n" });
  place.write("counter.ts", "export class Counter {");
  await dev.line(/^stderr: .*the cluster goes on with the code that it has/);
  expect(await call("increment")).toMatchObject({ stdout: "2\n" });
  place.write("counter.ts", second);
  await dev.line(/^UPGRADED Counter slot=[0-9]+$/);
  expect(await call("increment")).toMatchObject({ stdout: "12\n" });
  await dev.end("SIGKILL");

  place.write("counter.ts", second.replace("+= 10", "+= 100"));
  const again = place.start(words);
  await again.line(/^UPGRADED Counter/);
  await again.line(/Stop {5}Ctrl-C/);
  expect(await call("increment")).toMatchObject({ stdout: "112\n" });
  await again.end("SIGKILL");
  rmSync(join(place.dir, `.concoord/dev/${a}/code`), { recursive: true });
  place.write("counter.ts", first);
  const refused = await place.run(words);
  expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining("put the old code back") });
});
