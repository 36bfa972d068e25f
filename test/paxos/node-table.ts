/** Tables of what the node itself decides: who is left out by a newer view, and what breaks it. */
import assert from "node:assert/strict";
import { wallMillis } from "../../src/shared/paxos/ids.ts";
import { PaxosNode } from "../../src/shared/paxos/node.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Input, PaxosMessage, Proposal } from "../../src/shared/paxos/types.ts";
import {
  at,
  ballot,
  type Case,
  genesisOf,
  id,
  moment,
  product,
  proposal,
  pvalue,
  recovered,
  showBallot,
  table,
  view,
} from "./case.ts";
import { beat } from "./election-table.ts";
import { hear, led, propose } from "./paper-rig.ts";

/** Node a in view 5 of a, b and c. */
function node(): PaxosNode {
  return new PaxosNode(recovered("a", view("abc", 5)), at(0));
}

function questions(number: number): Record<string, PaxosMessage> {
  const alone = { follows: ballot("0."), relays: false, hears: true };
  const idle = { digestAt: slot(0), digest: 0, snapshot: slot(0), stateHash: 0, kept: slot(0), ask: false };
  const beat = { leading: false, connected: true, decided: slot(0), executed: slot(0), ...idle, ...alone };
  return {
    p1a: { type: "p1a", ballot: ballot("3.b"), from: slot(0), view: number },
    heartbeat: { type: "heartbeat", ballot: ballot("3.b"), wall: wallMillis(0), view: number, ...beat },
  };
}

/** Rule 8: only a sender that the newest view left out, and that does not know it, is told the view instead. */
const leftOut = table(
  "node: left out",
  product(["p1a", "heartbeat"], ["b", "d"], [4, 5, 6]),
  ([type, from, number]) => {
    const it = node();
    const message = questions(number)[type] as PaxosMessage;
    const out = it.step(moment(10), [{ type: "receive", from: id(from), message }]);
    const told = out.send.filter((e) => e.message.type === "view");
    const left = from === "d" && number < 5;
    assert.deepEqual(told, left ? [{ to: [id(from)], message: { type: "view", view: view("abc", 5) } }] : []);
    const heard = type === "p1a" ? it.log.promised.round === 3 : it.election.isHeard(id(from), at(10));
    assert.equal(heard, !left);
    assert.equal(out.votes.length, type === "p1a" && !left ? 1 : 0);
  },
);

/** Rule 4: it must know that a ballot above its own exists, though not whose, or it would never stand again. */
const outvoted = table("node: a leader that learns a decision", ["same", "other"], (what) => {
  const w = led();
  for (const name of "bc") w.cut.add(`a>${name}`);
  propose(w, "a", "X");
  const mine = w.node("a").log.get(slot(2))?.proposal as Proposal;
  const values = [{ slot: slot(2), proposal: what === "same" ? mine : proposal("Y") }];
  hear(w, "a", "b", { type: "decisions", values, decided: slot(2), trimmed: slot(0) });
  const { leader, election, log } = w.node("a");
  assert.equal(log.decided, 2);
  assert.equal(leader.active, what === "same");
  assert.equal(showBallot(election.leader), what === "same" ? "1.a" : "2.");
});

/** P5: the state machine cannot have executed what is not decided. */
const executed = table("node: executed", product([0, 1, 2, 3], [0, 1, 2]), ([s, decided]) => {
  const it = node();
  const values = [1, 2].map((n) => ({
    slot: slot(n),
    proposal: { stamp: null, change: null, body: new Uint8Array(0) },
  }));
  const known: PaxosMessage = {
    type: "decisions",
    values: values.slice(0, decided),
    decided: slot(decided),
    trimmed: slot(0),
  };
  it.step(moment(10), [{ type: "receive", from: id("b"), message: known }]);
  const input: Input = {
    type: "executed",
    slot: slot(s),
    check: { at: slot(0), digest: 0 },
  };
  if (s > decided) assert.throws(() => it.step(moment(10), [input]), /P5/);
  else it.step(moment(10), [input]);
});

/** A node built with another WINDOW would take other views for the governing ones. */
const windows = table("node: window of the founder", [1, 63, 64, 65], (window) => {
  const genesis = { ...genesisOf(view("abc")), window };
  const start = () => new PaxosNode(recovered("a", view("abc"), { genesis }), at(0));
  if (window === 64) start();
  else assert.throws(start, /window/);
});

const from = (message: PaxosMessage): Input => ({ type: "receive", from: id("b"), message });

/** The leader b proposes X in slot 1. */
const p2a = {
  type: "p2a",
  pvalue: pvalue(1, "1.b", "X"),
  view: 5,
  first: slot(1),
  decided: slot(0),
} as const;

/** A leader that stops tells its mark and asks with one frame: both come in one step, after the proposal or with it. */
const lead = table("node: lead", product(["one", "two"], [1, 2]), ([steps, mark]) => {
  const it = node();
  const told = { ballot: ballot("1.b"), decided: slot(mark) };
  it.step(moment(9), [from(beat("1.b", { view: 5 }))]);
  const last = [from({ type: "decided", ...told }), from({ type: "lead", ...told })];
  if (steps === "two") it.step(moment(10), [from(p2a)]);
  it.step(moment(11), steps === "two" ? last : [from(p2a), ...last]);
  assert.equal(showBallot(it.leader.ballot ?? ballot("0.")), mark === 1 ? "2.a" : "0");
});

/** Votes that come when the majority has decided already: they need not even wake the node. Slot 1 is decided. */
const late = table(
  "node: a late vote",
  product([1, 2], ["1.b", "2.c"], ["same", "higher"] as const),
  ([s, of, answer]) => {
    const it = node();
    const decision = { type: "decided", ballot: ballot("1.b"), decided: slot(1) } as const;
    it.step(moment(10), [from(p2a), from(decision)]);
    assert.equal(it.log.decided, 1);
    const asked = ballot(of);
    const vote = {
      type: "p2b",
      asked,
      ballot: answer === "same" ? asked : ballot("9.c"),
      slot: slot(s),
    } as const;
    // A ballot that it did not know of says that somebody else may lead: that is news.
    assert.equal(it.votesFor(vote), s === 1 && of === "1.b" && answer === "same" ? 0 : 1);
    assert.equal(it.votesFor(decision), 1);
  },
);

export const nodeCases: readonly Case[] = [late, leftOut, outvoted, executed, lead, windows];
