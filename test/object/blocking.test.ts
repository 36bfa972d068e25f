/** Calls that block: what their methods must do, how they are answered, and that each is answered once. */
import { describe, expect, test } from "vitest";
import { callsInFlightMax } from "../../src/shared/limits.ts";
import { block, resume, type SessionId, Tickets } from "../../src/shared/object/index.ts";
import { type Command, seq } from "../../src/shared/object/types.ts";
import { Gate } from "./gates.ts";
import { calls, cancel, Log, registryOf, shown, told } from "./machine.ts";

const gate = "Gate/main";

function begin() {
  const log = new Log(registryOf(Gate));
  const [a, b] = [log.open(1), log.open(2)];
  const call = (session: SessionId, method: string, ...args: unknown[]) =>
    shown(log.call(session, gate, method, ...args));
  const outcome = (session: SessionId, of: number) => shown(log.machine.outcomeOf(session, seq(of)));
  return { log, a, b, call, outcome, object: () => log.machine.peek(gate) as Gate };
}

function one(session: SessionId, first: number, method: string, ...args: unknown[]): Command {
  return calls(session, first, [{ object: gate, method, args }], first - 1);
}

describe("a call that blocks", () => {
  test("is answered by the one that resumes it, before that one", () => {
    const { log, a, b, call, outcome } = begin();
    expect(call(a, "wait")).toBe("blocked");
    expect(log.machine.blockedCount).toBe(1);
    expect(told(log.apply(one(b, 1, "open", { n: 1 })).answers)).toEqual([
      [a, 1, { value: { n: 1 } }],
      [b, 1, { value: true }],
    ]);
    expect(outcome(a, 1)).toEqual({ value: { n: 1 } });
    expect(log.machine.blockedCount).toBe(0);
    expect(call(b, "open")).toEqual({ value: false });
  });

  test("waits in line: the first comes first, in one slot and over many", () => {
    const { log, a, b, call } = begin();
    const both = [a, b].map((session) => one(session, 1, "wait"));
    log.apply(...both);
    call(a, "wait");
    const answers = [1, 2, 3, 4].map((n) => log.apply(one(b, 1 + n, "open", n)).answers);
    expect(told(answers.flat())).toEqual([
      [a, 1, { value: 1 }],
      [b, 2, { value: true }],
      [b, 1, { value: 2 }],
      [b, 3, { value: true }],
      [a, 2, { value: 3 }],
      [b, 4, { value: true }],
      [b, 5, { value: false }],
    ]);
  });

  test("is told that it blocked before its answer, each time: it acknowledges that on its own", () => {
    const { log, a, b, call } = begin();
    log.apply(one(a, 1, "wait"), one(b, 1, "open", 5));
    const { answers } = log.apply(one(a, 1, "wait"));
    expect(answers.map(({ outcome }) => shown(outcome))).toEqual(["blocked", { value: 5 }]);
    call(b, "keep");
    expect(log.machine.session(a)?.news(1).map(shown)).toEqual(["blocked", { value: 5 }]);
  });

  test("throws what it is resumed with when that is an Error", () => {
    const { a, b, call, outcome } = begin();
    call(a, "wait");
    call(b, "openBadly");
    expect(outcome(a, 1)).toEqual({
      error: { name: "TypeError", message: "bad", code: "E_BAD", data: { n: 1 } },
    });
  });

  test.each([
    ["openWithFunction", "NOT_SENDABLE yes"],
    ["openWithMuch", "TOO_BIG yes"],
  ])("%s: gets %s, and who resumed it goes on", (method, expected) => {
    const { a, b, call, outcome } = begin();
    call(a, "wait");
    expect(call(b, method)).toEqual({ value: true });
    expect(outcome(a, 1)).toBe(expected);
  });

  test("may be resumed by its own method", () => {
    const { log, a, b, call } = begin();
    expect(call(a, "opensItself")).toEqual({ value: "myself" });
    expect(log.machine.blockedCount).toBe(0);
    expect(call(b, "open")).toEqual({ value: false });
  });

  test("counts in the call index and in the seq, and later calls of its session run", () => {
    const { log, a, call } = begin();
    const before = log.machine.callIndex;
    call(a, "wait");
    expect(call(a, "open", "me")).toEqual({ value: true });
    expect(log.machine.callIndex).toBe(before + 2);
  });

  test("changes the digest when it is resumed, where it is resumed", () => {
    const { log, a, b, call } = begin();
    call(a, "wait");
    const slot = log.machine.executed;
    const { digest } = log.machine;
    call(b, "open", 1);
    expect(log.machine.trail.digestAt(slot)).toBe(digest);
    const told = log.machine.trail.between(slot, log.machine.executed);
    expect(told.digests).toHaveLength(3);
    const other = { from: slot, digests: [digest, 1, 2] };
    expect(log.machine.trail.difference(other, log.machine.executed)).toEqual({
      slot: log.machine.executed,
      session: a,
      seq: 1,
    });
  });
});

describe("a ticket", () => {
  test("is good for one answer", () => {
    const { a, b, call, outcome } = begin();
    call(a, "wait");
    call(b, "keep");
    expect(call(b, "openKept", "first")).toEqual({ value: true });
    expect(call(b, "openKept", "second")).toEqual({ value: false });
    expect(call(b, "open", "third")).toEqual({ value: false });
    expect(outcome(a, 1)).toEqual({ value: "first" });
  });

  test("is good in its own object alone", () => {
    const { log, a, b, call, outcome } = begin();
    call(a, "wait");
    expect(shown(log.call(b, "Gate/other", "openThat", a, 1))).toEqual({ value: false });
    expect(outcome(a, 1)).toBe("blocked");
    expect(call(b, "openThat", a, 1)).toEqual({ value: true });
    for (const [session, n] of [
      [a, 1],
      [a, 2],
      ["9.9", 1],
      [null, "x"],
    ])
      expect(call(b, "openThat", session, n)).toEqual({ value: false });
  });
});

describe("a method that blocks", () => {
  test.each([
    ["keepsItToItself", "BLOCK_NOT_RETURNED yes"],
    ["wraps", "BLOCK_NOT_RETURNED yes"],
    ["blocksAndThrows", { error: { name: "RangeError", message: "thrown", code: null, data: {} } }],
  ])("%s: its ticket is dead", (method, expected) => {
    const { log, a, b, call } = begin();
    expect(call(a, method)).toEqual(expected);
    expect(log.machine.blockedCount).toBe(0);
    expect(call(b, "open")).toEqual({ value: false });
    expect(call(a, "wait")).toBe("blocked");
    expect(call(b, "open", 1)).toEqual({ value: true });
  });

  test("twice: an error, and the ticket is dead unless the method goes on", () => {
    const { log, a, b, call, outcome } = begin();
    expect(call(a, "blocksTwice")).toMatchObject({ error: { message: expect.stringContaining("once") } });
    expect(log.machine.blockedCount).toBe(0);
    expect(call(a, "blocksOnce")).toBe("blocked");
    expect(call(b, "open", "ok")).toEqual({ value: true });
    expect(outcome(a, 2)).toEqual({ value: "ok" });
  });

  test("in a getter of its result: too late", () => {
    const { log, a, call } = begin();
    expect(call(a, "getterBlocks")).toBe("NOT_SENDABLE yes");
    expect(log.machine.blockedCount).toBe(0);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, "5"])("with a deadline of %s: RangeError", (after) => {
    const { log, a, call, object } = begin();
    expect(call(a, "wait", after)).toMatchObject({ error: { name: "RangeError" } });
    expect(log.machine.blockedCount).toBe(0);
    expect(object().waiting).toEqual([]);
  });

  test.each(["block", "fresh", "catch", "resume", "ticket"])(
    "in a declared read (%s): READ_MUTATED",
    (how) => {
      const { log, a, call } = begin();
      call(a, "wait");
      const call1 = { object: gate, method: "peek", args: [how] };
      const [outcome] = log.machine.read([call1], a, 1);
      expect(shown(outcome)).toBe("READ_MUTATED no");
      expect(log.machine.blockedCount).toBe(1);
      const [count] = log.machine.read([{ object: gate, method: "peek", args: [""] }], a, 1);
      expect(shown(count)).toEqual({ value: 1 });
    },
  );

  test("outside of objects: an error", () => {
    expect(() => block([])).toThrow("only inside a method");
    expect(() => resume([])).toThrow("only inside a method");
    expect(() => resume(new Tickets<string>(), "x")).toThrow("only inside a method");
  });
});

describe("a constructor", () => {
  test("cannot block; __concoordinit__ ends the calls that wait in the old object", () => {
    class Inner extends Gate {
      constructor(blocks = false) {
        super();
        if (blocks) block(this.waiting);
      }
    }
    const log = new Log(registryOf(Inner));
    const [a, b] = [log.open(1), log.open(2)];
    log.call(a, "Inner", "wait");
    log.call(b, "Inner", "wait", 100, "late");
    log.call(b, "Inner/other", "wait");
    expect(shown(log.call(a, "Inner", "__concoordinit__", true))).toMatchObject({ error: { name: "Error" } });
    expect(log.machine.blockedCount).toBe(3);
    const call = { object: "Inner/main", method: "__concoordinit__", args: [] };
    const { answers } = log.apply(calls(a, 3, [call]));
    expect(told(answers)).toEqual([
      [a, 1, "NOT_EXECUTED no"],
      [b, 1, "NOT_EXECUTED no"],
      [a, 3, { value: undefined }],
    ]);
    expect(log.machine.blockedCount).toBe(1);
    expect(shown(log.call(b, "Inner/other", "open", 1))).toEqual({ value: true });
    log.at += 1_000;
    expect(log.apply().answers).toEqual([]);
  });
});

describe("a cancel", () => {
  test("of a blocked call ends it once; its place in the line goes to the next", () => {
    const { log, a, b, call } = begin();
    call(a, "wait");
    call(b, "wait");
    expect(log.machine.session(a)?.cancelDone(seq(1))).toBe(false);
    expect(told(log.apply(cancel(a, 1)).answers)).toEqual([[a, 1, "NOT_EXECUTED no"]]);
    expect(log.machine.session(a)?.cancelDone(seq(1))).toBe(true);
    expect(told(log.apply(cancel(a, 1)).answers)).toEqual([[a, 1, "NOT_EXECUTED no"]]);
    expect(told(log.apply(one(a, 2, "open", "b")).answers)).toEqual([
      [b, 1, { value: "b" }],
      [a, 2, { value: true }],
    ]);
  });

  test("of a call that was resumed: it keeps its answer", () => {
    const { log, a, b, call } = begin();
    call(a, "wait");
    call(b, "open", "won");
    expect(told(log.apply(cancel(a, 1)).answers)).toEqual([[a, 1, { value: "won" }]]);
  });
});

describe("the table of a session", () => {
  test("keeps a blocked call below the floor, and its answer until that is acknowledged", () => {
    const { log, a, b, call, outcome } = begin();
    call(a, "wait");
    call(a, "open", 7);
    call(a, "wait");
    log.apply(calls(a, 4, [{ object: gate, method: "keep", args: [] }], 3));
    expect([1, 2, 3, 4].map((s) => outcome(a, s))).toEqual([{ value: 7 }, null, "blocked", { value: true }]);
    // Nobody may acknowledge what is not answered.
    log.apply(calls(a, 5, [{ object: gate, method: "keep", args: [] }], 4, [3]));
    expect(outcome(a, 3)).toBe("blocked");
    call(b, "open", 8);
    expect(outcome(a, 3)).toEqual({ value: 8 });
    log.apply(calls(a, 6, [{ object: gate, method: "keep", args: [] }], 5, [1, 3]));
    expect([1, 3].map((s) => outcome(a, s))).toEqual([null, null]);
  });

  test("the floor that passed a blocked call does not acknowledge the answer that its client has not heard", () => {
    const { log, a, b, call, outcome } = begin();
    call(a, "wait");
    call(b, "open", "news");
    // Made when the client knew that its first call had blocked, and nothing more.
    log.apply(calls(a, 2, [{ object: gate, method: "keep", args: [] }], 1));
    expect(outcome(a, 1)).toEqual({ value: "news" });
    log.apply(calls(a, 3, [{ object: gate, method: "keep", args: [] }], 2, [1]));
    expect(outcome(a, 1)).toBeNull();
  });

  test("a duplicate of a call that is blocked is told so, and not executed again", () => {
    const { log, a, object } = begin();
    log.apply(one(a, 1, "wait"));
    expect(told(log.apply(one(a, 1, "wait")).answers)).toEqual([[a, 1, "blocked"]]);
    expect(object().waiting).toHaveLength(1);
  });

  test("blocked calls count as calls in flight", () => {
    const { log, a, b, call } = begin();
    const many = (n: number) => Array.from({ length: n }, () => ({ object: gate, method: "wait", args: [] }));
    for (let s = 1; s <= 1_000; s += 500) log.apply(calls(a, s, many(500), s - 1));
    log.apply(calls(a, 1_001, many(callsInFlightMax - 1_000), 1_000));
    expect(log.machine.blockedCount).toBe(callsInFlightMax);
    const after = callsInFlightMax + 1;
    expect(told(log.apply(one(a, after, "keep")).answers)).toEqual([[a, after, "BUSY no"]]);
    call(b, "open", 1);
    expect(told(log.apply(one(a, after, "keep")).answers)).toEqual([[a, after, { value: true }]]);
  });
});
