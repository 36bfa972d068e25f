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
