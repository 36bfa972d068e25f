import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort, Workplace } from "./concoord.ts";

let place: Workplace;
beforeEach(() => {
  place = new Workplace();
  place.write(
    "things.ts",
    `export class Counter { value = 0; increment() { this.value += 1; } getvalue() { return this.value; } }
export class Odd {
  fail() { throw new RangeError("too far"); }
  promise() { return Promise.resolve(1); }
  big() { return 2n ** 64n; }
  add(a: unknown, b: unknown) { return [a, b]; }
}
`,
  );
});
afterEach(() => place.close());

test("one replica: calls, results, failures, signals", async () => {
  const port = await freePort();
  const boot = ["-b", `127.0.0.1:${port}`];
  const replica = place.start(["REPLICA", "-o", "./things.ts", "--memory", "-p", String(port)]);
  expect(await replica.line(/^FOUNDED/)).toMatch(/^FOUNDED [0-9a-f]{32}$/);
  expect(await replica.line(/^READY/)).toMatch(
    new RegExp(`^READY replica 127\\.0\\.0\\.1:${port} id=[0-9a-f]{16} view=1$`),
  );
  const odd = (...words: string[]) => place.run(["call", ...boot, "-o", "Odd", ...words]);
  const table: readonly (readonly [Promise<unknown>, unknown])[] = [
    [place.run(["call", ...boot, "getvalue"]), { exit: 2, stderr: /several classes.*Counter, Odd/ }],
    [
      place.run(["call", "-b", `ws://127.0.0.1:${port}/`, "-o", "Counter/y", "increment"]),
      { exit: 0, stdout: "", stderr: "" },
    ],
    [place.run(["call", ...boot, "-o", "Counter/x", "increment"]), { exit: 0, stdout: "", stderr: "" }],
    [odd("big"), { exit: 0, stdout: '"18446744073709551616"\n', stderr: "" }],
    [odd("add", "1", "ann"), { exit: 0, stdout: '[1,"ann"]\n', stderr: "" }],
    [odd("add", "-5", "x"), { exit: 0, stdout: '[-5,"x"]\n', stderr: "" }],
    [odd("fail"), { exit: 1, stdout: "", stderr: "concoord: RangeError: too far\n" }],
    [odd("promise"), { exit: 1, stdout: "", stderr: /RETURNED_PROMISE/ }],
    [odd("nothing"), { exit: 1, stdout: "", stderr: /UNKNOWN_METHOD.*fail/ }],
    [odd("__proto__"), { exit: 1, stdout: "", stderr: /UNKNOWN_METHOD/ }],
    [place.run(["call", ...boot, "-o", "Nope", "m"]), { exit: 1, stdout: "", stderr: /UNKNOWN_CLASS/ }],
  ];
  for (const [run, expected] of table) {
    const wanted = Object.entries(expected as object).map(([key, value]) => [
      key,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ]);
    expect(await run).toMatchObject(Object.fromEntries(wanted));
  }
  const piped = await place.run(["call", ...boot, "-o", "Odd", "add", "--args", "-"], '[{"a":1},null]');
  expect(piped.stdout).toBe('[{"a":1},null]\n');
  const failed = await odd("fail", "--json");
  expect(JSON.parse(failed.stdout)).toEqual({
    error: { code: null, name: "RangeError", message: "too far", executed: "yes" },
  });
  const status = await place.run(["status", ...boot, "--json"]);
  expect(JSON.parse(status.stdout)).toMatchObject([{ addr: `127.0.0.1:${port}`, role: "replica" }]);
  expect((await place.run(["status", ...boot])).stdout).toContain(`leader 127.0.0.1:${port}`);
  expect(await replica.end("SIGTERM")).toBe(0);
});

test("SIGINT ends with 130", async () => {
  const replica = place.start(["replica", "-o", "./things.ts", "--memory", "-p", String(await freePort())]);
  await replica.line(/^READY/);
  expect(await replica.end("SIGINT")).toBe(130);
});

test("tokens: who has none, or a wrong one, is refused", async () => {
  const port = await freePort();
  place.write("tokens", "client one\npeer two\n");
  place.write("wrong", "client guess\n");
  const replica = place.start([
    ...["replica", "-o", "./things.ts", "--memory", "-p", String(port)],
    ...["--token-file", "tokens"],
  ]);
  await replica.line(/^READY/);
  const call = ["call", "-b", `127.0.0.1:${port}`, "-o", "Counter", "getvalue"];
  expect(await place.run([...call, "--token-file", "tokens"])).toMatchObject({ exit: 0, stdout: "0\n" });
  for (const words of [call, [...call, "--token-file", "wrong"]])
    expect(await place.run(words)).toMatchObject({ exit: 1, stderr: expect.stringMatching(/DENIED/) });
});

test("data belongs to one process and one cluster; its port may change", async () => {
  const [a, b, c] = [await freePort(), await freePort(), await freePort()].map(String) as [
    string,
    string,
    string,
  ];
  const objects = ["replica", "-o", "./things.ts"];
  const first = place.start([...objects, "-p", a, "--data", "data"]);
  const founded = await first.line(/^FOUNDED/);
  await first.line(/^READY/);
  const inUse = await place.run([...objects, "-p", b, "--data", "data"]);
  expect(inUse).toMatchObject({ exit: 1, stderr: expect.stringMatching(/^concoord: .*data is in use.*\n$/) });
  expect(await place.run(["call", "-b", `127.0.0.1:${a}`, "-o", "Counter", "increment"])).toMatchObject({
    exit: 0,
  });
  expect(await first.end("SIGKILL")).toBe(null);

  const other = place.start([...objects, "-p", c, "--memory"]);
  await other.line(/^READY/);
  const foreign = await place.run([...objects, "--data", "data", "-b", `127.0.0.1:${c}`]);
  expect(foreign).toMatchObject({ exit: 1, stdout: "", stderr: expect.stringContaining("another one") });

  const again = place.start([...objects, "--data", "data"]);
  expect(await again.line(/^READY/)).toContain(`127.0.0.1:${a} `);
  const value = await place.run(["call", "-b", `127.0.0.1:${a}`, "-o", "Counter", "getvalue"]);
  expect(value).toMatchObject({ exit: 0, stdout: "1\n" });
  const status = JSON.parse((await place.run(["status", "-b", `127.0.0.1:${a}`, "--json"])).stdout);
  expect(`FOUNDED ${status[0].cluster}`).toBe(founded);
  expect(await again.end("SIGKILL")).toBe(null);

  const moved = place.start([...objects, "-p", b, "--data", "data"]);
  expect(await moved.line(/^READY/)).toMatch(`127.0.0.1:${b} id=${status[0].id} view=2`);
  expect(await moved.end("SIGTERM")).toBe(0);
  const kept = place.start([...objects, "--data", "data"]);
  expect(await kept.line(/^READY/)).toContain(`127.0.0.1:${b} `);
});

test("dev: three replicas, kept over a restart, anew with --reset", async () => {
  const port = await freePort();
  const boot = ["-b", `127.0.0.1:${port}`];
  const dev = ["dev", "-p", String(port)];
  const first = place.start(dev);
  await first.line(/^ {2}3 replicas serve Counter; 1 of them may fail/);
  expect(await first.line(/Next/)).toContain(`npx concoord call -b 127.0.0.1:${port} increment`);
  expect(await place.run(["call", ...boot, "increment"])).toEqual({ exit: 0, stdout: "", stderr: "" });
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
  expect(await page.text()).toContain('<form id="form">');
  expect((await place.run([...dev, "--reset"])).stderr).toContain("in use");
  expect(await first.end("SIGKILL")).toBe(null);

  const second = place.start(dev);
  await second.line(/Anew/);
  expect(await place.run(["call", ...boot, "getvalue"])).toMatchObject({ exit: 0, stdout: "1\n" });
  expect(await place.run(["call", ...boot, "--local", "getvalue"])).toMatchObject({ exit: 0, stdout: "1\n" });
  const refused = await place.run(["call", ...boot, "--local", "increment"]);
  expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining("does not declare increment") });
  expect(await second.end("SIGINT")).toBe(130);

  const overlap = await place.run(["dev", "-p", String(port + 2)]);
  const told = `of a cluster that has ports ${port}, ${port + 1} too`;
  expect(overlap).toMatchObject({ exit: 1, stdout: "", stderr: expect.stringContaining(told) });

  // Another cluster's data under the same folder is none of its business.
  mkdirSync(join(place.dir, `.concoord/dev/${port + 50}`));
  const third = place.start([...dev, "--reset"]);
  await third.line(/Anew/);
  expect(await place.run(["call", ...boot, "getvalue"])).toMatchObject({ exit: 0, stdout: "0\n" });
  expect(existsSync(join(place.dir, `.concoord/dev/${port + 50}`))).toBe(true);
  const members = JSON.parse((await place.run(["status", ...boot, "--json"])).stdout)[0].view.members;
  expect(members.map((m: { addr: string }) => m.addr)).toEqual(
    [port, port + 1, port + 2].map((p) => `127.0.0.1:${p}`),
  );
  expect(await third.end("SIGTERM")).toBe(0);
});

test("dev --reset removes only what concoord dev made", async () => {
  place.write("precious.txt", "mine\n");
  const { exit, stderr } = await place.run(["dev", "--data", ".", "--reset", "-p", String(await freePort())]);
  expect(stderr).toContain("was not made by concoord dev");
  expect(exit).toBe(1);
});

test("a call by HTTP with a key is executed once, through whichever node", async () => {
  const port = await freePort();
  const dev = place.start(["dev", "-p", String(port)]);
  await dev.line(/Anew/);
  const post = async (p: number, body: unknown) => {
    const headers = { "content-type": "application/json" };
    const url = `http://127.0.0.1:${p}/call`;
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };
  const increment = { object: "Counter", method: "increment", key: "order 17" };
  const answers = await Promise.all([port, port, port + 1, port + 2].map((p) => post(p, increment)));
  expect(answers).toEqual(Array(4).fill({ status: 200, body: { value: null } }));
  expect(await post(port + 1, increment)).toEqual({ status: 200, body: { value: null } });
  const reused = await post(port, { ...increment, args: [2] });
  expect(reused).toMatchObject({
    status: 422,
    body: { error: { message: "this key was used for another call" } },
  });
  const read = { object: "Counter/main", method: "getvalue" };
  expect(await post(port + 2, read)).toEqual({ status: 200, body: { value: 1 } });
  expect(await dev.end("SIGTERM")).toBe(0);
});
