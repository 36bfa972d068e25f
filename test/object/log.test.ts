import { describe, expect, test } from "vitest";
import type { SessionId } from "../../src/shared/object/types.ts";
import { joinBatch } from "../../src/shared/paxos/batch.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import { objectCodec } from "../../src/shared/wire/values.ts";
import { calls, cancel, created, increments, Log, open, secret, shown } from "./machine.ts";

function nextOf(log: Log, session: SessionId): number {
  return log.machine.session(session)?.next ?? 0;
}

describe("the end of a session", () => {
  // Heard at log time 1,000 with a ttl of 10,000.
  test.each([
    { at: 10_999, ended: false },
    { at: 11_000, ended: false },
    { at: 11_001, ended: true },
  ])("at log time $at: $ended", ({ at, ended }) => {
    const log = new Log();
    const session = log.open();
    expect(log.machine.nextDue()).toBe(11_001);
    log.at = at;
    expect(log.apply().ended).toEqual(ended ? [session] : []);
    expect(log.machine.session(session) === null).toBe(ended);
    expect(log.machine.sessionByHash(secret(1))).toBe(ended ? null : session);
    expect(log.machine.nextDue()).toBe(ended ? Number.POSITIVE_INFINITY : 11_001);
  });

  test.each([
    ["calls", (s: SessionId) => increments(s, 1, 1)],
    ["calls that come too early", (s: SessionId) => increments(s, 9, 1)],
    ["keep-alive", (s: SessionId) => ({ type: "keepAlive", sessions: [s] }) as const],
    ["cancel", (s: SessionId) => cancel(s, 5)],
    ["open with the same secret", () => open(1)],
  ])("is put off by %s", (_, command) => {
    const log = new Log();
    const session = log.open();
    log.at = 9_000;
    log.apply(command(session));
    expect(log.machine.nextDue()).toBe(19_001);
    log.at = 19_000;
    expect(log.apply().ended).toEqual([]);
    log.at = 19_001;
    expect(log.apply().ended).toEqual([session]);
  });

  test("comes before the commands of its slot", () => {
    const log = new Log(undefined, false);
    const session = log.open();
    log.at = 20_000;
    const applied = log.apply(increments(session, 1, 1), open(1));
    expect(applied.ended).toEqual([session]);
    expect(applied.answers.map((a) => shown(a.outcome))).toEqual(["SESSION_EXPIRED no"]);
    expect(applied.opened.map((o) => o.session)).toEqual(["2.1"]);
  });

  test("a new ballot's first proposal refreshes all before any ends", () => {
    const log = new Log();
    const session = log.open();
    log.at = 50_000;
    expect(log.raw(log.proposal([], { first: true })).ended).toEqual([]);
    log.at = 60_000;
    expect(log.apply().ended).toEqual([]);
    log.at = 60_001;
    expect(log.apply().ended).toEqual([session]);
  });

  test("many end in the order of their opening", () => {
    const log = new Log();
    const ttls = [5_000, 1_000, 4_000, 2_000, 3_000, 1_000];
    const ids = log.apply(...ttls.map((ttl, i) => open(i, ttl))).opened.map((o) => o.session);
    log.apply({ type: "close", session: ids[2] as SessionId });
    log.at = 3_500;
    expect(log.apply().ended).toEqual([ids[1], ids[3], ids[5]]);
    expect(log.machine.nextDue()).toBe(4_001);
    log.at = 100_000;
    expect(log.apply().ended).toEqual([ids[0], ids[4]]);
  });

  test("close ends it once", () => {
    const log = new Log();
    const session = log.open();
    const close = { type: "close", session } as const;
    expect(log.apply(close, close).ended).toEqual([session]);
  });

  test("agrees with a table that is scanned at each slot", () => {
    const log = new Log();
    const heard = new Map<SessionId, { at: number; ttl: number }>();
    let random = 12_345;
    const dice = (below: number): number => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      return (random >>> 8) % below;
    };
    for (let i = 0; i < 4_000; i++) {
      log.at += dice(400);
      const due = [...heard].filter(([, s]) => log.at - s.at > s.ttl).map(([id]) => id);
      for (const id of due) heard.delete(id);
      const live = [...heard.keys()];
      const pick = live[dice(Math.max(1, live.length))];
      const ttl = 1_000 + dice(5_000);
      const keep = { type: "keepAlive", sessions: live.filter(() => dice(4) === 0) } as const;
      const close = pick !== undefined && dice(10) === 0;
      const applied = close ? log.apply({ type: "close", session: pick }) : log.apply(open(i, ttl), keep);
      expect(applied.ended).toEqual(close ? [...due, pick] : due);
      if (close) heard.delete(pick);
      for (const o of applied.opened) heard.set(o.session, { at: log.at, ttl });
      if (!close)
        for (const id of keep.sessions) heard.set(id, { ...(heard.get(id) ?? { ttl }), at: log.at });
      const first = Math.min(...[...heard.values()].map((s) => s.at + s.ttl + 1));
      // Early when very many were heard at once, never late, and right when asked often enough.
      expect(log.machine.nextDue()).toBeLessThanOrEqual(first);
      for (let asked = 0; asked < heard.size; asked += 64) log.machine.nextDue();
      expect(log.machine.nextDue()).toBe(first);
    }
  });
});

describe("the log", () => {
  test("log time and wall time never go back; a no-op moves nothing", () => {
    const log = new Log(undefined, false);
    log.apply();
    log.at = 500;
    log.apply();
    expect(log.machine.logTime).toBe(1_000);
    log.raw({ stamp: null, change: null, body: new Uint8Array(0) });
    expect([log.machine.logTime, log.machine.executed]).toEqual([1_000, 3]);
  });

  test("a slot out of order stops the machine", () => {
    const log = new Log(undefined, false);
    expect(() => log.machine.apply(slot(2), log.proposal([]))).toThrow("P5");
    log.apply();
    expect(() => log.machine.apply(slot(1), log.proposal([]))).toThrow("P5");
  });

  test("founding says which classes are served, once", () => {
    const log = new Log(undefined, false);
    const counter = { name: "Counter", fingerprint: "aa", methods: ["increment"], reads: [] };
    log.apply({ type: "found", classes: [counter] });
    log.apply({ type: "found", classes: [] });
    expect(log.machine.classes).toEqual([counter]);
  });

  test("the call index starts with the founding and counts what was executed", () => {
    const log = new Log();
    const session = log.open();
    expect(log.machine.callIndex).toBe(created * 2 ** 20);
    log.apply(increments(session, 1, 3));
    log.call(session, "Counter/main", "nothing");
    expect(log.machine.callIndex).toBe(created * 2 ** 20 + 3);
  });

  test.each([
    ["a body that is no batch", new Uint8Array([0, 0, 0, 9, 1])],
    ["a body too short for a length", new Uint8Array([0, 0])],
    ["a command that does not decode", joinBatch([new Uint8Array([0xff]), new Uint8Array(0)])],
  ])("%s changes nothing", (_, body) => {
    const log = new Log();
    const before = log.machine.digest;
    const applied = log.raw({ ...log.proposal([]), body });
    const nothing = { answers: [], opened: [], refusedOpens: [], ended: [], expected: [] };
    expect(applied).toEqual({ ...nothing, snapshot: false, upgraded: null });
    expect(log.machine.digest).toBe(before);
  });

  test("a bad command leaves its neighbours alone", () => {
    const log = new Log(undefined, false);
    const body = joinBatch([new Uint8Array([0xff]), objectCodec.encodeCommand(open(1))]);
    expect(log.raw({ ...log.proposal([]), body }).opened.map((o) => o.session)).toEqual(["1.1"]);
  });

  test("a payload that is not n calls is refused and takes its turn", () => {
    const log = new Log();
    const session = log.open();
    const command = calls(session, 1, [{ object: "Counter/main", method: "increment", args: [] }]);
    if (command.type !== "calls") throw new Error("calls");
    const { answers } = log.apply({ ...command, n: 2 });
    expect(answers.map((a) => shown(a.outcome))).toEqual(["BAD_FRAME no", "BAD_FRAME no"]);
    expect(nextOf(log, session)).toBe(3);
  });
});

test("a class that this replica holds and the cluster does not serve is executed nowhere", () => {
  const log = new Log(undefined, false);
  const session = log.open();
  const before = log.call(session, "Counter/main", "increment");
  expect(before).toMatchObject({ type: "refused", code: "UNKNOWN_CLASS", executed: "no" });
  log.apply({ type: "found", classes: [{ name: "Other", fingerprint: "aa", methods: [], reads: [] }] });
  const after = log.call(session, "Counter/main", "increment");
  expect(after).toMatchObject({ type: "refused", code: "UNKNOWN_CLASS", executed: "no" });
});
