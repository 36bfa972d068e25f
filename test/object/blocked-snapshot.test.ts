/** Blocked calls in snapshots: what goes on from one does what the machine does that executed all. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { BadSnapshot } from "../../src/shared/object/bad-snapshot.ts";
import { describe, makeRegistry } from "../../src/shared/object/registry.ts";
import { type Command, sessionId } from "../../src/shared/object/types.ts";
import { DGate, Gate, Hooked, House } from "./gates.ts";
import { snapshotOf } from "./keeper.ts";
import { calls, cancel, Log, open } from "./machine.ts";

const nested = new Map([["DGate", DGate]]);
const registry = makeRegistry([Gate, Hooked, House].map((ctor) => describe(ctor, ctor.name, "", "", nested)));

const object = fc.constantFrom("Gate/main", "Hooked/main", "Hooked/other");
const after = fc.constantFrom(0, 100, 100, 700, 5_000);
const call = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ object, method: fc.constant("wait"), args: fc.tuple(after, fc.nat(9)) }),
  },
  { weight: 3, arbitrary: fc.record({ object, method: fc.constant("wait"), args: fc.constant([]) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      object,
      method: fc.constantFrom("open", "openBadly", "keep", "openKept", "opensItself", "keepsItToItself"),
      args: fc.constant([1]),
    }),
  },
  fc.constantFrom(
    { object: "House/main", method: "wait", args: [300] },
    { object: "House/main", method: "open", args: ["in"] },
    { object: "House/main", method: "build", args: [] },
    { object: "Gate/main", method: "__concoordinit__", args: [] },
  ),
);
/** Of one of three sessions; its number comes from the machine. */
const act = fc.record({
  who: fc.nat(2),
  calls: fc.array(call, { minLength: 1, maxLength: 3 }),
  late: fc.nat(4),
});
const step = fc.record({
  acts: fc.array(act, { maxLength: 3 }),
  cancel: fc.option(fc.tuple(fc.nat(2), fc.nat(12)), { freq: 3 }),
  close: fc.option(fc.nat(2), { freq: 12 }),
  at: fc.constantFrom(0, 100, 100, 250, 2_000),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const ids = ["2.0", "2.1", "2.2"].map(sessionId);

/** The commands of a step, which follow from the state of the machine. */
function commandsOf({ acts, cancel: quit, close }: Step, log: Log): Command[] {
  const nexts = ids.map((id) => Number(log.machine.session(id)?.next ?? 1));
  const commands: Command[] = acts.map(({ who, calls: list, late }) => {
    const from = nexts[who] as number;
    nexts[who] = from + list.length;
    return calls(ids[who] as (typeof ids)[0], from, list, from - 1 - (late % from), late > 0 ? [late] : []);
  });
  if (quit !== null) commands.push(cancel(ids[quit[0]] as (typeof ids)[0], quit[1] + 1));
  if (close !== null) commands.push({ type: "close", session: ids[close] as (typeof ids)[0] });
  return commands;
}

function restored(log: Log): Log {
  const other = new Log(registry, false);
  other.machine.restore(snapshotOf(log.machine));
  return other;
}

test("a machine that began with a snapshot goes on as the one that made it", () => {
  let blocked = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 3, maxLength: 25 }), fc.nat(24), (script, cut) => {
      const a = new Log(registry);
      a.apply(open(1, 3_000), open(2, 20_000), open(3, 80_000));
      let b = restored(a);
      script.forEach((s, i) => {
        if (i === cut % script.length) b = restored(a);
        a.at += s.at;
        const proposal = a.proposal(commandsOf(s, a));
        expect(b.raw(proposal)).toEqual(a.raw(proposal));
        expect(b.machine.nextDue()).toBe(a.machine.nextDue());
        expect(b.machine.blockedCount).toBe(a.machine.blockedCount);
        blocked += a.machine.blockedCount;
      });
      expect(snapshotOf(b.machine)).toEqual(snapshotOf(a.machine));
    }),
  );
  expect(blocked).toBeGreaterThan(100);
});

function waiting(): Log {
  const log = new Log(registry);
  const [a, b] = [log.open(1), log.open(2)];
  log.call(a, "Hooked", "wait", 500, { then: [1] });
  log.call(b, "House", "wait");
  log.call(a, "Hooked", "wait");
  return log;
}

test("broken bytes give BadSnapshot, or a state that is whole", () => {
  const bytes = snapshotOf(waiting().machine);
  const log = new Log(registry, false);
  for (let i = 0; i < bytes.length; i++) {
    for (const bit of [1, 2, 64]) {
      const broken = bytes.slice();
      broken[i] = (broken[i] as number) ^ bit;
      try {
        log.machine.restore(broken);
      } catch (error) {
        expect(error).toBeInstanceOf(BadSnapshot);
        continue;
      }
      const again = new Log(registry, false);
      again.machine.restore(snapshotOf(log.machine));
    }
  }
});

test("calls that wait are the same bytes, whoever they wait with", () => {
  const log = waiting();
  expect(snapshotOf(restored(log).machine)).toEqual(snapshotOf(log.machine));
  expect(restored(log).machine.blockedCount).toBe(3);
});
