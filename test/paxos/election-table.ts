/** Tables of the election: who is heard, hears, is connected, follows whom, and what a node does at its check. */
import assert from "node:assert/strict";
import { compareBallots, maxBallot, sameBallot } from "../../src/shared/paxos/ballot.ts";
import { Election } from "../../src/shared/paxos/election.ts";
import { wallMillis } from "../../src/shared/paxos/ids.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Heartbeat } from "../../src/shared/paxos/types.ts";
import type { View } from "../../src/shared/paxos/view.ts";
import { at, ballot, type Case, id, member, moment, product, table, view } from "./case.ts";

/** A heartbeat of one that hears the receiver and a majority, and follows nobody. */
export function beat(of: string, given: Partial<Heartbeat> = {}): Heartbeat {
  const none = { leading: false, connected: true, view: 1, decided: slot(0), executed: slot(0) };
  const state = {
    digestAt: slot(0),
    digest: 0,
    snapshot: slot(0),
    stateHash: 0,
    kept: slot(0),
    wall: wallMillis(0),
  };
  const rest = { ask: false, hears: true, follows: ballot("0."), relays: false };
  return { type: "heartbeat", ballot: ballot(of), ...none, ...state, ...rest, ...given };
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
  const connected = b !== "silent" || c !== "silent";
  const candidates = stands && connected && own !== "0.a" ? [ballot(own)] : [];
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
  assert.equal(election.connected, connected);
  const top = candidates.reduce(maxBallot, ballot("0."));
  const order = top.round === 0 ? -1 : compareBallots(top, ballot("5.b"));
  assert.deepEqual(election.follows, order >= 0 ? top : ballot("0."), "whom it follows");
  if (order >= 0) {
    assert.equal(verdict, order > 0 && sameBallot(top, ballot(own)) ? "scout" : null);
    assert.deepEqual(election.leader, top);
  } else if (!connected || !stands) {
    assert.equal(verdict, null);
    assert.deepEqual([election.own, election.leader], [ballot(own), ballot("5.b")]);
  } else {
    assert.equal(verdict, "stand");
    assert.deepEqual(election.own, ballot("6.a"), "above the leader that failed");
  }
});

const hearings = ["silent", "deaf", "heard"] as const;

/** Only peers that hear this node count: one that hears nobody, or is heard by nobody, is not connected. */
const both = table("election: connected is both ways", product(hearings, hearings), ([b, c]) => {
  const election = new Election(id("a"), ballot("5.b"), at(0));
  if (b !== "silent") election.heartbeat(id("b"), beat("0.", { hears: b === "heard" }), at(100));
  if (c !== "silent") election.heartbeat(id("c"), beat("0.", { hears: c === "heard" }), at(100));
  const connected = b === "heard" || c === "heard";
  assert.equal(election.check(moment(150), abc, true), connected ? "stand" : null);
  assert.equal(election.connected, connected);
});

const led = ["0.", "4.e", "5.e", "6.e"] as const;
const followings = product(led, led, led, led.slice(0, 2), [150, 449, 450]);

/**
 * Node a of five does not hear e, which leads with 5.e; b, c and d say whom they follow. It stands only when a
 * majority, itself included, follows nobody. Who follows a lower ballot counts as led, but not for long.
 */
const free = table(
  "election: stands only when a majority follows nobody",
  followings,
  ([b, c, d, known, now]) => {
    const election = new Election(id("a"), maxBallot(ballot("5.e"), ballot(known)), at(0));
    for (const [name, follows] of [
      ["b", b],
      ["c", c],
      ["d", d],
    ] as const)
      election.heartbeat(id(name), beat("0.", { follows: ballot(follows) }), at(now - 50));
    const highest = [b, c, d, "5.e"].map(ballot).reduce(maxBallot);
    const higher = (f: string) => now < 450 || compareBallots(ballot(f), highest) === 0;
    const followers = [b, c, d].filter((f) => f !== "0." && higher(f)).length;
    const verdict = election.check(moment(now), () => [view("abcde")], true);
    assert.deepEqual(election.leader, highest, "it knows the ballot that the others follow");
    assert.equal(verdict, 4 - followers >= 3 ? "stand" : null);
  },
);

/** A peer is heard for less than the time-out after its last heartbeat. */
const ages = table("election: heard", [0, 1, 149, 150, 151, 1000], (age) => {
  const election = new Election(id("a"), ballot("0."), at(0));
  assert.equal(election.isHeard(id("b"), at(0)), false);
  election.heartbeat(id("b"), beat("0.b"), at(1000));
  const heard = age < 150;
  assert.equal(election.isHeard(id("b"), at(1000 + age)), heard);
  assert.equal(election.clocks(moment(1000 + age), abc()).length, heard ? 2 : 1);
  election.check(moment(1000 + age), abc, true);
  assert.equal(election.connected, heard);
});

/** While the window spans two views a majority of each must be heard. */
const names = ["", "b", "c", "d", "bc", "bd", "cd", "bcd", "e", "be", "de", "bde"] as const;
const spans = table("election: connected in both views", names, (heard) => {
  const election = new Election(id("a"), ballot("0."), at(0));
  for (const name of heard) election.heartbeat(id(name), beat("0."), at(100));
  const open = () => [view("abc"), view("abcde", 2, 70)];
  election.check(moment(150), open, true);
  const inFirst = 1 + [...heard].filter((n) => "bc".includes(n)).length;
  assert.equal(election.connected, inFirst >= 2 && 1 + heard.length >= 3);
});

/** Of those heard only voters of an open view are counted, believed in and asked for the time. */
const roles = table(
  "election: others than voters",
  product(["replica", "acceptor", "learner", "nameserver", "none"] as const, ["5.d", "9.d"]),
  ([role, of]) => {
    const election = new Election(id("a"), ballot("5.d"), at(0));
    const members = [member("a"), member("b"), ...(role === "none" ? [] : [member("d", role)])];
    const open: View[] = [{ ...view("ab"), members }];
    election.heartbeat(id("d"), beat(of), at(100));
    const votes = role === "replica" || role === "acceptor";
    const verdict = election.check(moment(150), () => open, true);
    assert.equal(verdict, null, "two of three hear each other, or one of two");
    assert.equal(election.connected, votes);
    assert.deepEqual(election.follows, votes ? ballot(of) : ballot("0."));
    assert.equal(election.clocks(moment(150), open).length, votes ? 2 : 1);
    assert.equal(election.isHeard(id("d"), at(150)), true);
  },
);

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

/** Who knows a higher ballot, or may not stand, offers none: others would elect it in vain. */
const offers = table(
  "election: offers no ballot below one that it knows",
  product(["4.a", "5.a", "6.a"], ["4.e", "5.a", "5.e", "9.b"], [true, false]),
  ([own, known, stands]) => {
    const election = new Election(id("a"), ballot("0."), at(0));
    election.own = ballot(own);
    election.saw(ballot(known));
    const offered = stands && compareBallots(ballot(own), ballot(known)) >= 0;
    assert.deepEqual(election.offer(stands), offered ? ballot(own) : ballot("0."));
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
    // Its raised ballot must be heard before it is compared, whoever believes in it or changes meanwhile.
    election.heartbeat(id("b"), beat("0.", { follows: election.own }), at(1160));
    assert.equal(election.check(moment(1199, 0), abc, true), null);
    assert.equal(election.check(moment(1216, 0), abc, true), "scout");
    assert.equal(election.check(moment(1300), abc, true), null, "once");
  },
};

/** What a peer says of the leader changes: this node looks at once, and not when it says the same again. */
const looks = table(
  "election: looks at once",
  ["same", "ballot", "connected", "follows", "hears"] as const,
  (what) => {
    const election = new Election(id("a"), ballot("5.c"), at(0));
    const first = beat("4.b", { follows: ballot("5.c") });
    election.heartbeat(id("b"), first, at(100));
    election.check(moment(150), () => [view("abcde")], true);
    election.nextBeat = at(9999);
    assert.equal(election.wakeAt(), 200);
    const changes = {
      same: {},
      ballot: { ballot: ballot("6.b") },
      connected: { connected: false },
      follows: { follows: ballot("0.") },
      hears: { hears: false },
    };
    election.heartbeat(id("b"), { ...first, ...changes[what] }, at(170));
    assert.equal(election.wakeAt(), what === "same" ? 200 : 170);
  },
);

const alone: Case = {
  name: "election: who has nobody to listen for scouts at once",
  run() {
    const election = new Election(id("a"), ballot("3.a"), at(0));
    election.hurry(at(0));
    assert.equal(
      election.check(moment(0), () => [view("a")], true),
      "scout",
    );
    assert.deepEqual([election.own, election.follows], [ballot("4.a"), ballot("4.a")]);
  },
};

/** Asked to take over between two looks: what it has heard since the last one counts, and what it hears no more. */
const asked = table("election: it takes over when a majority hears it by now", voices, (voice) => {
  const election = new Election(id("a"), ballot("5.b"), at(0));
  election.check(moment(150), abc, true);
  if (voice !== "silent") election.heartbeat(id("b"), beat("5.b", { hears: voice !== "alone" }), at(160));
  const heard = voice !== "silent" && voice !== "alone";
  assert.deepEqual(election.succeed(at(170), abc()), heard ? ballot("6.a") : null);
  assert.deepEqual([election.connected, election.follows], [heard, ballot(heard ? "6.a" : "0.")]);
  election.connected = true;
  assert.equal(election.succeed(at(999), abc()), null);
  assert.equal(election.connected, false);
});

/** The leader's port refuses: it is unheard at once, and the check is due now. Others' refusals hurry nobody. */
const refused = table("election: refused", product(["b", "c", "d"], [true, false]), ([peer, heard]) => {
  const election = new Election(id("a"), ballot("0."), at(0));
  const follows = ballot("5.b");
  const beats = { b: beat("5.b", { follows, leading: true }), c: beat("0.", { follows, relays: true }) };
  if (heard) for (const name of ["b", "c"] as const) election.heartbeat(id(name), beats[name], at(160));
  election.follow(ballot("5.b"));
  assert.equal(election.check(moment(170), abc, true), null);
  election.refused(id(peer), at(180));
  assert.equal(election.isHeard(id(peer), at(180)), false);
  election.nextBeat = at(9999);
  assert.equal(election.wakeAt(), heard && peer === "b" ? 180 : 220);
  // Whoever still believes to hear it is not believed.
  if (heard && peer === "b") assert.equal(election.check(moment(180), abc, true), "stand");
});

const following = table("election: who leads", product(ballots, ballots), ([known, seen]) => {
  const election = new Election(id("a"), ballot("0."), at(0));
  election.follow(ballot(known));
  election.saw(ballot(seen));
  const raised = compareBallots(ballot(seen), ballot(known)) > 0;
  const other = known !== "0." && !known.endsWith("a");
  const leads = other && !raised ? id(known.slice(-1)) : null;
  assert.deepEqual([election.following, election.route], [leads, leads]);
  election.outvoted(ballot("9.f"));
  assert.equal(election.following, null);
  assert(compareBallots(election.leader, ballot("9.f")) > 0);
});

/** The leader c and a hear each other, or not; b reaches c, or only hears it, or follows another one. */
const routes = table(
  "election: the way to the leader",
  product(["silent", "deaf", "linked"] as const, ["relays", "hears", "other"] as const, [true, false]),
  ([c, b, bHears]) => {
    const election = new Election(id("a"), ballot("5.c"), at(0));
    const follows = ballot("5.c");
    if (c !== "silent") {
      const given = { follows, leading: true, hears: c === "linked" };
      election.heartbeat(id("c"), beat("5.c", given), at(100));
    }
    const said = b === "other" ? ballot("4.e") : follows;
    const relays = { follows: said, relays: b !== "hears", hears: bHears };
    election.heartbeat(id("b"), beat("0.", relays), at(100));
    election.check(moment(150), abc, true);
    const through = b === "relays" && bHears;
    const known = c !== "silent" || through;
    const way = c !== "linked" && through ? id("b") : known ? id("c") : null;
    assert.deepEqual([election.following, election.route], [known ? id("c") : null, way]);
    assert.equal(election.relays(at(150)), c === "linked");
  },
);

export const electionCases: readonly Case[] = [
  ...[check, both, free, ages, spans, roles, above, offers, waits, looks, alone],
  ...[refused, following, routes, asked],
];
