/** The state of the whole machine: what goes on from a snapshot is what executed all of the log. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BadSnapshot } from "../../src/shared/object/bad-snapshot.ts";
import { Counter } from "../../src/shared/object/library/counter.ts";
import { StateMachine } from "../../src/shared/object/state-machine.ts";
import { type Command, sessionId } from "../../src/shared/object/types.ts";
import { nodeId } from "../../src/shared/paxos/ids.ts";
import { next } from "../../src/shared/paxos/slot.ts";
import type { ViewChange } from "../../src/shared/paxos/view.ts";
import { objectCodec } from "../../src/shared/wire/values.ts";
import { joined, keeping, snapshotOf } from "./keeper.ts";
import {
  calls,
  cancel,
  created,
  genesis,
  increments,
  Log,
  open,
  registryOf,
  secret,
  shown,
} from "./machine.ts";

class Diary {
  entries: unknown[] = [];
  write(text: unknown): number {
    this.entries.push([text, new Date(), Math.random(), { at: this.entries.length }]);
    if (text === 3) throw new Error(`three at ${this.entries.length}`);
    return this.entries.length;
  }
}

const registry = registryOf(Counter, Diary);

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.nat(4).map((n) => open(n, 1_000)),
  fc
    .tuple(fc.nat(3), fc.nat(3), fc.nat(6), fc.integer({ min: 1, max: 4 }))
    .map(([s, index, first, n]) =>
      first % 2 === 0
        ? increments(sessionId(`${s + 1}.${index}`), first + 1, n, first)
        : calls(sessionId(`${s + 1}.${index}`), first, [{ object: "Diary/x", method: "write", args: [n] }]),
    ),
  fc.tuple(fc.nat(3), fc.nat(8)).map(([s, seq]) => cancel(sessionId(`${s + 1}.0`), seq + 1)),
  fc.nat(3).map((s): Command => ({ type: "close", session: sessionId(`${s + 1}.1`) })),
  fc.constant<Command>({ type: "snapshot" }),
);

const steps = fc.array(
  fc.record({
    commands: fc.array(command, { maxLength: 6 }),
    at: fc.nat(900),
    seed: fc.nat(),
    first: fc.boolean(),
  }),
  { minLength: 3, maxLength: 20 },
);

function member(n: number) {
  const id = nodeId(n.toString(16).padStart(16, "0"));
  return { id, role: "replica", addr: `127.0.0.1:${n}`, domain: "", groups: [], away: false } as const;
}

describe("a machine that began with a snapshot", () => {
  test("does what one does that executed all", () => {
    fc.assert(
      fc.property(steps, fc.nat(19), (script, cut) => {
        const a = new Log(registry);
        let b = new Log(registry);
        for (const [i, step] of [
          { commands: [open(1), open(2)], at: 0, seed: 1, first: false },
          ...script,
        ].entries()) {
          a.at += step.at;
          a.wall += 17;
          a.seed = step.seed;
          const proposal = a.proposal(step.commands, { first: step.first });
          expect(b.raw(proposal)).toEqual(a.raw(proposal));
          if (i !== cut) continue;
          // One that has executed other things before is as good as a fresh one.
          if (i % 2 === 0) b = new Log(registry, false);
          b.machine.restore(snapshotOf(a.machine));
          expect(b.machine.digest).toBe(a.machine.digest);
        }
        expect(Buffer.compare(snapshotOf(b.machine), snapshotOf(a.machine))).toBe(0);
        expect(b.machine.nextDue()).toBe(a.machine.nextDue());
      }),
      { numRuns: 200 },
    );
  });

  test("knows sessions, their outcomes and cancels, who they are and when they end", () => {
    const log = new Log(registry);
    const session = log.open(7, 5_000);
    log.apply(increments(session, 1, 3), cancel(session, 5));
    log.apply(increments(session, 4, 1, 2));
    const other = new Log(registry, false);
    other.machine.restore(snapshotOf(log.machine));
    const { machine } = other;
    expect(machine.sessionByHash(secret(7))).toBe(session);
    expect(machine.session(session)).toMatchObject({
      ttl: 5_000,
      user: null,
      next: 6,
      cluster: genesis.cluster,
    });
    expect([1, 2, 3, 4, 5].map((s) => shown(machine.outcomeOf(session, s as never)))).toEqual([
      null,
      null,
      { value: undefined },
      { value: undefined },
      "NOT_EXECUTED no",
    ]);
    expect(machine.nextDue()).toBe(log.machine.nextDue());
    expect(machine.callIndex).toBe(log.machine.callIndex);
    expect(machine.classes).toEqual(log.machine.classes);
  });

  test("reads into no snapshot's bytes afterwards", () => {
    const log = new Log(registry);
    const session = log.open();
    log.apply(increments(session, 1, 1));
    const bytes = snapshotOf(log.machine);
    const before = bytes.slice();
    log.machine.restore(bytes);
    bytes.fill(0);
    expect(snapshotOf(log.machine)).toEqual(before);
  });
});

describe("views", () => {
  const change = (against: number, n: number): ViewChange => ({ type: "join", against, member: member(n) });

  test("are those as of the slot: also of a no-op, also those that govern later", () => {
    const log = new Log(registry);
    log.raw({ stamp: null, change: change(1, 5), body: new Uint8Array(0) });
    log.raw({ ...log.proposal([]), change: change(1, 6) });
    expect(log.machine.capture().views.map((v) => [v.number, v.first])).toEqual([
      [1, 1],
      [2, 66],
    ]);
    const other = new Log(registry, false);
    other.machine.restore(snapshotOf(log.machine));
    for (const one of [log, other]) {
      while (one.machine.executed < 64) one.raw({ stamp: null, change: null, body: new Uint8Array(0) });
      expect(one.machine.capture().views.map((v) => v.number)).toEqual([1, 2]);
      one.raw({ stamp: null, change: null, body: new Uint8Array(0) });
      expect(one.machine.capture().views.map((v) => v.number)).toEqual([2]);
    }
  });
});

describe("a new cluster", () => {
  test("has its own view, and goes on above the calls of the old one", () => {
    const log = new Log(registry);
    const session = log.open();
    log.apply(increments(session, 1, 3));
    const bytes = snapshotOf(log.machine);
    const first = next(log.machine.executed);
    const view = { number: 1, first, members: [member(9)] };
    const index = log.machine.callIndex;
    for (const later of [-1, 1]) {
      const founded = { ...genesis, view, created: created + later };
      const machine = new StateMachine({ genesis: founded, registry, codec: objectCodec });
      machine.restore(bytes);
      expect(machine.capture().views).toEqual([view]);
      expect(machine.callIndex).toBe(Math.max(index, (created + later) * 2 ** 20));
      expect(machine.peek("Counter/main")).toEqual(log.machine.peek("Counter/main"));
    }
  });
});

describe("the command", () => {
  test("asks for a snapshot of its slot and changes nothing else", () => {
    const [a, b] = [new Log(registry), new Log(registry)];
    expect(a.apply({ type: "snapshot" })).toMatchObject({ snapshot: true, answers: [] });
    expect(b.apply()).toMatchObject({ snapshot: false });
    expect(a.machine.digest).toBe(b.machine.digest);
    expect(snapshotOf(a.machine)).toEqual(snapshotOf(b.machine));
  });
});

describe("what a capture tells", () => {
  test("slot, log time, a hash for each object that follows from its state alone", () => {
    const log = new Log(registry);
    const session = log.open();
    log.call(session, "Counter/a", "increment");
    log.call(session, "Counter/b", "increment");
    log.call(session, "Diary/x", "write", 1);
    const hashes = () => {
      const capture = log.machine.capture();
      joined(capture.pieces);
      expect([capture.slot, capture.logTime]).toEqual([log.machine.executed, log.machine.logTime]);
      return new Map(capture.hashes.map(({ object, hash }) => [object, hash]));
    };
    const before = hashes();
    expect([...before.keys()]).toEqual(["Counter/a", "Counter/b", "Diary/x"]);
    expect(before.get("Counter/a")).toBe(before.get("Counter/b"));
    log.call(session, "Counter/a", "increment");
    const after = hashes();
    expect(after.get("Counter/a")).not.toBe(before.get("Counter/a"));
    expect(after.get("Counter/b")).toBe(before.get("Counter/b"));
    expect(after.get("Diary/x")).toBe(before.get("Diary/x"));
  });

  test("pieces of a bounded size, as they are taken, and whether there are few", () => {
    const log = keeping(Array.from({ length: 50_000 }, (_, i) => ({ name: `entry ${i}`, at: i })));
    const { pieces, hashes } = log.machine.capture();
    const sizes: number[] = [];
    for (const piece of pieces) {
      expect(hashes.length).toBe(0);
      sizes.push(piece.length);
      if (sizes.length === 3) break;
    }
    expect(Math.min(...sizes)).toBeGreaterThan(64 * 1024);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256 * 1024);
    expect(log.machine.isSmall(600_000)).toBe(false);
    expect(log.machine.isSmall(8_000_000)).toBe(true);
  });
});

describe("what is refused", () => {
  const restored = (bytes: Uint8Array, log: Log) => () => log.machine.restore(bytes);

  test("a class that is not given to this node, by name", () => {
    const log = new Log(registry);
    log.call(log.open(), "Diary/x", "write", 1);
    const bytes = snapshotOf(log.machine);
    const other = new Log(registryOf(Counter), false);
    expect(restored(bytes, other)).toThrow("Diary/x, whose class is not served by this node");
    expect(other.machine.executed).toBe(0);
  });

  test("a class of a value, by name", () => {
    class Thing {
      n = 1;
    }
    const bytes = snapshotOf(keeping(new Thing(), Thing).machine);
    expect(restored(bytes, keeping(1))).toThrow("a value of the class Thing, which is not known here");
  });

  test("another version, and what is none", () => {
    const bytes = snapshotOf(new Log(registry).machine);
    const newer = bytes.slice();
    newer[15] = 3;
    const log = new Log(registry);
    expect(restored(newer, log)).toThrow("its version is 3, and this node reads 2");
    expect(restored(new Uint8Array([1, 2, 3]), log)).toThrow("it does not begin as one");
    expect(restored(new Uint8Array(0), log)).toThrow(BadSnapshot);
    expect(restored(bytes.subarray(0, bytes.length - 1), log)).toThrow("it ends too early");
    expect(restored(new Uint8Array([...bytes, 0]), log)).toThrow("bytes behind the end");
  });

  test("and nothing has changed then", () => {
    const log = new Log(registry);
    const session = log.open();
    log.apply(increments(session, 1, 2));
    const bytes = snapshotOf(log.machine);
    log.apply(increments(session, 3, 2));
    const now = snapshotOf(log.machine);
    for (let end = 0; end < bytes.length; end++)
      expect(restored(bytes.subarray(0, end), log)).toThrow(BadSnapshot);
    expect(snapshotOf(log.machine)).toEqual(now);
    log.machine.restore(bytes);
    expect(snapshotOf(log.machine)).toEqual(bytes);
  });
});

describe("the format", () => {
  test("is that of version 2", () => {
    const log = keeping([
      1,
      300,
      -2,
      0.5,
      "tä",
      "ж",
      5n,
      new Map([[null, true]]),
      Object.freeze({ a: [undefined] }),
    ]);
    const key = Buffer.from("Keeper/main").toString("hex");
    const [object] = Buffer.from(snapshotOf(log.machine)).toString("hex").split(key).slice(-1);
    const value =
      "a10009 01 85ac02 8602 87000000000000e03f 880474e4 88033604 8a0235 a2000181 83 a01301040261a1000180";
    expect(object).toBe(`00 a014000c4b6565706572 01 020a76616c7565 ${value}`.replaceAll(" ", ""));
  });
});
