/** The verbs that look: objects, sessions and the shell. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSession, type Session } from "../../src/node/index.ts";
import type { SessionList } from "../../src/shared/server/session-list.ts";
import { freePort, Workplace } from "./concoord.ts";

const place = new Workplace();
let boot: readonly string[] = [];
let addr = "";

beforeAll(async () => {
  place.write(
    "things.ts",
    `export class Counter { value = 0; increment() { return ++this.value; } }
     export class Odd { add(...args: unknown[]) { return args; } nothing() {} fail() { throw new RangeError("too far"); } }`,
  );
  const port = String(await freePort());
  addr = `127.0.0.1:${port}`;
  boot = ["-b", addr];
  const objects = ["-o", "./things.ts", "concoord.object.lock.Lock"];
  await place.start(["replica", ...objects, "--memory", "-p", port]).line(/^READY/);
}, 30_000);
afterAll(() => place.close());

async function listed(): Promise<SessionList> {
  return (await (await fetch(`http://${addr}/sessions.json`)).json()) as SessionList;
}

test("repl runs a script over one session, whatever fails in it", async () => {
  const script = ["Odd.add", "increment", "Counter/x.increment", "Odd.fail", "", "increment", "Odd.nothing"];
  const more = [
    'Odd.add "ann b" 20 {"a": [1, 2]} it\'s',
    "Nope.m",
    "Odd.add [1",
    ".objects",
    ".exit",
    "increment",
  ];
  const { exit, stdout, stderr } = await place.run(
    ["repl", ...boot, "-o", "Counter/s"],
    [...script, ...more].join("\n"),
  );
  const results = [
    "[]",
    "1",
    "1",
    "2",
    '["ann b",20,{"a":[1,2]},"it\'s"]',
    "Counter/s",
    "Counter/x",
    "Odd/main",
  ];
  expect(stdout).toBe(`${results.join("\n")}\n`);
  expect(stderr.trimEnd().split("\n")).toEqual([
    "concoord: RangeError: too far",
    expect.stringMatching(/^concoord: UNKNOWN_CLASS: /),
    "concoord: this is not closed: [1",
  ]);
  expect(exit).toBe(0);
});

test("repl of several classes asks for names; it ends with its input", async () => {
  const { exit, stdout, stderr } = await place.run(
    ["repl", ...boot],
    "fail\n.help\n.status\nCounter/t.increment",
  );
  expect(stderr).toBe("concoord: several classes are served: write Class.fail or Class/name.fail\n");
  expect(stdout).toContain("METHOD [ARG...]");
  expect(stdout).toContain(`leader ${addr}`);
  expect(stdout).toMatch(/\n1\n$/);
  expect(exit).toBe(0);
});

test("objects lists them, for people and as JSON", async () => {
  await place.run(["call", ...boot, "-o", "Counter/item10", "increment"]);
  await place.run(["call", ...boot, "-o", "Counter/item9", "increment"]);
  const { exit, stdout } = await place.run(["objects", ...boot]);
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^Counter\/item9\nCounter\/item10\n/m);
  const json = JSON.parse((await place.run(["objects", ...boot, "--json"])).stdout);
  expect(json).toContainEqual({ class: "Counter", name: "item9" });
});

test("a session that is ended gives back what it held, and its client goes on with a new one", async () => {
  const open = (): Session => openSession(addr, { timeout: 20_000 });
  const blocked = async () => (await listed()).list.map((s) => s.blocked);
  await using holder = open();
  const first = await holder.call("Lock", "acquire");
  await using waiter = open();
  const second = waiter.call("Lock", "acquire");
  await expect.poll(blocked, { timeout: 15_000 }).toEqual([0, 1]);
  const [held] = (await listed()).list;
  expect(held).toMatchObject({ user: null, ttl: 10_000 });
  const json = JSON.parse((await place.run(["sessions", ...boot, "--json"])).stdout);
  expect(json).toMatchObject({ count: 2, list: [{ id: held?.id }, { blocked: 1 }] });
  const table = (await place.run(["sessions", ...boot])).stdout;
  expect(table).toMatch(
    /^SESSION +USER +TTL +HEARD +BLOCKED\n\d+\.0 +- +10 s +[\d.]+ s ago\n\d+\.0 .* ago +1\n$/,
  );

  const end = ["sessions", ...boot, "--end", held?.id ?? ""];
  expect(await place.run(end)).toEqual({ exit: 0, stdout: `ENDED ${held?.id}\n`, stderr: "" });
  expect(await second).toBeGreaterThan(first as number);
  const third = holder.call("Lock", "acquire");
  await expect.poll(blocked, { timeout: 15_000 }).toEqual([0, 1]);
  const waits = (await listed()).list.find((s) => s.blocked === 1)?.id ?? "";
  const [ended] = await Promise.allSettled([third, place.run(["sessions", ...boot, "--end", waits])]);
  expect(ended).toMatchObject({ status: "rejected", reason: { code: "SESSION_EXPIRED" } });
  expect((await listed()).list.map((s) => s.id)).not.toContain(held?.id);
  expect(await holder.call("Lock", "locked")).toBe(true);
  await expect(holder.call("Lock", "release")).rejects.toMatchObject({ code: "NOT_OWNER" });
  expect(await place.run(end)).toEqual({
    exit: 1,
    stdout: "",
    stderr: `concoord: no session ${held?.id} is open\n`,
  });
}, 30_000);
