/** Deadlines, ends of sessions, and what objects and their D-classes hear of them. */
import { describe, expect, test } from "vitest";
import type { SessionId } from "../../src/shared/object/index.ts";
import { seq } from "../../src/shared/object/types.ts";
import { Gate, Hooked, House, Plot } from "./gates.ts";
import { calls, cancel, Log, open, registryOf, shown, told } from "./machine.ts";

function begin(ttl = 1_000_000) {
  const log = new Log(registryOf(Gate, Hooked, House, Plot));
  const [a, b] = [log.open(1, ttl), log.open(2)];
  const call = (session: SessionId, object: string, method: string, ...args: unknown[]) =>
    shown(log.call(session, object, method, ...args));
  const pass = (millis: number) => {
    log.at += millis;
    return told(log.apply().answers);
  };
  const peek = <T>(object: string) => log.machine.peek(object) as T;
  return { log, a, b, call, pass, peek };
}

describe("a deadline", () => {
  test("answers a call that nobody resumed, when it is over and not before", () => {
    const { log, a, b, call, pass } = begin();
    call(a, "Gate", "wait", 500, "late");
    expect(log.machine.nextDue()).toBe(log.at + 500);
    expect(pass(499)).toEqual([]);
    expect(pass(1)).toEqual([[a, 1, { value: "late" }]]);
    expect(call(b, "Gate", "open")).toEqual({ value: false });
    expect(pass(100)).toEqual([]);
  });

  test("may throw, and may answer undefined", () => {
    const { a, call, pass } = begin();
    call(a, "Gate", "waitOrFail", 5);
    call(a, "Gate", "wait", 5, undefined);
    expect(pass(5)).toEqual([
      [a, 1, { error: { name: "RangeError", message: "too late", code: null, data: {} } }],
      [a, 2, { value: undefined }],
    ]);
  });

  test.each([
    ["0", 0],
    ["a part of a millisecond", 0.25],
    ["the least number", Number.MIN_VALUE],
  ])("after %s: the next millisecond", (_name, after) => {
    const { log, a, call, pass } = begin();
    call(a, "Gate", "wait", after, "soon");
    expect(log.machine.nextDue()).toBeGreaterThan(log.at);
    expect(pass(1)).toEqual([[a, 1, { value: "soon" }]]);
  });

  test.each([2 ** 31, 1e15, Number.MAX_VALUE])("after %s: waits", (after) => {
    const { a, b, call, pass } = begin();
    call(a, "Gate", "wait", after, "never");
    expect(pass(9_000)).toEqual([]);
    expect(call(b, "Gate", "open", 1)).toEqual({ value: true });
  });

  test("is forgotten once the call is resumed or cancelled", () => {
    const { log, a, b, call, pass } = begin();
    call(a, "Gate", "wait", 500, "late");
    call(a, "Gate", "wait", 500, "late");
    call(b, "Gate", "open", "in time");
    log.apply(cancel(a, 2));
    expect(log.machine.nextDue()).toBeGreaterThan(log.at + 500);
    expect(pass(500)).toEqual([]);
  });

  test("they come by (deadline, session, seq), then sessions end, then commands run", () => {
    const { log, a, b, call, pass } = begin(2_000);
    call(b, "Gate", "wait", 500, 1);
    call(a, "Gate", "wait", 500, 2);
    call(a, "Gate", "wait", 500, 3);
    call(b, "Gate", "wait", 400, 4);
    call(a, "Gate", "wait", 2_001, 5);
    expect(pass(500)).toEqual([
      [b, 2, { value: 4 }],
      [a, 1, { value: 2 }],
      [a, 2, { value: 3 }],
      [b, 1, { value: 1 }],
    ]);
    log.at += 1_501;
    const { answers, ended } = log.apply(calls(b, 3, [{ object: "Gate/main", method: "open", args: [6] }]));
    expect(told(answers)).toEqual([
      [a, 3, { value: 5 }],
      [b, 3, { value: false }],
    ]);
    expect(ended).toEqual([a]);
  });

  test("the hook hears of it first, and its answer counts", () => {
    const { log, a, b, call, pass, peek } = begin();
    call(a, "Hooked", "wait", 100, "agreed");
    call(a, "Hooked", "wait", 100, "agreed");
    call(b, "Hooked", "keep");
    const { callIndex } = log.machine;
    expect(pass(100)).toEqual([
      [a, 1, { value: "from the hook" }],
      [a, 2, { value: "agreed" }],
    ]);
    expect(peek<Hooked>("Hooked").heard).toEqual([
      ["deadline", a, 1, a, 1, log.wall, true],
      ["deadline", a, 2, a, 2, log.wall, true],
    ]);
    expect(log.machine.callIndex).toBe(callIndex);
  });

  test("a hook that throws changes nothing else", () => {
    const { a, call, pass, peek } = begin();
    for (let i = 0; i < 10; i++) call(a, "Hooked", "wait", 100, i);
    expect(pass(100)).toHaveLength(10);
    expect(peek<Hooked>("Hooked").heard).toHaveLength(10);
  });
});

describe("the end of a session", () => {
  test.each(["closed", "expired"])("%s: its calls are dead wherever their tickets stand", (how) => {
    const { log, a, b, call } = begin(2_000);
    call(a, "Gate", "wait");
    call(a, "Gate", "wait", 60_000, "late");
    call(b, "Gate", "wait");
    if (how === "expired") log.at += 2_001;
    const { ended } = how === "closed" ? log.apply({ type: "close", session: a }) : log.apply();
    expect(ended).toEqual([a]);
    expect(log.machine.blockedCount).toBe(1);
    expect(log.machine.nextDue()).toBeLessThan(60_000);
    const c = log.open(3);
    expect(shown(log.call(c, "Gate", "open", "b"))).toEqual({ value: true });
    expect(shown(log.machine.outcomeOf(b, seq(1)))).toEqual({ value: "b" });
  });

  test("objects that the session called hear of it, the others do not", () => {
    const { log, a, b, call, peek } = begin();
    call(a, "Hooked/one", "keep");
    call(b, "Hooked/two", "keep");
    call(b, "Hooked/one", "wait");
    call(a, "Hooked/one", "wait");
    const { answers } = log.apply({ type: "close", session: a });
    expect(told(answers)).toEqual([[b, 2, { value: "left" }]]);
    expect(peek<Hooked>("Hooked/one").heard).toEqual([["end", a, a, 0]]);
    expect(peek<Hooked>("Hooked/two").heard).toEqual([]);
  });

  test("of two that end at once neither is given what the other leaves", () => {
    const { log, a, call } = begin(3_000);
    log.apply(open(3, 3_000));
    const c = log.machine.sessionByHash("3".padStart(64, "0")) as SessionId;
    call(c, "Hooked", "wait");
    call(a, "Hooked", "keep");
    const b = log.open(4, 100_000);
    call(b, "Hooked", "wait");
    log.at += 3_001;
    const applied = log.apply();
    expect(applied.ended).toContain(a);
    expect(applied.ended).toContain(c);
    expect(told(applied.answers)).toEqual([[b, 1, { value: "left" }]]);
  });
});

test("a hook that is asynchronous is refused at load", () => {
  class Late {
    async onDeadline(): Promise<void> {
      await null;
    }
  }
  expect(() => registryOf(Late)).toThrow("Late.onDeadline must be synchronous");
});

describe("a D-class", () => {
  test("that is an own field hears, once, of ends, deadlines and cancels", () => {
    const { log, a, b, call, pass, peek } = begin();
    call(a, "House", "wait", 50);
    call(a, "House", "wait");
    expect(pass(50)).toEqual([[a, 1, { value: "late" }]]);
    log.apply(cancel(a, 2));
    call(b, "House", "build");
    log.apply({ type: "close", session: a });
    const house = peek<House>("House");
    expect(house.door.heard).toEqual([
      ["deadline", 1],
      ["cancel", 2],
      ["end", a],
    ]);
    expect(house.door.waiting.length).toBe(0);
    expect(house.later?.heard).toEqual([["end", a]]);
    expect(house.rooms[0]?.heard).toEqual([]);
  });

  test("that is made later makes its object hear of sessions that call it from then on", () => {
    const { log, a, b, call, peek } = begin();
    call(a, "Plot", "look");
    call(b, "Plot", "build");
    log.apply({ type: "close", session: a });
    expect(peek<Plot>("Plot").house?.heard).toEqual([]);
    log.apply({ type: "close", session: b });
    expect(peek<Plot>("Plot").house?.heard).toEqual([["end", b]]);
  });

  test("a hook cannot block", () => {
    const { log, a, call } = begin();
    for (let i = 0; i < 100; i++) call(a, "House", "open");
    expect(call(a, "House", "wait", 10)).toBe("blocked");
    log.at += 10;
    expect(told(log.apply().answers)).toEqual([[a, 101, { value: "late" }]]);
    expect(log.machine.blockedCount).toBe(0);
  });
});
