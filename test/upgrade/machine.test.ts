/** An upgrade in the log: from its slot on the state machine goes on with other code. */
import { expect, test } from "vitest";
import type { Applied } from "../../src/shared/object/applied.ts";
import type { ClassEntry } from "../../src/shared/object/registry.ts";
import { calls, cancel, Log, open, shown } from "../object/machine.ts";
import { failing, infosOf, one, only, three, two, upgradeTo, versionOf } from "./versions.ts";

/** A log whose node holds these versions; the cluster was founded with the first one. */
function logOf(...held: readonly [ClassEntry, ...ClassEntry[]]): Log {
  const log = new Log(only(held[0]));
  expect(log.machine.hold(held)).toBe(null);
  return log;
}

/** Final outcomes: a client hears that a call blocked before it hears the answer. */
function answered({ answers }: Applied): unknown {
  const last = answers.filter(({ outcome }) => outcome.type !== "blocked");
  return last.map(({ session, outcome }) => [session, shown(outcome)]);
}

function bytesOf(log: Log): Uint8Array {
  return Buffer.concat([...log.machine.capture().pieces]);
}

test("objects go over with their fields; methods and reads are those of the new code", () => {
  const log = logOf(one, two);
  const session = log.open();
  expect(shown(log.call(session, "Counter", "increment"))).toEqual({ value: 1 });
  const applied = log.apply(upgradeTo([two]));
  expect(applied.upgraded).toEqual({ classes: infosOf(two), problem: null });
  expect(applied.snapshot).toBe(true);
  expect(log.machine.classes).toEqual(infosOf(two));
  expect(shown(log.call(session, "Counter", "increment"))).toEqual({ value: 11 });
  expect(shown(log.call(session, "Counter", "gone"))).toBe("UNKNOWN_METHOD no");
  const read = { object: "Counter", method: "get", args: [] };
  expect(log.machine.read([read], session, 1).map(shown)).toEqual([{ value: 11 }]);
});

test("calls of the slot still run on the old code, in whatever order they stand in it", () => {
  const log = logOf(one, two);
  const session = log.open();
  const increment = { object: "Counter", method: "increment", args: [] };
  const { answers } = log.apply(
    calls(session, 1, [increment]),
    upgradeTo([two]),
    calls(session, 2, [increment]),
  );
  expect(answers.map(({ outcome }) => shown(outcome))).toEqual([{ value: 1 }, { value: 2 }]);
  expect(shown(log.call(session, "Counter", "increment"))).toEqual({ value: 12 });
});

test("blocked calls, deadlines and sessions go on", () => {
  const log = logOf(one, two);
  const [first, second] = [log.open(1), log.open(2)];
  expect(shown(log.call(first, "Counter", "wait"))).toBe("blocked");
  expect(shown(log.call(second, "Counter", "wait"))).toBe("blocked");
  log.apply(upgradeTo([two]));
  log.at += 100;
  const woken = log.apply(calls(second, 2, [{ object: "Counter", method: "wake", args: [] }], 1));
  expect(answered(woken)).toEqual([
    [first, { value: 2 }],
    [second, { value: true }],
  ]);
  log.at += 6_000;
  expect(answered(log.apply())).toEqual([[second, { value: -2 }]]);
  expect(log.machine.blockedCount).toBe(0);
});

test("a cancelled call of an object that went over ends", () => {
  const log = logOf(one, two);
  const session = log.open();
  log.call(session, "Counter", "wait");
  log.apply(upgradeTo([two]));
  expect(answered(log.apply(cancel(session, 1)))).toEqual([[session, "NOT_EXECUTED no"]]);
});

test("migrate makes the fields of another version, in the surroundings of a call", () => {
  const log = logOf(one, three);
  const session = log.open();
  log.call(session, "Counter/a", "increment");
  log.call(session, "Counter/b", "increment");
  log.apply(upgradeTo([three]));
  const states = ["Counter/a", "Counter/b"].map((key) => log.machine.peek(key));
  const at = [log.wall, log.machine.executed, expect.any(Number)];
  for (const state of states) {
    expect(state).toBeInstanceOf(three.ctor);
    expect({ ...state }).toEqual({ total: 1, from: 0, at, lock: expect.anything() });
  }
  const dice = states.map((state) => Reflect.get(state ?? {}, "at")[2]);
  expect(dice[0]).not.toBe(dice[1]);
  expect(shown(log.call(session, "Counter/a", "increment"))).toEqual({ value: 2 });
});

test("one object that cannot go over leaves all as they are", () => {
  const log = logOf(one, failing, two);
  const session = log.open();
  log.call(session, "Counter/a", "increment");
  log.call(session, "Counter/b", "increment");
  log.call(session, "Counter/b", "increment");
  const { upgraded, snapshot } = log.apply(upgradeTo([failing]));
  expect(upgraded).toEqual({ classes: infosOf(failing), problem: "Counter/b: too much" });
  expect(snapshot).toBe(false);
  expect(log.machine.classes).toEqual(infosOf(one));
  expect(shown(log.call(session, "Counter/b", "increment"))).toEqual({ value: 3 });
  // It counts: the next one is made against what there is now.
  expect(log.apply(upgradeTo([two])).upgraded).toBe(null);
  expect(log.apply(upgradeTo([two], 1)).upgraded?.problem).toBe(null);
});

test("an upgrade made against another view or other code does nothing, nor does one that changes nothing", () => {
  const log = logOf(one, two);
  const none = [upgradeTo([two], 0, 2), upgradeTo([two], 1), upgradeTo([one]), upgradeTo([])];
  for (const command of none) expect(log.apply(command).upgraded).toBe(null);
  expect(log.machine.code.upgrades).toBe(0);
  log.apply(upgradeTo([two]));
  expect(log.apply(upgradeTo([two])).upgraded).toBe(null);
  expect(log.apply(upgradeTo([one], 1)).upgraded?.problem).toBe(null);
  // One that comes again does not bring back what another one replaced.
  expect(log.apply(upgradeTo([two])).upgraded).toBe(null);
  expect(log.machine.classes).toEqual(infosOf(one));
});

test("an upgrade may bring classes that there were not", () => {
  class Other {
    hello(): string {
      return "hello";
    }
  }
  const other = versionOf(Other, "Other", "first");
  const log = logOf(one, other);
  const session = log.open();
  expect(shown(log.call(session, "Other", "hello"))).toBe("UNKNOWN_CLASS no");
  log.apply(upgradeTo([other]));
  expect(log.machine.classes.map((info) => info.name)).toEqual(["Counter", "Other"]);
  expect(shown(log.call(session, "Other", "hello"))).toEqual({ value: "hello" });
  expect(shown(log.call(session, "Counter", "increment"))).toEqual({ value: 1 });
});

test("P10: without the new code the next slot is not executed; when it comes all is as elsewhere", () => {
  const [whole, late] = [logOf(one, three), logOf(one)];
  const [session] = [whole, late].map((log) => log.open());
  if (session === undefined) throw new Error("not opened");
  for (const log of [whole, late]) {
    log.call(session, "Counter", "increment");
    log.call(session, "Counter", "wait");
    log.apply(upgradeTo([three]), open(2));
  }
  expect(late.machine.code.missing).toEqual(infosOf(three));
  expect(() => late.apply()).toThrow("P10");
  expect(() => late.machine.capture()).toThrow("P10");
  expect(late.machine.hold([two])).toBe(null);
  const rest = late.machine.hold([three]);
  expect(rest).toMatchObject({ snapshot: true, upgraded: { problem: null } });
  expect(Buffer.compare(bytesOf(late), bytesOf(whole))).toBe(0);
  expect(shown(late.call(session, "Counter", "increment"))).toEqual({ value: 2 });
});

test("a snapshot above the upgrade needs the new code alone", () => {
  const log = logOf(one, three);
  const session = log.open();
  log.call(session, "Counter", "increment");
  log.apply(upgradeTo([three]));
  const fresh = new Log(only(three), false);
  fresh.machine.restore(bytesOf(log));
  expect(fresh.machine.code.upgrades).toBe(1);
  for (const each of [log, fresh])
    expect(shown(each.call(session, "Counter", "increment"))).toEqual({ value: 2 });
  expect(Buffer.compare(bytesOf(fresh), bytesOf(log))).toBe(0);
  expect(fresh.apply(upgradeTo([one])).upgraded).toBe(null);
});
