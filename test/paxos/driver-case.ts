/**
 * The driver with a disk, a clock and a network that obey the case: what waits for the disk, what does not, and what
 * happens when the disk fails. The clock is turned by hand, and an append ends when, and as soon as, it is told to.
 */
import assert from "node:assert/strict";
import type { Clock, Timer } from "../../src/shared/clock.ts";
import type { NodeId } from "../../src/shared/paxos/ids.ts";
import { PaxosNode } from "../../src/shared/paxos/node.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { PaxosMessage, Write } from "../../src/shared/paxos/types.ts";
import { Driver } from "../../src/shared/server/driver.ts";
import type { Storage } from "../../src/shared/server/storage.ts";
import type { Transport } from "../../src/shared/server/transport.ts";
import type { PeerMessage } from "../../src/shared/wire/messages.ts";
import { at, ballot, type Case, id, moment, pvalue, recovered, view } from "./case.ts";

type Settle = (error?: Error) => void;

/** A promise that calls back within `settle`, so that a case needs no waiting. It serves one `then`. */
function promiseByHand(): { promise: Promise<void>; settle: Settle } {
  let [done, failed]: [() => void, (error: unknown) => void] = [() => undefined, () => undefined];
  const then = (onDone: () => void, onFailed: (error: unknown) => void) => {
    [done, failed] = [onDone, onFailed];
    return promise;
  };
  const promise = { then } as unknown as Promise<void>;
  return { promise, settle: (error) => (error === undefined ? done() : failed(error)) };
}

class Disk implements Storage {
  readonly appends: { readonly writes: readonly Write[]; readonly settle: Settle }[] = [];
  append(writes: readonly Write[]): Promise<void> {
    const { promise, settle } = promiseByHand();
    this.appends.push({ writes, settle });
    return promise;
  }
  load = async () => ({ notes: [] });
  bytes = () => 0;
  close = async () => undefined;
}

class Network implements Transport {
  /** Queued since the last flush. */
  private queued: string[] = [];
  /** What left, as "b p1b". Heartbeats are left out. */
  sent: string[] = [];
  send(to: readonly NodeId[], message: PeerMessage): void {
    if (message.type !== "heartbeat") for (const peer of to) this.queued.push(`${peer[0]} ${message.type}`);
  }
  flush(): void {
    this.sent.push(...this.queued);
    this.queued = [];
  }
  start = () => undefined;
  learn = () => undefined;
  close = async () => undefined;
}

class Turns implements Clock {
  now = 0;
  private soonest: (() => void)[] = [];
  readonly timers: number[] = [];
  moment = () => moment(this.now);
  at(when: number): Timer {
    this.timers.push(when);
    return { cancel: () => undefined };
  }
  soon(run: () => void): void {
    this.soonest.push(run);
  }
  /** The event loop goes round until nothing is left to do. */
  turn(): void {
    for (;;) {
      const [run] = this.soonest.splice(0, 1);
      if (run === undefined) return;
      run();
    }
  }
}

interface Rig {
  readonly disk: Disk;
  readonly net: Network;
  readonly clock: Turns;
  readonly driver: Driver;
  readonly decided: number[];
  readonly failures: unknown[];
  hear(...messages: PaxosMessage[]): void;
}

/** Node a of a, b and c, which hears from b. */
function rig(): Rig {
  const [disk, net, clock] = [new Disk(), new Network(), new Turns()];
  const [decided, failures]: [number[], unknown[]] = [[], []];
  const node = new PaxosNode(recovered("a", view("abc")), at(0));
  const driver = new Driver(node, disk, net, clock, {
    turned: () => undefined,
    decided: (d) => decided.push(d.slot),
    failed: (error) => failures.push(error),
  });
  const hear = (...messages: PaxosMessage[]) => {
    for (const message of messages) driver.push({ type: "receive", from: id("b"), message });
    clock.turn();
  };
  return { disk, net, clock, driver, decided, failures, hear };
}

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
  sendsDoNotWait,
  p1aWaits,
  failed,
  broken,
  oneTimer,
];
