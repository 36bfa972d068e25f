/**
 * The driver: what waits for the disk, what does not, and what happens when the disk fails.
 */
import assert from "node:assert/strict";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { PaxosMessage } from "../../src/shared/paxos/types.ts";
import { at, ballot, type Case, id, pvalue, recovered, view } from "./case.ts";
import { rig } from "./driver-rig.ts";
import { p1b } from "./scout-table.ts";

const p1a = (of: string): PaxosMessage => ({ type: "p1a", ballot: ballot(of), from: slot(0), view: 1 });
const p2a = (of: string, s: number, text: string, decided = 0): PaxosMessage => {
  return { type: "p2a", pvalue: pvalue(s, of, text), view: 1, first: slot(1), decided: slot(decided) };
};

const votesWait: Case = {
  name: "driver: a vote leaves only when its write is durable",
  run() {
    const { disk, net, hear } = rig();
    hear(p1a("1.b"));
    assert.deepEqual(net.sent, []);
    assert.equal(disk.appends.length, 1);
    disk.appends[0]?.settle();
    assert.deepEqual(net.sent, ["b p1b"]);
  },
};

const voteWithoutWrite: Case = {
  name: "driver: a vote without a write of its own waits for an earlier write in flight",
  run() {
    const { disk, net, hear } = rig();
    hear(p1a("1.b"));
    // The same question again: the promise is made, so there is nothing to write; but it is not durable yet.
    hear(p1a("1.b"));
    assert.deepEqual(net.sent, []);
    assert.equal(disk.appends.length, 1);
    disk.appends[0]?.settle();
    assert.deepEqual(net.sent, ["b p1b", "b p1b"]);
    assert.equal(disk.appends.length, 1, "and costs no sync");
    // With the disk at rest it leaves at once.
    hear(p1a("1.b"));
    assert.deepEqual(net.sent, ["b p1b", "b p1b", "b p1b"]);
  },
};

const groupCommit: Case = {
  name: "driver: what comes during a sync shares the next one, votes stay in order",
  run() {
    const { disk, net, hear } = rig();
    hear(p1a("1.b"));
    hear(p2a("1.b", 1, "X"));
    hear(p2a("1.b", 2, "Y"), p1a("1.b"));
    assert.equal(disk.appends.length, 1, "one append at a time");
    disk.appends[0]?.settle();
    assert.deepEqual(net.sent, ["b p1b"]);
    const [, second] = disk.appends;
    assert.deepEqual(
      second?.writes.map((w) => w.type),
      ["accepted", "accepted"],
    );
    second?.settle();
    assert.deepEqual(net.sent, ["b p1b", "b p2b", "b p2b", "b p1b"]);
  },
};

/** A slot of 40 MiB: two of them are more than one append may hold. */
const large = new Uint8Array(40 * 1024 * 1024);
const inPieces: Case = {
  name: "driver: what is too much for one append is written in pieces, votes leave with the last",
  run() {
    const { disk, net, hear } = rig();
    const big = (s: number): PaxosMessage => {
      const proposal = { stamp: null, change: null, body: large };
      const p = { ballot: ballot("1.b"), slot: slot(s), proposal };
      return { type: "p2a", pvalue: p, view: 1, first: slot(1), decided: slot(0) };
    };
    hear(big(1), big(2), p2a("1.b", 3, "C"));
    assert.deepEqual(
      disk.appends.map((a) => a.writes.length),
      [1],
    );
    disk.appends[0]?.settle();
    assert.deepEqual(net.sent, [], "the first piece is no vote's whole ground");
    assert.deepEqual(
      disk.appends.map((a) => a.writes.length),
      [1, 2],
    );
    disk.appends[1]?.settle();
    assert.deepEqual(net.sent, ["b p2b", "b p2b", "b p2b"]);
  },
};

const withoutVotes: Case = {
  name: "driver: a newcomer that casts no vote writes what it learns all the same, but no mark alone",
  run() {
    const { disk, hear, decided } = rig();
    const values = [1, 2].map((s) => ({ slot: slot(s), proposal: pvalue(s, "1.b", "X").proposal }));
    hear({ type: "decisions", values, decided: slot(2), trimmed: slot(0) });
    assert.deepEqual(decided, [1, 2]);
    assert.deepEqual(
      disk.appends.map((a) => a.writes.map((w) => w.type)),
      [["chosen", "chosen", "mark"]],
    );
    disk.appends[0]?.settle();
    hear(p2a("1.b", 3, "C"));
    disk.appends[1]?.settle();
    hear({ type: "decided", ballot: ballot("1.b"), decided: slot(3) });
    assert.deepEqual(decided, [1, 2, 3]);
    assert.equal(disk.appends.length, 2, "a mark alone waits for the next write");
  },
};

/** Node a is in the view of a and b, which begins with #3: rule 6. */
const keptMark: Case = {
  name: "driver: a mark alone is written when a view begins after it, and known to be durable then",
  run() {
    const views = [view("abc"), view("ab", 2, 3)];
    const { disk, net, hear, driver, clock } = rig(recovered("a", view("abc"), { views }));
    const learn = (s: number) => hear({ type: "decided", ballot: ballot("1.b"), decided: slot(s) });
    const marks = () => disk.appends.map((a) => a.writes.map((w) => (w.type === "mark" ? w.decided : 0)));
    hear(p2a("1.b", 1, "A"), p2a("1.b", 2, "B"), p2a("1.b", 3, "C"), p2a("1.b", 4, "D"));
    disk.appends[0]?.settle();
    learn(1);
    assert.equal(disk.appends.length, 1, "a slot before that one");
    learn(2);
    assert.deepEqual(marks().slice(1), [[1, 2]]);
    assert.equal(driver.node.kept.slot, 0, "not before it is durable");
    disk.appends[1]?.settle();
    clock.turn();
    assert.equal(driver.node.kept.slot, 2);
    for (const s of [3, 4]) learn(s);
    assert.equal(disk.appends.length, 2, "and the slots after it");
    assert(!net.sent.some((line) => line.includes("kept")), "it concerns nobody else");
  },
};

/** Another node cannot say what is durable here. */
const keptByOthers: Case = {
  name: "node: only its own word tells that its mark is durable",
  run() {
    const { driver, hear } = rig();
    hear({ type: "kept", decided: slot(9) });
    assert.equal(driver.node.kept.slot, 0);
  },
};

const sendsDoNotWait: Case = {
  name: "driver: what is no vote leaves at once, decisions are executed while the disk works",
  run() {
    const { disk, net, decided, hear } = rig();
    hear(p2a("1.b", 1, "X"));
    hear({ type: "catchup", from: slot(1) }, { type: "decided", ballot: ballot("1.b"), decided: slot(1) });
    assert.deepEqual(net.sent, ["b decisions"]);
    assert.deepEqual(decided, [1]);
    assert.equal(disk.appends.length, 1, "a mark alone is not worth a sync");
  },
};

const memory: Case = {
  name: "driver: where nothing outlives the process a vote leaves before anything is executed",
  run() {
    const { disk, net, decided, before, hear } = rig();
    disk.isMemory = true;
    hear(p2a("1.b", 1, "X"));
    hear(p2a("1.b", 2, "Y", 1));
    assert.deepEqual([decided, net.sent], [[1], ["b p2b", "b p2b"]]);
    assert.deepEqual(before, [["b p2b", "b p2b"]]);
  },
};

const votesGather: Case = {
  name: "driver: votes that decide nothing yet wait for the one that does",
  run() {
    const { disk, driver, clock, decided } = rig(recovered("a", view("abcde")));
    const hear = (name: string, message: PaxosMessage) => {
      driver.push({ type: "receive", from: id(name), message });
      clock.turn();
    };
    const vote: PaxosMessage = { type: "p2b", asked: ballot("5.a"), ballot: ballot("5.a"), slot: slot(1) };
    driver.node.leader.scout(at(0), ballot("5.a"));
    for (const name of "bcd") hear(name, p1b("5.a", []));
    disk.appends[0]?.settle(); // its own promise
    clock.turn();
    const turns = clock.ran;
    disk.appends[1]?.settle(); // its own vote
    clock.turn();
    hear("b", vote);
    assert.deepEqual([decided, clock.ran - turns], [[], 0], "its own and that of b are two of three");
    hear("c", vote);
    assert.deepEqual([decided, clock.ran - turns], [[1], 1]);
    hear("d", vote);
    assert.equal(clock.ran - turns, 1, "one too many changes nothing");
    hear("e", { ...vote, ballot: ballot("6.e") });
    assert.equal(clock.ran - turns, 2, "but that somebody else leads is news");
  },
};

const p1aWaits: Case = {
  name: "driver: p1a leaves only when the candidate's own promise is durable",
  run() {
    const { disk, net, driver, clock } = rig();
    driver.node.leader.scout(at(0), ballot("1.a"));
    driver.push({ type: "wake" });
    clock.turn();
    assert.deepEqual(net.sent, []);
    assert.deepEqual(disk.appends[0]?.writes, [{ type: "promised", ballot: ballot("1.a") }]);
    assert.equal(driver.node.leader.active, false);
    disk.appends[0]?.settle();
    clock.turn();
    assert.deepEqual(net.sent, ["b p1a", "c p1a"]);
    driver.push({
      type: "receive",
      from: id("b"),
      message: {
        type: "p1b",
        asked: ballot("1.a"),
        ballot: ballot("1.a"),
        trimmed: slot(0),
        decided: slot(0),
        above: slot(0),
        upTo: null,
        accepted: [],
      },
    });
    clock.turn();
    assert.equal(driver.node.leader.active, true, "its own promise was counted");
  },
};

const failed: Case = {
  name: "driver: after a failed write nothing leaves any more",
  run() {
    const { disk, net, failures, hear } = rig();
    hear(p1a("1.b"));
    disk.appends[0]?.settle(new Error("EIO"));
    assert.equal(failures.length, 1);
    hear(p1a("2.b"));
    assert.deepEqual(net.sent, []);
    assert.equal(disk.appends.length, 1);
  },
};

const broken: Case = {
  name: "driver: a broken invariant stops the node",
  run() {
    const { net, failures, hear, decided } = rig();
    const decision = (text: string): PaxosMessage => ({
      type: "decisions",
      values: [{ slot: slot(1), proposal: pvalue(1, "1.b", text).proposal }],
      decided: slot(1),
      trimmed: slot(0),
    });
    hear(decision("X"));
    hear(decision("Y"));
    assert.match(String(failures[0]), /P2/);
    hear(p1a("9.b"));
    assert.deepEqual([net.sent, decided, failures.length], [[], [1], 1]);
  },
};

const oneTimer: Case = {
  name: "driver: keeps one timer and moves it only to an earlier time",
  run() {
    const { clock, hear } = rig();
    hear(p1a("1.b"));
    const [first] = clock.timers;
    assert(first !== undefined && first > 0);
    hear(p1a("1.b"));
    assert.deepEqual(clock.timers, [first]);
  },
};

export const driverCases: readonly Case[] = [
  votesWait,
  voteWithoutWrite,
  groupCommit,
  inPieces,
  withoutVotes,
  keptMark,
  keptByOthers,
  sendsDoNotWait,
  memory,
  votesGather,
  p1aWaits,
  failed,
  broken,
  oneTimer,
];
