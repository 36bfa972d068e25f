/** Cases of a node that leads: when it is ready, what counts as time, whom it asks, how it batches. */
import assert from "node:assert/strict";
import { wallMillis } from "../../src/shared/paxos/ids.ts";
import { Leader } from "../../src/shared/paxos/leader.ts";
import { Log } from "../../src/shared/paxos/log.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import { Views } from "../../src/shared/paxos/view.ts";
import { at, ballot, type Case, command, id, member, moment, pvalue, recovered, view } from "./case.ts";
import { lead, rig } from "./leader-table.ts";
import { p1b } from "./scout-table.ts";

/** Rule 9, as far as it concerns writes: what earlier leaders may have decided is decided before commands are taken. */
const ready: Case = {
  name: "leader: ready when all that phase 1 found is decided",
  run() {
    const r = rig();
    r.leader.scout(at(0), ballot("9.a"));
    for (const name of "ab") r.leader.p1b(id(name), p1b("9.a", [pvalue(2, "1.a", "X")]));
    assert.equal(r.leader.ready, false);
    r.run();
    const seen = [r.leader.ready];
    for (const s of [1, 2, 3]) {
      const yes = { type: "p2b", asked: ballot("9.a"), ballot: ballot("9.a"), slot: slot(s) } as const;
      for (const name of "ab") r.leader.p2b(id(name), yes);
      r.log.advance([], () => undefined);
      seen.push(r.leader.ready);
    }
    assert.deepEqual(seen, [false, false, true, true]);
  },
};

/** An outage does not count: neither without a majority that is heard, nor while nothing is decided. */
const outage: Case = {
  name: "leader: log time stands still in an outage",
  run() {
    const r = rig();
    lead(r);
    const steps: readonly (readonly [number, boolean])[] = [
      [200, true],
      [400, false],
      [600, false],
      [800, true],
      [1_000, true],
      [1_200, true],
      [1_400, true],
    ];
    for (const [now, connected] of steps) r.run(now, connected);
    for (const name of "ab") {
      const yes = { type: "p2b", asked: ballot("5.c"), ballot: ballot("5.c"), slot: slot(1) } as const;
      r.leader.p2b(id(name), yes);
    }
    r.leader.takes?.addCalls([command("X")]);
    r.run(1_500);
    // 200, then 400 without a majority, then 400; #1 is open since 0, so that 1,000 to 1,400 do not count; then 100.
    assert.equal(r.values.at(-1)?.stamp?.logTime, 200 + 400 + 100);
  },
};

/** What is found decided while it scouts may bring a new view: its voters are asked as well. */
const scoutingView: Case = {
  name: "leader: asks the voters of a view that it learns of while it scouts",
  run() {
    const log = new Log(recovered("a", view("ab")));
    const views = new Views([view("ab")]);
    const leader = new Leader(log, views);
    const asked: string[] = [];
    const run = (now: number) =>
      leader.run(
        moment(now),
        true,
        () => wallMillis(1),
        (_, to) => asked.push(to.map((n) => n[0]).join("")),
        () => undefined,
      );
    leader.scout(at(0), ballot("5.a"));
    run(0);
    const joined = views.decide(slot(1), { type: "join", against: 1, member: member("d") });
    leader.newView(joined?.first ?? slot(0), at(1));
    run(1);
    assert.deepEqual(asked, ["ab", "abd"]);
  },
};

/** Batching: what waits shares a slot; four slots are open at most while commands wait. */
const batches: Case = {
  name: "leader: pipelines four slots, then gathers",
  run() {
    const r = rig();
    r.leader.takes?.addCalls([command("early")]); // dropped: it does not lead
    lead(r);
    for (const text of ["A", "B", "C", "D", "E"]) {
      r.leader.takes?.addCalls([command(text)]);
      r.run();
    }
    assert.deepEqual(r.proposed, ["#1 first abc", "#2 A abc", "#3 B abc", "#4 C abc"]);
    const yes = { type: "p2b", asked: ballot("5.c"), ballot: ballot("5.c"), slot: slot(1) } as const;
    for (const name of "ab") r.leader.p2b(id(name), yes);
    r.log.advance([], () => undefined);
    r.run();
    assert.equal(r.proposed.at(-1), "#5 D+E abc");
    r.leader.follow();
    r.run();
    assert.equal(r.proposed.length, 5);
    assert.equal(r.leader.ballot, null);
  },
};

export const leadingCases: readonly Case[] = [ready, outage, scoutingView, batches];
