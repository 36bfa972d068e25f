/** Tables of the election: who is heard, connected and highest decides what a node does at its check. */
import assert from "node:assert/strict";
import { compareBallots, maxBallot, sameBallot } from "../../src/shared/paxos/ballot.ts";
import { Election, heartbeatTimeoutMillis } from "../../src/shared/paxos/election.ts";
import { wallMillis } from "../../src/shared/paxos/ids.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Heartbeat } from "../../src/shared/paxos/types.ts";
import { at, ballot, type Case, id, moment, product, table, view } from "./case.ts";

function beat(of: string, given: Partial<Heartbeat> = {}): Heartbeat {
  const none = { leading: false, connected: true, view: 1, decided: slot(0), executed: slot(0), digest: 0 };
  return { type: "heartbeat", ballot: ballot(of), wall: wallMillis(0), ...none, ...given };
}

const abc = () => [view("abc")];
const voices = ["silent", "alone", "0.b", "4.b", "5.b", "6.b"] as const;

/**
 * Node a knows that 5.b leads. b and c are silent, heard but without a majority, or heard with a ballot; a stands
 * already with 3.a or 7.a or not at all; it may stand or not.
 */
const rows = product(voices, voices, ["0.a", "3.a", "7.a"], [true, false]);

const check = table("election: check", rows, ([b, c, own, stands]) => {
  const election = new Election(id("a"), ballot("5.b"), at(0));
  election.own = ballot(own);
  const candidates = stands && own !== "0.a" ? [ballot(own)] : [];
  for (const [name, voice] of [
    ["b", b],
    ["c", c.replace("b", "c")],
  ] as const) {
    if (voice === "silent") continue;
    const of = voice === "alone" ? `9.${name}` : voice;
    election.heartbeat(id(name), beat(of, { connected: voice !== "alone" }), at(100));
    if (voice !== "alone" && !voice.startsWith("0")) candidates.push(ballot(of));
  }
  const verdict = election.check(moment(150), abc, stands);
  const connected = b !== "silent" || c !== "silent";
  assert.equal(election.connected, connected);
  const top = candidates.reduce(maxBallot, ballot("0."));
  const order = top.round === 0 ? -1 : compareBallots(top, ballot("5.b"));
  if (!connected || (order < 0 && !stands)) {
    assert.equal(verdict, null);
    assert.deepEqual([election.own, election.leader], [ballot(own), ballot("5.b")]);
  } else if (order >= 0) {
    assert.equal(verdict, order > 0 && sameBallot(top, ballot(own)) ? "scout" : null);
    assert.deepEqual(election.leader, top);
  } else {
    assert.equal(verdict, "stand");
    assert.deepEqual(election.own, ballot("6.a"), "above the leader that failed");
  }
});

/** A peer is heard for less than the time-out after its last heartbeat. */
const ages = table("election: heard", [0, 1, 149, 150, 151, 1000], (age) => {
  const election = new Election(id("a"), ballot("0."), at(0));
  assert.equal(election.isHeard(id("b"), at(0)), false);
  election.heartbeat(id("b"), beat("0.b"), at(1000));
  const heard = age < heartbeatTimeoutMillis;
  assert.equal(election.isHeard(id("b"), at(1000 + age)), heard);
  assert.equal(election.clocks(moment(1000 + age)).length, heard ? 2 : 1);
  election.check(moment(1000 + age), abc, true);
  assert.equal(election.connected, heard);
});

/** While the window spans two views a majority of each must be heard. */
const names = ["", "b", "c", "d", "bc", "bd", "cd", "bcd", "e", "be", "de", "bde"] as const;
const spans = table("election: connected in both views", names, (heard) => {
  const election = new Election(id("a"), ballot("0."), at(0));
  for (const name of heard) election.heartbeat(id(name), beat("0."), at(100));
  const both = () => [view("abc"), view("abcde", 2, 70)];
  election.check(moment(150), both, true);
  const inFirst = 1 + [...heard].filter((n) => "bc".includes(n)).length;
  assert.equal(election.connected, inFirst >= 2 && 1 + heard.length >= 3);
});

/** Rule 2 and preemption: what it stands with is above every ballot it ever saw. */
const ballots = ["0.", "4.e", "5.a", "5.b", "6.a", "9.f"] as const;
const above = table(
  "election: stands above all",
  product(ballots, ballots, [true, false]),
  ([promised, seen, leading]) => {
    const election = new Election(id("a"), ballot(promised), at(0));
    election.heartbeat(id("b"), beat(seen, { leading, connected: false }), at(100));
    const known = leading ? maxBallot(ballot(promised), ballot(seen)) : ballot(promised);
    assert.deepEqual(election.leader, known);
    assert.equal(election.own.round, 0);
    assert.equal(election.check(moment(150), abc, true), "stand");
    assert.deepEqual(election.own, { round: known.round + 1, leader: id("a") });
    assert(compareBallots(election.own, known) > 0);
  },
);

const waits: Case = {
  name: "election: a node that has just started listens for a whole time-out first",
  run() {
    const election = new Election(id("a"), ballot("0."), at(1000));
    election.heartbeat(id("b"), beat("0."), at(1149));
    assert.equal(election.check(moment(1149), abc, true), null);
    assert.equal(election.own.round, 0);
    assert.equal(election.check(moment(1150), abc, true), "stand");
    // Its raised ballot must be heard before it is compared.
    assert.equal(election.check(moment(1199, 0), abc, true), null);
    assert.equal(election.check(moment(1216, 0), abc, true), "scout");
    assert.equal(election.check(moment(1300), abc, true), null, "once");
  },
};

const alone: Case = {
  name: "election: who has nobody to listen for scouts at once",
  run() {
    const election = new Election(id("a"), ballot("3.a"), at(0));
    election.hurry(at(0));
    assert.equal(
      election.check(moment(0), () => [view("a")], true),
      "scout",
    );
    assert.deepEqual(election.own, ballot("4.a"));
  },
};

/** The leader's port refuses: it is unheard at once, and the check is due now. Others' refusals hurry nobody. */
const refused = table("election: refused", product(["b", "c", "d"], [true, false]), ([peer, heard]) => {
  const election = new Election(id("a"), ballot("0."), at(0));
  if (heard) for (const name of "bc") election.heartbeat(id(name), beat("0."), at(160));
  election.follow(ballot("5.b"));
  election.check(moment(170), abc, true);
  election.refused(id(peer), at(180));
  assert.equal(election.isHeard(id(peer), at(180)), false);
  assert.equal(election.wakeAt() <= 180, true, "the heartbeat is due first in any case");
  election.nextBeat = at(9999);
  assert.equal(election.wakeAt(), heard && peer === "b" ? 180 : 220);
});

const following = table("election: who leads", product(ballots, ballots), ([led, seen]) => {
  const election = new Election(id("a"), ballot("0."), at(0));
  election.follow(ballot(led));
  election.saw(ballot(seen));
  const raised = compareBallots(ballot(seen), ballot(led)) > 0;
  const other = led !== "0." && !led.endsWith("a");
  assert.deepEqual(election.following, other && !raised ? id(led.slice(-1)) : null);
  election.outvoted(ballot("9.f"));
  assert.equal(election.following, null);
  assert(compareBallots(election.leader, ballot("9.f")) > 0);
});

export const electionCases: readonly Case[] = [check, ages, spans, above, waits, alone, refused, following];
