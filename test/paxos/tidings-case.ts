/** What is decided, on its way to the others: with a proposal, before anything else, at once to who waits, or soon. */
import assert from "node:assert/strict";
import type { Clock, Timer } from "../../src/shared/clock.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { PaxosMessage } from "../../src/shared/paxos/types.ts";
import { Tidings } from "../../src/shared/server/tidings.ts";
import { ballot, type Case, id, moment, pvalue, table } from "./case.ts";
import { Network } from "./driver-rig.ts";

const mark = (n: number): PaxosMessage => ({ type: "decided", ballot: ballot("1.a"), decided: slot(n) });
const p2a = (n: number): PaxosMessage => ({
  type: "p2a",
  pvalue: pvalue(n, "1.a", "X"),
  view: 1,
  first: slot(1),
  decided: slot(1),
});
const lead: PaxosMessage = { type: "lead", ballot: ballot("1.a"), decided: slot(1) };

/** Its timers ring when they are told to: time passes up to the next one. */
class Bell implements Clock {
  now = 0;
  private due: { readonly when: number; readonly run: () => void }[] = [];
  moment = () => moment(this.now);
  soon = () => undefined;
  at(when: number, run: () => void): Timer {
    const timer = { when, run };
    this.due.push(timer);
    return { cancel: () => (this.due = this.due.filter((other) => other !== timer)) };
  }
  ring(): void {
    const [first] = this.due.sort((a, b) => a.when - b.when).splice(0, 1);
    if (first === undefined) return;
    this.now = Math.max(this.now, first.when);
    first.run();
  }
}

type Step =
  | "mark b"
  | "mark bc"
  | "p2a b"
  | "p2a b, soon c"
  | "lead b"
  | "lead c"
  | "b expects"
  | "c expects"
  | "1 ms"
  | "later"
  | "turn"
  | "ring"
  | "stop";

const rows: readonly (readonly [steps: readonly Step[], sent: readonly string[]])[] = [
  [["mark bc", "turn"], []],
  [
    ["mark bc", "turn", "ring"],
    ["b decided", "c decided"],
  ],
  [
    ["mark bc", "turn", "ring", "ring"],
    ["b decided", "c decided"],
  ],
  [
    ["mark bc", "turn", "mark bc", "turn", "ring"],
    ["b decided", "c decided"],
  ],
  [
    ["mark bc", "turn", "ring", "mark b", "turn", "ring"],
    ["b decided", "c decided", "b decided"],
  ],
  [
    ["mark bc", "turn", "p2a b", "ring"],
    ["b p2a", "c decided"],
  ],
  [["mark b", "p2a b", "turn", "ring"], ["b p2a"]],
  // It waits from when the first of those came that no proposal has told, and no longer.
  [["mark b", "turn", "1 ms", "p2a b", "mark b", "turn", "ring"], ["b p2a"]],
  [
    ["mark b", "turn", "1 ms", "p2a b", "mark b", "turn", "ring", "ring"],
    ["b p2a", "b decided"],
  ],
  [
    ["mark bc", "turn", "1 ms", "p2a b", "mark bc", "turn", "ring"],
    ["b p2a", "c decided", "b decided"],
  ],
  [
    ["mark bc", "lead b", "turn", "ring"],
    ["b decided", "b lead", "c decided"],
  ],
  [["b expects", "mark bc", "turn"], ["b decided"]],
  [["mark bc", "turn", "b expects", "turn"], ["b decided"]],
  [
    ["b expects", "c expects", "mark bc", "turn", "ring"],
    ["b decided", "c decided"],
  ],
  [["b expects", "later", "mark bc", "turn"], []],
  [["mark bc", "turn", "stop", "ring"], []],
  // Who is not asked first gets proposals together, in their order, later than marks go to others.
  [
    ["p2a b, soon c", "turn", "p2a b, soon c", "turn"],
    ["b p2a", "b p2a"],
  ],
  [
    ["p2a b, soon c", "turn", "p2a b, soon c", "turn", "ring"],
    ["b p2a", "b p2a", "c p2a", "c p2a"],
  ],
  [
    ["p2a b, soon c", "turn", "mark b", "turn", "ring"],
    ["b p2a", "b decided"],
  ],
  [
    ["p2a b, soon c", "turn", "mark b", "turn", "ring", "ring"],
    ["b p2a", "b decided", "c p2a"],
  ],
  // The mark comes after the proposals that it is about, and not when a later one tells it.
  [
    ["p2a b, soon c", "mark bc", "turn", "ring"],
    ["b p2a", "b decided"],
  ],
  [
    ["p2a b, soon c", "mark bc", "turn", "ring", "ring"],
    ["b p2a", "b decided", "c p2a", "c decided"],
  ],
  [
    ["p2a b, soon c", "mark bc", "p2a b, soon c", "turn", "ring"],
    ["b p2a", "b p2a", "c p2a", "c p2a"],
  ],
  // Whatever else the peer is sent comes after them.
  [
    ["p2a b, soon c", "mark bc", "lead c"],
    ["b p2a", "c p2a", "c decided", "c lead"],
  ],
  // Who has clients that wait is sent them at once, and so is who turns out to have some.
  [
    ["c expects", "p2a b, soon c"],
    ["b p2a", "c p2a"],
  ],
  [
    ["p2a b, soon c", "c expects", "turn"],
    ["b p2a", "c p2a"],
  ],
  [["p2a b, soon c", "turn", "stop", "ring"], ["b p2a"]],
];

const tidings = table(
  "tidings: a mark waits for a proposal, not for long, and never behind another message",
  rows,
  ([steps, sent]) => {
    const [net, bell] = [new Network(), new Bell()];
    let proposed = 1;
    const it = new Tidings(net, bell);
    const does: Record<Step, () => void> = {
      "mark b": () => it.send([id("b")], mark(1), null),
      "mark bc": () => it.send([id("b"), id("c")], mark(1), null),
      "p2a b": () => it.send([id("b")], p2a(2), null),
      "p2a b, soon c": () => it.send([id("b"), id("c")], p2a(++proposed), new Set([id("a"), id("b")])),
      "lead b": () => it.send([id("b")], lead, null),
      "lead c": () => it.send([id("c")], lead, null),
      "b expects": () => it.expects(id("b")),
      "c expects": () => it.expects(id("c")),
      "1 ms": () => (bell.now += 1),
      later: () => (bell.now += 1_001),
      turn: () => it.turned(),
      ring: () => bell.ring(),
      stop: () => it.stop(),
    };
    for (const step of steps) does[step]();
    net.flush();
    assert.deepEqual(net.sent, sent);
  },
);

export const tidingsCases: readonly Case[] = [tidings];
