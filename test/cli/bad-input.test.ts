/**
 * What callers and classes do wrong, end to end: three replicas as real processes, callers through the published API
 * and by a client that checks nothing itself. Each time there is one clear error, the object is as it was, the session
 * goes on, and the cluster is unharmed.
 */
import { ConcoordError, openSession, type Session } from "concoord";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { argumentsBytesMax, argumentsMax, frameBytesMax } from "../../src/shared/limits.ts";
import type { Outcome } from "../../src/shared/object/types.ts";
import { decodeValue } from "../../src/shared/wire/values.ts";
import { Cluster } from "../process/cluster.ts";
import { until } from "../process/processes.ts";
import { fromHex } from "../wire/samples.ts";
import { agree, blocked, unharmed } from "./health.ts";
import { listOf, payloadOf, RawClient } from "./raw-client.ts";

const object = "Touchy/main";
const waitMillis = 20_000;
const huge = 50_000_000;
const none = listOf([]);

let cluster: Cluster;
let session: Session;
let watcher: Session;
let raw: RawClient;
let before: unknown;

beforeAll(async () => {
  cluster = await Cluster.start(3, ["./test/fixtures/objects/touchy.ts"]);
  session = openSession(cluster.bootstrap, { timeout: waitMillis });
  watcher = openSession(cluster.bootstrap, { timeout: waitMillis });
  // One that does not lead: what is wrong travels further.
  const leader = await cluster.leader();
  raw = await RawClient.open(cluster.replicas[leader === 0 ? 1 : 0]?.addr ?? "");
  await watcher.call(object, "touch");
  before = await state();
});
afterAll(async () => {
  raw.close();
  await Promise.all([session, watcher].map((open) => open[Symbol.asyncDispose]()));
  await cluster.stop();
});

afterEach(async () => {
  await unchanged();
  await goesOn();
  await unharmed(cluster);
});

function state(): Promise<unknown> {
  return watcher.call(object, "state");
}

async function unchanged(): Promise<void> {
  expect(await state()).toEqual(before);
}

/** The next call of each session works, by another object so that this one stays as it is. */
async function goesOn(): Promise<void> {
  expect(await session.call("Touchy/other", "touch")).toEqual(expect.any(Number));
  const outcome = await raw.call(payloadOf("Touchy/other", "touch", none));
  expect(outcome.type).toBe("returned");
}

type Expected = readonly [code: string, executed: "yes" | "no", message: RegExp];

/** The one error of a call through the published API. */
async function refused(call: Promise<unknown>, [code, executed, message]: Expected): Promise<void> {
  const error: unknown = await call.then(
    (value) => new Error(`it returned ${String(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConcoordError);
  expect(error).toMatchObject({ code, executed, message: expect.stringMatching(message) });
}

/** The one answer to a call of the raw client: no other comes before the answer to the next call. */
async function refusedRaw(payload: Uint8Array, [code, executed, message]: Expected): Promise<void> {
  const outcome = await raw.call(payload);
  const wanted = { type: "refused", code, executed, message: expect.stringMatching(message) };
  expect(outcome).toMatchObject(wanted);
  await goesOn();
  expect(raw.answersTo(1)).toEqual([outcome]);
}

describe("a name that nobody may call", () => {
  const names = [
    ...["constructor", "__proto__", "prototype", "then", "_x", "__defineGetter__"],
    ...["toString", "valueOf", "hasOwnProperty", "isPrototypeOf"],
    ...["computed", "value", "waiting"],
    ...["onSessionEnd", "onDeadline", "toSnapshot"],
    ...["ofClass", "fromSnapshot", "reads", "name", "length"],
    ...["", "nothing", "Touch", "touch "],
  ];
  test.each(names)("%j", async (name) => {
    const message = new RegExp(`^Touchy has no method ${name}; callable: .*touch`);
    const expected: Expected = ["UNKNOWN_METHOD", "no", message];
    await refused(session.call(object, name), expected);
    await refusedRaw(payloadOf(object, name, none), expected);
    const read: Expected = ["STALE_CLASS", "no", /^Touchy\/main\..* is no declared read here$/];
    expect(shownRefusal(await raw.read(payloadOf(object, name, none)), read)).toBe(true);
  });

  test.each(["__proto__/x", "constructor", "Object", "touchy"])("as an object, %j", async (name) => {
    const expected: Expected = ["UNKNOWN_CLASS", "no", /^class .* is not served here; served: Touchy$/];
    await refused(session.call(name, "touch"), expected);
    await refusedRaw(payloadOf(name, "touch", none), expected);
  });

  test("all replicas agree", () => agree(cluster));
});

function shownRefusal(outcome: Outcome, [code, executed, message]: Expected): boolean {
  expect(outcome).toMatchObject({ type: "refused", code, executed, message: expect.stringMatching(message) });
  return true;
}

const cycle: unknown[] = [];
cycle.push({ cycle });
const many = new Array<number>(argumentsMax + 1).fill(0);

describe("arguments, through the published API", () => {
  const table: readonly (readonly [string, readonly unknown[], Expected])[] = [
    ["a function", [1, { f: () => 1 }], ["NOT_SENDABLE", "no", /^a function at args\[1\]\.f /]],
    ["a symbol", [[Symbol("s")]], ["NOT_SENDABLE", "no", /^a symbol at args\[0\]\[0\] /]],
    ["a promise", [Promise.resolve(1)], ["NOT_SENDABLE", "no", /^a promise at args\[0\] /]],
    ["a cycle", [cycle], ["NOT_SENDABLE", "no", /^a cycle at args\[0\]\[0\]\.cycle /]],
    [
      "a key __proto__",
      [JSON.parse('{"__proto__":1}')],
      ["NOT_SENDABLE", "no", /^a field named __proto__ at args\[0\]\.__proto__ /],
    ],
    ["too many", many, ["TOO_BIG", "no", /^1001 arguments of at most 1000$/]],
    ["50 MB of text", ["x".repeat(huge)], ["TOO_BIG", "no", /^the arguments take 5\d{7} bytes of 1048576$/]],
    ["50 MB of bytes", [new Uint8Array(huge)], ["TOO_BIG", "no", /^the arguments take 5\d{7} bytes/]],
    ["50 MB of elements", [new Array(huge).fill(0)], ["NOT_SENDABLE", "no", /more than 1000000 steps/]],
  ];
  test.each(table)("%s", async (_what, args, expected) => {
    await refused(session.call(object, "touch", args), expected);
    await refused(session.call(object, "state", args), expected);
  });

  test("as many as there may be", async () => {
    expect(await session.call(object, "count", many.slice(1))).toBe(argumentsMax);
  });
});

describe("arguments, unchecked", () => {
  const badBytes: Expected = ["BAD_FRAME", "no", /^the calls of this command cannot be decoded$/];
  const table: readonly (readonly [string, Uint8Array, Expected])[] = [
    ["too many", listOf(many), ["TOO_BIG", "no", /^1001 arguments of at most 1000$/]],
    ["all that fit into a command", listOf(new Array(999_000).fill(0)), ["TOO_BIG", "no", /^999000 /]],
    ["a shared value, as cycles have it", fromHex("81d81c81d81d00"), badBytes],
    ["a record, which the library makes with code", fromHex("81d9dfff831901f4816161"), badBytes],
    ["an object of a class", fromHex("81d81b8266526567457870612e"), badBytes],
    ["a simple value that means nothing", fromHex("81e0"), badBytes],
    ["a key __proto__", fromHex("81a1695f5f70726f746f5f5f01"), badBytes],
    ["no list", fromHex("a0"), badBytes],
    ["nothing", new Uint8Array(0), badBytes],
    ["a list within a list, too deep", fromHex(`${"81".repeat(70)}00`), badBytes],
    ["an endless list", fromHex("9fff"), badBytes],
    ["a length beyond the bytes", fromHex("815affffffff00"), badBytes],
  ];
  test.each(table)("%s", async (_what, args, expected) => {
    await refusedRaw(payloadOf(object, "touch", args), expected);
    const payload = payloadOf(object, "state", args);
    if (expected !== badBytes) {
      shownRefusal(await raw.read(payload), expected);
      return;
    }
    // A read has no log entry that could say so: who sends it is told and hung up on, and may come again.
    expect(await raw.sayLast(raw.readMessage(payload))).toMatchObject({ code: "BAD_FRAME" });
    await raw.again();
  });

  test("50 MB in one frame, and a command that no slot could hold", async () => {
    const big = payloadOf(object, "touch", listOf([new Uint8Array(huge)]));
    expect(await raw.sayLast({ type: "command", bytes: raw.command(big) })).toBeNull();
    await raw.again();
    const long = payloadOf(object, "touch", listOf([new Uint8Array(frameBytesMax / 2)]));
    const closed = await raw.sayLast({ type: "command", bytes: raw.command(long) });
    expect(closed).toEqual({ code: "BAD_FRAME", message: "a command is too long" });
    await raw.again();
  });

  test("50 MB by HTTP", async () => {
    const [first] = cluster.replicas;
    const body = JSON.stringify({ object, method: "touch", args: ["x".repeat(huge)] });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`http://${first?.addr}/call`, { method: "POST", headers, body });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({
      error: { code: "TOO_BIG", message: `the body is longer than ${argumentsBytesMax} bytes` },
    });
  });

  test("all replicas agree", () => agree(cluster));
});

describe("what a method must not do", () => {
  const promise: Expected = ["RETURNED_PROMISE", "yes", /returned a promise: methods must be synchronous$/];
  const block: Expected = ["BLOCK_NOT_RETURNED", "yes", /called block\(\) and must return what it gave$/];
  const table: readonly (readonly [string, readonly unknown[], Expected])[] = [
    ["promise", [], promise],
    ["rejects", [], promise],
    [
      "give",
      ["function"],
      ["NOT_SENDABLE", "yes", /^the result of Touchy\.give: a function at \.deep\[0\] /],
    ],
    ["give", ["symbol"], ["NOT_SENDABLE", "yes", /^the result of Touchy\.give: a symbol at \[0\] /]],
    ["give", ["cycle"], ["NOT_SENDABLE", "yes", /^the result of Touchy\.give: .*a cycle/]],
    ["give", ["big"], ["TOO_BIG", "yes", /^the result of Touchy\.give has 5\d{7} bytes of at most 1048576$/]],
    ["keepsTheBlock", [], block],
    ["blocksAndRejects", [], block],
  ];
  test.each(table)("%s %j", async (method, args, expected) => {
    await refused(session.call(object, method, args), expected);
    await refusedRaw(payloadOf(object, method, listOf(args)), expected);
  });

  test("leave failures behind: each replica says so, and goes on", async () => {
    expect(await session.call("Touchy/other", "leavesFailures")).toBe(1);
    for (const { process } of cluster.replicas)
      await until("what was left is said", waitMillis, () => {
        const said = process?.errors() ?? "";
        const all = ["left behind", "left too", "left at last"].every((what) => said.includes(what));
        return Promise.resolve(all || undefined);
      });
  });

  test("block twice", async () => {
    await expect(session.call(object, "blocksTwice")).rejects.toThrow("a method blocks its caller once");
    expect((await raw.call(payloadOf(object, "blocksTwice", none))).type).toBe("threw");
  });

  test("use a ticket twice: the first answer counts, and nobody is given the second", async () => {
    const waits = session.call(object, "wait");
    await until("a call that waits", waitMillis, async () =>
      (await blocked(cluster)) === 1 ? true : undefined,
    );
    expect(await watcher.call(object, "answer", [3])).toEqual([true, false, false]);
    expect(await waits).toBe("answer 1");
    expect((await raw.call(payloadOf(object, "wait", none))).type).toBe("blocked");
    expect(await watcher.call(object, "answer", [2])).toEqual([true, false]);
    await goesOn();
    // That it blocked may be told again, its answer may not.
    const finals = raw.answersTo(1).filter(({ type }) => type !== "blocked");
    expect(finals.map((o) => (o.type === "returned" ? decodeValue(o.value) : o.type))).toEqual(["answer 1"]);
    expect(await watcher.call(object, "answer", [1])).toEqual([]);
  });

  test("nobody waits, and all replicas agree", async () => {
    await until("no call that waits", waitMillis, async () =>
      (await blocked(cluster)) === 0 ? true : undefined,
    );
    await agree(cluster);
  });
});
