import fc from "fast-check";
import { expect, test } from "vitest";
import { Counter } from "../../src/shared/object/library/counter.ts";
import { type Command, sessionId } from "../../src/shared/object/types.ts";
import type { Proposal } from "../../src/shared/paxos/types.ts";
import { calls, cancel, increments, Log, open, registryOf } from "./machine.ts";

class Diary {
  entries: unknown[] = [];
  write(text: unknown): number {
    this.entries.push([text, Date.now(), Math.random(), crypto.randomUUID()]);
    if (text === 3) throw new Error(`three at ${this.entries.length}`);
    return this.entries.length;
  }
}

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.nat(4).map((n) => open(n, 1_000)),
  fc
    .tuple(fc.nat(3), fc.nat(3), fc.nat(6), fc.integer({ min: 1, max: 4 }))
    .map(([slot, index, first, n]) =>
      first % 2 === 0
        ? increments(sessionId(`${slot + 1}.${index}`), first + 1, n, first)
        : calls(sessionId(`${slot + 1}.${index}`), first, [
            { object: "Diary/x", method: "write", args: [n] },
          ]),
    ),
  fc.tuple(fc.nat(3), fc.nat(8)).map(([slot, s]) => cancel(sessionId(`${slot + 1}.0`), s + 1)),
  fc.nat(3).map((slot): Command => ({ type: "close", session: sessionId(`${slot + 1}.1`) })),
);

const script = fc.array(
  fc.record({
    commands: fc.array(command, { maxLength: 6 }),
    at: fc.nat(900),
    seed: fc.nat(),
    hole: fc.boolean(),
  }),
  { minLength: 3, maxLength: 30 },
);

function state(log: Log): unknown {
  const { machine } = log;
  const objects = machine.objects().map((o) => [o, { ...machine.peek(`${o.class}/${o.name}`) }]);
  return [
    machine.digest,
    machine.callIndex,
    machine.logTime,
    machine.sessionCount,
    machine.nextDue(),
    objects,
  ];
}

test("P5: one log gives one state, one digest and the same answers", () => {
  fc.assert(
    fc.property(script, (steps) => {
      const [a, b] = [new Log(registryOf(Counter, Diary)), new Log(registryOf(Counter, Diary))];
      for (const step of [{ commands: [open(1), open(2)], at: 0, seed: 1, hole: false }, ...steps]) {
        a.at += step.at;
        a.wall += 17;
        a.seed = step.seed;
        const proposal: Proposal = step.hole
          ? { stamp: null, change: null, body: new Uint8Array(0) }
          : a.proposal(step.commands);
        expect(b.raw(proposal)).toEqual(a.raw(proposal));
        // Questions between slots change nothing.
        b.machine.nextDue();
        b.machine.objects();
        expect(b.machine.digest).toBe(a.machine.digest);
      }
      expect(state(b)).toEqual(state(a));
    }),
    { numRuns: 300 },
  );
});

test("the digest tells outcomes apart", () => {
  const digests = new Set<number>();
  for (const n of [0, 1, 2, 3]) {
    const log = new Log(registryOf(Counter, Diary));
    const session = log.open();
    log.apply(calls(session, 1, [{ object: "Diary/x", method: "write", args: [n] }]));
    if (n === 2) log.apply(increments(session, 2, 1));
    if (n === 1) log.apply(cancel(session, 2));
    digests.add(log.machine.digest);
  }
  expect(digests.size).toBe(4);
});
