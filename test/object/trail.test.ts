import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestsMax } from "../../src/shared/limits.ts";
import { Trail } from "../../src/shared/object/trail.ts";
import { seq, sessionId } from "../../src/shared/object/types.ts";
import { roundest, slot, slotZero } from "../../src/shared/paxos/slot.ts";
import { increments, Log } from "./machine.ts";

const session = sessionId("2.0");

/** A trail of outcomes in these slots; the digest after outcome n is n + 1, or `other` from the n-th on. */
function trailOf(slots: readonly number[], from = Number.POSITIVE_INFINITY): Trail {
  const trail = new Trail();
  for (const [n, at] of slots.entries())
    trail.note(slot(at), session, seq(n + 1), n + 1 + (n >= from ? 1_000_000 : 0));
  return trail;
}

const risingSlots = fc.array(fc.nat(2), { maxLength: 30 }).map((strides) => {
  let at = 1;
  return strides.map((n) => {
    at += n;
    return at;
  });
});

describe("the digest after a slot", () => {
  test("is that of the last outcome up to it", () => {
    fc.assert(
      fc.property(risingSlots, fc.nat(70), (slots, at) => {
        const before = slots.filter((s) => s <= at).length;
        const start = new Trail().digestAt(slotZero);
        expect(trailOf(slots).digestAt(slot(at))).toBe(before === 0 ? start : before);
      }),
    );
  });

  test("is the running one of the state machine", () => {
    const log = new Log();
    const id = log.open();
    const digests = new Map([[log.machine.executed, log.machine.digest]]);
    for (let i = 0; i < 400; i++) {
      log.apply(...(i % 3 === 0 ? [] : [increments(id, 1, 1 + (i % 5) + i)]));
      digests.set(log.machine.executed, log.machine.digest);
    }
    log.at += 1_000_000; // the session ends
    log.apply();
    digests.set(log.machine.executed, log.machine.digest);
    expect(new Set(digests.values()).size).toBeGreaterThan(100);
    for (const [at, digest] of digests) expect(log.machine.trail.digestAt(at)).toBe(digest);
  });

  test("goes on from a snapshot, and is not known before it", () => {
    const trail = trailOf([3, 4, 9]);
    trail.begin(slot(100), 77);
    expect([99, 100, 101].map((s) => trail.digestAt(slot(s)))).toEqual([null, 77, 77]);
    trail.note(slot(102), session, seq(1), 78);
    expect([100, 101, 102].map((s) => trail.digestAt(slot(s)))).toEqual([77, 77, 78]);
    expect(trail.first).toBe(100);
  });

  test("is forgotten when there were too many since", () => {
    const slots = Array.from({ length: digestsMax + 10 }, (_, n) => 1 + Math.floor(n / 4));
    const trail = trailOf(slots);
    expect(trail.first).toBe(3); // the ring begins with outcome 10, the third one of slot 3
    expect([2, 3, 4].map((s) => trail.digestAt(slot(s)))).toEqual([null, 12, 16]);
    const all = trail.between(slotZero, slot(1e9));
    expect([all.from, all.digests[0], all.digests.at(-1)]).toEqual([3, 12, digestsMax + 10]);
  });
});

describe("where two histories part", () => {
  test("is the first outcome that differs", () => {
    fc.assert(
      fc.property(risingSlots, fc.nat(29), fc.nat(60), (slots, from, agreed) => {
        fc.pre(from < slots.length && (slots[from] as number) > agreed);
        const to = slot(slots.at(-1) as number);
        const told = trailOf(slots, from).between(slot(agreed), to);
        const found = { slot: slots[from], session, seq: from + 1 };
        expect(trailOf(slots).difference(told, to)).toEqual(found);
      }),
    );
  });

  test.each([
    ["differs before what was told", trailOf([2, 3, 4], 0).between(slot(3), slot(4)), "before"],
    ["nothing was told", { from: slot(2), digests: [] }, null],
    ["nothing differs", trailOf([2, 3, 4]).between(slot(2), slot(4)), null],
    ["the other has fewer", { from: slot(2), digests: [1, 2] }, { slot: 4, session, seq: 3 }],
    ["the other has more", trailOf([2, 3, 4, 4]).between(slot(2), slot(4)), null],
  ])("%s", (_, told, found) => {
    expect(trailOf([2, 3, 4]).difference(told, slot(4))).toEqual(found);
  });

  test("an answer has no more digests than a message may", () => {
    const trail = trailOf(Array.from({ length: digestsMax }, () => 5));
    expect(trail.between(slotZero, slot(5)).digests).toHaveLength(digestsMax);
  });
});

test.each([
  [0, 1, 1],
  [0, 1_000, 512],
  [100, 300, 256],
  [64, 65, 65],
  [63, 65, 64],
  [64, 127, 96],
  [2 ** 40 - 1, 2 ** 40 + 5, 2 ** 40],
])("roundest(%d, %d) is %d", (low, high, round) => {
  expect(roundest(slot(low), slot(high))).toBe(round);
});

test("nodes whose beats fall elsewhere choose one slot alike in every few", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 40, maxLength: 40 }), (strides) => {
      let at = 0;
      const chosen = strides.map((n) => {
        at += n;
        return roundest(slot(at - n), slot(at));
      });
      for (let s = 64; s <= at; s += 64) expect(chosen).toContain(s);
    }),
  );
});
