import { describe, expect, test } from "vitest";
import { callsInFlightMax, sessionsMax, sessionTtlMax, sessionTtlMin } from "../../src/shared/limits.ts";
import { type SessionId, seq, sessionId } from "../../src/shared/object/types.ts";
import { cancel, increments, Log, open, secret, shown } from "./machine.ts";

function value(log: Log): unknown {
  return Reflect.get(log.machine.peek("Counter/main") ?? {}, "value");
}

function seqs(answers: readonly { readonly seq: number }[]): number[] {
  return answers.map((a) => a.seq);
}

function nextOf(log: Log, session: SessionId): number {
  return log.machine.session(session)?.next ?? 0;
}

describe("opening", () => {
  test("the id is slot and index; a known secret gives the same session", () => {
    const log = new Log(undefined, false);
    log.apply();
    const { opened } = log.apply(open(1), open(2), open(1));
    expect(opened.map((o) => o.session)).toEqual(["2.0", "2.1", "2.0"]);
    expect(log.machine.sessionByHash(secret(2))).toBe("2.1");
    expect(log.machine.sessionCount).toBe(2);
  });

  test.each([
    [0, sessionTtlMin],
    [sessionTtlMin, sessionTtlMin],
    [10_000, 10_000],
    [sessionTtlMax, sessionTtlMax],
  ])("a ttl of %d becomes %d", (asked, given) => {
    const log = new Log();
    expect(log.machine.session(log.open(1, asked))?.ttl).toBe(given);
  });

  test("a full table refuses, and has room again after an end", () => {
    const log = new Log(undefined, false);
    const commands = Array.from({ length: 10_000 }, (_, i) => i);
    for (let from = 0; from < sessionsMax; from += 10_000) log.apply(...commands.map((i) => open(from + i)));
    expect(log.machine.sessionCount).toBe(sessionsMax);
    const { opened, refusedOpens } = log.apply(open(sessionsMax), open(5));
    expect(refusedOpens).toMatchObject([{ secretHash: secret(sessionsMax), code: "BUSY" }]);
    expect(opened).toHaveLength(1);
    log.apply({ type: "close", session: sessionId("1.0") });
    expect(log.apply(open(sessionsMax)).opened).toHaveLength(1);
  });
});

describe("which calls are executed", () => {
  // A session that has executed 1, 2 and 3, and a command [first, first + n) of increments.
  test.each([
    { first: 1, n: 1, answers: [1], next: 4, total: 3, expected: 0 },
    { first: 1, n: 3, answers: [1, 2, 3], next: 4, total: 3, expected: 0 },
    { first: 2, n: 4, answers: [2, 3, 4, 5], next: 6, total: 5, expected: 0 },
    { first: 4, n: 2, answers: [4, 5], next: 6, total: 5, expected: 0 },
    { first: 5, n: 2, answers: [], next: 4, total: 3, expected: 4 },
  ])("first $first, n $n", ({ first, n, answers, next, total, expected }) => {
    const log = new Log();
    const session = log.open();
    log.apply(increments(session, 1, 3));
    const applied = log.apply(increments(session, first, n));
    expect(seqs(applied.answers)).toEqual(answers);
    expect(applied.answers.every((a) => a.outcome.type === "returned")).toBe(true);
    expect(nextOf(log, session)).toBe(next);
    expect(value(log)).toBe(total);
    expect(applied.expected).toEqual(expected === 0 ? [] : [{ session, seq: expected }]);
  });

  test("a repeated command in the same slot is executed once", () => {
    const log = new Log();
    const session = log.open();
    const { answers } = log.apply(increments(session, 1, 2), increments(session, 1, 2));
    expect(seqs(answers)).toEqual([1, 2, 1, 2]);
    expect(value(log)).toBe(2);
  });

  test("acknowledged outcomes are forgotten, and are not answered again", () => {
    const log = new Log();
    const session = log.open();
    log.apply(increments(session, 1, 3));
    log.apply(increments(session, 4, 1, 2));
    expect([1, 2, 3, 4].map((s) => shown(log.machine.outcomeOf(session, seq(s))))).toEqual([
      null,
      null,
      { value: undefined },
      { value: undefined },
    ]);
    expect(seqs(log.apply(increments(session, 1, 4, 2)).answers)).toEqual([3, 4]);
    // More than was executed cannot be acknowledged.
    log.apply(increments(session, 5, 1, 1_000));
    expect(shown(log.machine.outcomeOf(session, seq(5)))).toEqual({ value: undefined });
  });

  test.each([
    { n: callsInFlightMax, busy: false },
    { n: callsInFlightMax + 1, busy: true },
  ])("$n outcomes in the table: refused $busy", ({ n, busy }) => {
    const log = new Log();
    const session = log.open();
    const before = n - 24;
    log.apply(increments(session, 1, 1_000), increments(session, 1_001, before - 1_000));
    const { answers } = log.apply(increments(session, before + 1, 24));
    const each = busy ? "BUSY no" : { value: undefined };
    expect(answers.map((a) => shown(a.outcome))).toEqual(Array(24).fill(each));
    expect(nextOf(log, session)).toBe(busy ? before + 1 : n + 1);
    log.apply(increments(session, before + 1, 24, 100));
    expect(value(log)).toBe(n);
  });

  test("a session that is not open is refused, call by call", () => {
    const log = new Log();
    const session = log.open();
    log.apply({ type: "close", session });
    const { answers } = log.apply(increments(session, 1, 2), cancel(session, 3));
    expect(answers.map((a) => [a.seq, shown(a.outcome)])).toEqual([
      [1, "SESSION_EXPIRED no"],
      [2, "SESSION_EXPIRED no"],
      [3, "SESSION_EXPIRED no"],
    ]);
    expect(log.machine.peek("Counter/main")).toBeUndefined();
  });
});

describe("cancel", () => {
  test("of what was executed repeats its outcome and changes nothing", () => {
    const log = new Log();
    const session = log.open();
    log.apply(increments(session, 1, 2));
    const { answers } = log.apply(cancel(session, 1));
    expect(answers.map((a) => [a.seq, shown(a.outcome)])).toEqual([[1, { value: undefined }]]);
    expect(nextOf(log, session)).toBe(3);
  });

  test("of the next seq skips it at once, and those cancelled after it", () => {
    const log = new Log();
    const session = log.open();
    expect(log.apply(cancel(session, 2, 3)).answers).toEqual([]);
    const { answers } = log.apply(cancel(session, 1));
    expect(answers.map((a) => [a.seq, shown(a.outcome)])).toEqual([
      [1, "NOT_EXECUTED no"],
      [2, "NOT_EXECUTED no"],
      [3, "NOT_EXECUTED no"],
    ]);
    const retried = log.apply(increments(session, 1, 4)).answers;
    expect(retried.map((a) => shown(a.outcome))).toEqual([
      "NOT_EXECUTED no",
      "NOT_EXECUTED no",
      "NOT_EXECUTED no",
      { value: undefined },
    ]);
    expect(value(log)).toBe(1);
  });

  test("ahead of the turn skips within a command and after it", () => {
    const log = new Log();
    const session = log.open();
    log.apply(cancel(session, 2, 4));
    const { answers } = log.apply(increments(session, 1, 3));
    expect(answers.map((a) => [a.seq, shown(a.outcome)])).toEqual([
      [1, { value: undefined }],
      [2, "NOT_EXECUTED no"],
      [3, { value: undefined }],
      [4, "NOT_EXECUTED no"],
    ]);
    expect(value(log)).toBe(2);
  });

  test.each([
    { at: callsInFlightMax, kept: true },
    { at: callsInFlightMax + 1, kept: false },
  ])("of seq $at is remembered: $kept", ({ at, kept }) => {
    const log = new Log();
    const session = log.open();
    log.apply(cancel(session, at));
    log.apply(increments(session, 1, 1_000), increments(session, 1_001, at - 1_001, 500));
    log.apply(increments(session, at, 1, at - 1));
    expect(shown(log.machine.outcomeOf(session, seq(at)))).toEqual(
      kept ? "NOT_EXECUTED no" : { value: undefined },
    );
  });

  test("cannot fill the table without end", () => {
    const log = new Log();
    const session = log.open();
    for (let round = 0; round < 10; round++) {
      const from = nextOf(log, session);
      log.apply(cancel(session, ...Array.from({ length: callsInFlightMax }, (_, i) => from + i)));
    }
    expect(nextOf(log, session)).toBe(2 * callsInFlightMax + 1);
  });
});
