/** Tables of the commander, and of a leader alone: which p2b it counts, what it proposes, when it stops. */
import assert from "node:assert/strict";
import { Commander } from "../../src/shared/paxos/commander.ts";
import { type NodeId, wallMillis } from "../../src/shared/paxos/ids.ts";
import { Leader, noop } from "../../src/shared/paxos/leader.ts";
import { Log } from "../../src/shared/paxos/log.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Proposal } from "../../src/shared/paxos/types.ts";
import { type View, Views } from "../../src/shared/paxos/view.ts";
import {
  at,
  ballot,
  type Case,
  command,
  id,
  member,
  moment,
  product,
  proposal,
  pvalue,
  recovered,
  showBallot,
  showProposal,
  table,
  view,
} from "./case.ts";
import { p1b } from "./scout-table.ts";

/** Every sequence of four answers from voters, a learner and a stranger, with repeats. */
const names = ["a", "b", "c", "e", "f"] as const;
const withLearner: View = {
  ...view("abc"),
  members: [...view("abcd").members.slice(0, 3), member("e", "learner")],
};

const distinct = table("commander: distinct voters", product(names, names, names, names), (row) => {
  const commander = new Commander(noop, withLearner, at(0));
  const seen = new Set<string>();
  for (const name of row) {
    seen.add(name);
    const voters = ["a", "b", "c"].filter((v) => seen.has(v)).length;
    assert.equal(commander.p2b(id(name)), voters >= 2);
    assert.equal(commander.hasAccepted(id(name)), true);
  }
  assert.equal(commander.hasAccepted(id("d")), false);
});

const sizes = table(
  "commander: majority of one to six",
  product(["a", "ab", "abc", "abcd", "abcde", "abcdef"]),
  ([of]) => {
    const commander = new Commander(noop, view(of), at(0));
    for (const [i, name] of [...of].entries()) assert.equal(commander.p2b(id(name)), (i + 1) * 2 > of.length);
  },
);

const resend: Case = {
  name: "commander: repeats less and less often, and soon when a voter was behind",
  run() {
    const commander = new Commander(noop, view("abc"), at(0));
    const times = [commander.resendAt];
    for (let i = 0; i < 5; i++) {
      commander.resent(commander.resendAt);
      times.push(commander.resendAt);
    }
    assert.deepEqual(times, [100, 300, 700, 1500, 2500, 3500]);
    commander.hasten(at(3000));
    assert.equal(commander.resendAt, 3010);
    commander.hasten(at(3005));
    assert.equal(commander.resendAt, 3010, "never later");
  },
};

export interface Rig {
  readonly log: Log;
  readonly leader: Leader;
  readonly proposed: string[];
  readonly values: Proposal[];
  run(now?: number, connected?: boolean): void;
}

/** The leader's part of node a in a view of a, b and c, without a network. */
export function rig(first = view("abc"), decided = 0): Rig {
  const accepted = [...Array(decided).keys()].map((i) => pvalue(i + 1, "1.a", `v${i + 1}`));
  const log = new Log(recovered("a", first, { accepted, decided: slot(decided) }));
  const leader = new Leader(log, new Views([first]));
  const proposed: string[] = [];
  const values: Proposal[] = [];
  const propose = (s: number, p: Proposal, _: unknown, to: readonly NodeId[]) => {
    proposed.push(`#${s} ${showProposal(p)} ${to.map((n) => n[0]).join("")}`);
    values.push(p);
  };
  const run = (now = 0, connected = true) =>
    leader.run(
      moment(now),
      connected,
      () => wallMillis(1),
      () => undefined,
      propose,
    );
  return { log, leader, proposed, values, run };
}

export function lead(r: Rig, of = "5.c"): void {
  r.leader.scout(at(0), ballot(of));
  const above = r.log.decided;
  for (const name of "ab") r.leader.p1b(id(name), p1b(of, [], { decided: above, above }));
  r.run();
}

const ballots = ["4.e", "5.b", "5.c", "5.d", "6.a"] as const;

/** Rule 4: own, older and newer ballots, asked and promised; the slot that is open, one before and one behind. */
const p2b = table(
  "leader: p2b",
  product(ballots, ballots, [0, 1, 2], ["b", "c", "d"]),
  ([asked, promised, s, name]) => {
    const r = rig();
    lead(r);
    assert.deepEqual(r.proposed, ["#1 first abc"]);
    const answer = { type: "p2b", asked: ballot(asked), ballot: ballot(promised), slot: slot(s) } as const;
    r.leader.p2b(id("a"), { ...answer, asked: ballot("5.c"), ballot: ballot("5.c"), slot: slot(1) });
    r.leader.p2b(id(name), answer);
    r.log.advance([], () => undefined);
    const counts = asked === "5.c" && promised === "5.c" && s === 1 && name !== "d";
    assert.equal(r.log.decided, counts ? 1 : 0);
  },
);

const idle = table(
  "leader: p2b without leading",
  product(["following", "scouting"], ballots),
  ([state, of]) => {
    const r = rig();
    if (state === "scouting") r.leader.scout(at(0), ballot("5.c"));
    const answer = { type: "p2b", asked: ballot(of), ballot: ballot(of), slot: slot(1) } as const;
    for (const name of "abc") r.leader.p2b(id(name), answer);
    r.log.advance([], () => undefined);
    assert.equal(r.log.decided, 0);
  },
);

/** What two acceptors held in #2 and #4: the higher ballot is proposed again, #1 and #3 become no-ops. */
const again = table("leader: re-proposes", product(["none", ...ballots], ["none", ...ballots]), ([b, c]) => {
  const r = rig();
  r.leader.scout(at(0), ballot("9.a"));
  const held = (of: string, s: number) => (of === "none" ? [] : [pvalue(s, of, of)]);
  r.leader.p1b(id("b"), p1b("9.a", held(b, 2)));
  r.leader.p1b(id("c"), p1b("9.a", [...held(c, 2), pvalue(4, "1.a", "Z")]));
  r.run();
  const higher = b === "none" ? c : c === "none" ? b : ballots.indexOf(b) > ballots.indexOf(c) ? b : c;
  const second = higher === "none" ? "noop" : showBallot(ballot(higher));
  const expected = ["#1 noop abc", `#2 ${second} abc`, "#3 noop abc", "#4 Z abc", "#5 first abc"];
  assert.deepEqual(r.proposed, expected);
});

/** Rule 1 over the number of slots known decided: WINDOW more may be proposed in. */
const window = table(
  "leader: window",
  product([0, 1, 5], [60, 63, 64, 65, 66, 70, 200]),
  ([decided, held]) => {
    const r = rig(view("abc"), decided);
    r.leader.scout(at(0), ballot("9.a"));
    const above = slot(decided);
    const accepted = held > decided ? [pvalue(held, "1.a", "Z")] : [];
    for (const name of "bc") r.leader.p1b(id(name), p1b("9.a", accepted, { decided: above, above }));
    r.run();
    const last = Math.min(decided + 64, held + 1);
    assert.equal(r.proposed.length, last - decided);
    assert.match(r.proposed.at(-1) ?? "", new RegExp(`^#${last} `));
  },
);

/** A new leader's log time goes on from the latest that was decided or may have been. */
const logTimes = table(
  "leader: log time of a new leader",
  product([0, 40, 90], [0, 40, 90], [0, 40, 90]),
  (row) => {
    const [before, b, c] = row;
    const held = { ...pvalue(1, "1.a", "X"), proposal: proposal("X", before) };
    const log = new Log(recovered("a", view("abc"), { accepted: [held], decided: slot(1) }));
    const leader = new Leader(log, new Views([view("abc")]));
    leader.scout(at(0), ballot("9.a"));
    const marks = { decided: slot(1), above: slot(1) };
    leader.p1b(id("b"), p1b("9.a", [{ ...pvalue(2, "1.a", "Y"), proposal: proposal("Y", b) }], marks));
    leader.p1b(id("c"), p1b("9.a", [{ ...pvalue(3, "1.a", "Z"), proposal: proposal("Z", c) }], marks));
    const made: Proposal[] = [];
    const propose = (_: number, p: Proposal) => made.push(p);
    const run = (now: number) =>
      leader.run(
        moment(now),
        true,
        () => wallMillis(1),
        () => undefined,
        propose,
      );
    run(1000);
    assert.equal(made.at(-1)?.stamp?.logTime, Math.max(before, b, c), "it stood still while nobody led");
    leader.takes?.addCalls([command("W")]);
    run(1010);
    assert.equal(made.at(-1)?.stamp?.logTime, Math.max(before, b, c) + 10);
  },
);

/** A slot decided while it is led: nothing proposed there, the same as proposed, something else. */
const outvoted = table("leader: a slot decided elsewhere", ["same", "other", "unproposed"], (what) => {
  const r = rig();
  lead(r);
  r.leader.takes?.addCalls([command("X")]);
  r.run();
  assert.deepEqual(r.proposed, ["#1 first abc", "#2 X abc"]);
  const s = slot(what === "unproposed" ? 3 : 2);
  const lost = r.leader.decidedIn(s, what === "same" ? (r.values[1] as Proposal) : proposal("Y"));
  assert.deepEqual(lost, what === "other" ? ballot("5.c") : null);
  assert.equal(r.leader.active, what !== "other");
});

export const leaderCases: readonly Case[] = [
  distinct,
  sizes,
  resend,
  p2b,
  idle,
  again,
  window,
  outvoted,
  logTimes,
];
