/** Tables of who is asked to answer: silence must be measured by one clock, whatever the other one does. */
import assert from "node:assert/strict";
import type { Millis } from "../../src/shared/paxos/ids.ts";
import { PaxosNode } from "../../src/shared/paxos/node.ts";
import { Peers } from "../../src/shared/paxos/peers.ts";
import { at, type Case, id, member, moment, recovered, table, view } from "./case.ts";
import { beat } from "./election-table.ts";

const b = id("b");

/** What a node whose clock runs at this rate hears of a peer whose clock is right. */
interface Meeting {
  /** Local milliseconds for each real one. */
  readonly rate: number;
  /** The real round trip, ms. */
  readonly trip: number;
}

/**
 * Two nodes tell each other every 50 of their own milliseconds; all heartbeats arrive after half a round trip, and
 * asks are answered at once. @returns after each own heartbeat: whether it asked, and whether the peer was heard
 */
function meet({ rate, trip }: Meeting, realMillis: number): { asked: boolean; heard: boolean }[] {
  const peers = new Peers();
  const seen: { asked: boolean; heard: boolean }[] = [];
  const arrivals: number[] = [];
  const local = (real: number) => at(real * rate);
  for (let real = 0; real < realMillis; real += 50) arrivals.push(real + 20 + trip / 2);
  for (let own = 0; own < realMillis; own += 50 / rate) {
    arrivals.sort((x, y) => x - y);
    while ((arrivals[0] ?? own) < own) peers.heard(b, beat("0."), local(arrivals.shift() as number));
    const heard = peers.isHeard(b, local(own));
    const asked = peers.audiences(local(own), [b], false)[0]?.ask === true;
    if (asked) arrivals.push(own + trip);
    seen.push({ asked, heard });
  }
  return seen;
}

const meetings: readonly Meeting[] = [1, 0.1, 1.5].flatMap((rate) => [
  { rate, trip: 0.5 },
  { rate, trip: 14 },
]);

const normal = table("peers: nobody is asked for long while heartbeats come often", meetings, (meeting) => {
  const seen = meet(meeting, 20_000);
  // At the start nothing is known yet.
  const later = seen.slice(Math.ceil(seen.length / 2));
  assert(later.length > 0 && later.every(({ asked, heard }) => heard && !asked));
});

const fast = table(
  "peers: with a fast clock answers are asked for, and heard",
  [3, 5, 10].flatMap((rate) => [0.5, 5, 14].map((trip) => ({ rate, trip }))),
  (meeting) => {
    const seen = meet(meeting, 3_000).slice(20);
    assert(seen.every(({ asked, heard }) => asked && heard));
  },
);

/** One that has been asked for long has the whole time-out for each answer; one that fell silent has not. */
const patience = table("peers: patience", [149, 150, 199, 200, 250], (silence) => {
  const used = new Peers();
  used.audiences(at(0), [b], false);
  used.heard(b, beat("0."), at(10));
  for (let now = 50; now <= 1_000; now += 50) used.audiences(at(now), [b], false);
  used.heard(b, beat("0."), at(1_000));
  assert.equal(used.isHeard(b, at(1_000 + silence)), silence < 200);
  const silent = new Peers();
  for (let now = 0; now <= 1_500; now += 50) {
    silent.audiences(at(now), [b], false);
    silent.heard(b, beat("0."), at(now + 1));
    silent.heard(b, beat("0."), at(now + 2));
  }
  for (let now = 1_550; now <= 1_502 + silence; now += 50) silent.audiences(at(now), [b], false);
  assert.equal(silent.isHeard(b, at(1_502 + silence)), silence < 150);
});

/** Heartbeats of one turn: each group gets what fits it, and who asked is answered once. */
const groups: Case = {
  name: "peers: who asked is answered at once, and once",
  run() {
    const peers = new Peers();
    peers.heard(b, beat("0.", { ask: true }), at(0));
    peers.heard(b, beat("0.", { ask: true }), at(1));
    assert.equal(peers.wantAnswers, true);
    assert.deepEqual(peers.audiences(at(1), [], false), [{ to: [b], ask: false, hears: true }]);
    assert.equal(peers.wantAnswers, false);
    peers.heard(b, beat("0.", { ask: true }), at(2));
    const c = id("c");
    const both = peers.audiences(at(2), [b, c], false);
    assert.deepEqual(both, [
      { to: [b], ask: false, hears: true },
      { to: [c], ask: true, hears: false },
    ]);
    assert.deepEqual(peers.audiences(at(3), [b], true), [{ to: [b], ask: true, hears: true }]);
  },
};

function beats(node: PaxosNode, now: Millis, ask: boolean) {
  const question = { type: "receive", from: b, message: beat("0.", { ask }) } as const;
  const out = node.step(moment(now), [question]);
  return out.send.flatMap(({ to, message }) => (message.type === "heartbeat" ? [{ to, message }] : []));
}

/** A node answers at once who asks, whatever it is itself; a heartbeat that does not ask is not answered. */
const answers = table("peers: a node answers", ["replica", "acceptor", "learner"] as const, (role) => {
  const members = [member("a", role), member("b"), member("c")];
  const node = new PaxosNode(recovered("a", { ...view("abc"), members }), at(0));
  node.step(moment(0), [{ type: "wake" }]);
  assert.deepEqual(beats(node, at(10), false), []);
  const [answer, ...more] = beats(node, at(20), true);
  assert.deepEqual([answer?.to, answer?.message.ask, answer?.message.hears, more], [[b], false, true, []]);
});

export const peersCases: readonly Case[] = [normal, fast, patience, groups, answers];
