/** What is decided, on its way to the others: with a proposal, before anything else, at once to who waits, or soon. */
import assert from "node:assert/strict";
import type { Clock, Timer } from "../../src/shared/clock.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { PaxosMessage } from "../../src/shared/paxos/types.ts";
import { Tidings } from "../../src/shared/server/tidings.ts";
import { ballot, type Case, id, moment, pvalue, table } from "./case.ts";
import { Network } from "./driver-rig.ts";

const mark = (n: number): PaxosMessage => ({ type: "decided", ballot: ballot("1.a"), decided: slot(n) });
const p2a: PaxosMessage = {
  type: "p2a",
  pvalue: pvalue(2, "1.a", "X"),
  view: 1,
  first: slot(1),
  decided: slot(1),
};
const lead: PaxosMessage = { type: "lead", ballot: ballot("1.a"), decided: slot(1) };

/** Its timers ring when they are told to. */
class Bell implements Clock {
  now = 0;
  private due: (() => void)[] = [];
  moment = () => moment(this.now);
  soon = () => undefined;
  at(_when: number, run: () => void): Timer {
    this.due.push(run);
    return { cancel: () => (this.due = this.due.filter((other) => other !== run)) };
  }
  /** @returns how many rang */
  ring(): number {
    const due = this.due.splice(0);
    for (const run of due) run();
    return due.length;
  }
}

type Step =
  | "mark b"
  | "mark bc"
  | "p2a b"
  | "lead b"
  | "b expects"
  | "c expects"
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
];

const tidings = table(
  "tidings: a mark waits for a proposal, not for long, and never behind another message",
  rows,
  ([steps, sent]) => {
    const [net, bell] = [new Network(), new Bell()];
    const it = new Tidings(net, bell);
    const does: Record<Step, () => void> = {
      "mark b": () => it.send([id("b")], mark(1)),
      "mark bc": () => it.send([id("b"), id("c")], mark(1)),
      "p2a b": () => it.send([id("b")], p2a),
      "lead b": () => it.send([id("b")], lead),
      "b expects": () => it.expects(id("b")),
      "c expects": () => it.expects(id("c")),
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
