/** When a node makes snapshots: a node with a real core and driver in virtual time; the others only beat. */
import assert from "node:assert/strict";
import type { PaxosNode } from "../../src/shared/paxos/node.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Input } from "../../src/shared/paxos/types.ts";
import { Driver } from "../../src/shared/server/driver.ts";
import { SnapshotSource } from "../../src/shared/server/snapshot-source.ts";
import { type SnapshotPace, Snapshots } from "../../src/shared/server/snapshots.ts";
import type { MadeSnapshot, SnapshotJob, Snapshotter } from "../../src/shared/server/snapshotter.ts";
import { objectCodec } from "../../src/shared/wire/values.ts";
import { VirtualClock } from "../client/virtual-clock.ts";
import { genesis, Log } from "../object/machine.ts";
import { ballot, command, id, proposal, view } from "../paxos/case.ts";
import { Network } from "../paxos/driver-rig.ts";
import { beat } from "../paxos/election-table.ts";
import { World } from "../paxos/world.ts";
import { bytes, Disk, headOf } from "./fetch-rig.ts";
import { hasher } from "./rig.ts";

/** All nodes know that so many slots are decided. */
export const decided = 12;

/** No snapshot is due; a state is small. */
export const seldom: SnapshotPace = { slots: 1_000_000, bytesMin: 1e9, bytesMax: 1e9, smallBytes: 1e9 };

/** The process that makes large snapshots: it answers when, and what, it is told to. */
export class Child implements Snapshotter {
  readonly jobs: SnapshotJob[] = [];
  discarded = 0;
  private answers: ((made: MadeSnapshot) => void)[] = [];
  private refusals: ((error: Error) => void)[] = [];

  make(job: SnapshotJob): Promise<MadeSnapshot> {
    this.jobs.push(job);
    return new Promise((resolve, reject) => {
      this.answers.push(resolve);
      this.refusals.push(reject);
    });
  }

  /** It has made the snapshot of the job that waits longest. */
  made(digest: number, given: Partial<MadeSnapshot> = {}): void {
    const job = this.jobs[this.jobs.length - this.answers.length];
    assert(job !== undefined, "no job waits");
    const { slot: at, views, logTime, hash, size } = headOf(job.slot);
    const base = { slot: at, views, logTime };
    const pieces = async function* () {
      yield bytes.subarray(0, 20);
      yield bytes.subarray(20);
    };
    const discard = () => {
      this.discarded++;
    };
    this.refusals.shift();
    this.answers.shift()?.({ base, hash, size, digest, hashes: [], pieces, discard, ...given });
  }

  fails(message: string): void {
    this.answers.shift();
    this.refusals.shift()?.(new Error(message));
  }
}

/** Remembers what it was given. */
class Noting extends Driver {
  readonly pushed: Input[] = [];
  override push(input: Input): void {
    this.pushed.push(input);
    super.push(input);
  }
}

export interface Setting {
  /** a, which leads, b or c. */
  readonly self?: string;
  readonly pace?: Partial<SnapshotPace>;
  readonly child?: Child;
  readonly log?: Log;
}

export class SnapshotsRig {
  readonly clock = new VirtualClock(1);
  readonly disk = new Disk();
  readonly log: Log;
  readonly node: PaxosNode;
  readonly driver: Noting;
  readonly source: SnapshotSource;
  readonly snapshots: Snapshots;
  /** Slots of those that this node made. */
  readonly kept: number[] = [];
  /** What an operator is told now. */
  lines: readonly string[] = [];
  readonly failures: unknown[] = [];
  private readonly self: string;

  constructor({ self = "a", pace = {}, child, log = new Log() }: Setting) {
    const world = new World(view("abc"));
    world.stand("a");
    world.settle();
    for (let s = 2; s <= decided; s++) {
      world.step("a", { type: "request", commands: [command(`${s}`)] });
      world.settle();
    }
    world.pass(200, true);
    this.self = self;
    this.log = log;
    this.node = world.node(self);
    const { node, clock, disk } = this;
    assert.equal(node.log.decided, decided);
    clock.now = world.now;
    this.driver = new Noting(node, disk, new Network(), clock, {
      turned: () => this.snapshots.turned(),
      decided: () => undefined,
      confirmed: () => undefined,
      trimmed: () => undefined,
      failed: (error) => this.failures.push(error),
    });
    const { driver } = this;
    this.source = new SnapshotSource(disk, clock, () => undefined, assert.ifError);
    this.snapshots = new Snapshots({
      ...{ node, driver, clock, genesis, hasher, codec: objectCodec, storage: disk, source: this.source },
      machine: log.machine,
      snapshotter: child ?? null,
      pace: { ...seldom, ...pace },
      kept: (head) => this.kept.push(head.slot),
      problems: (lines) => {
        this.lines = lines;
      },
      failed: (error) => this.failures.push(error),
    });
  }

  /** The state machine has executed slots up to this one, the last of which may have asked for a snapshot. */
  execute(to: number, announced: boolean, text = "x"): void {
    while (this.log.machine.executed < to) this.log.apply();
    this.snapshots.executed({ slot: slot(to), proposal: proposal(text) }, announced);
    this.driver.plan();
  }

  /** How many snapshots it asked the cluster for. */
  get announced(): number {
    return this.driver.pushed.filter((input) => input.type === "requestFirst").length;
  }

  /** Slots of the snapshots of which it told the core. */
  get told(): number[] {
    return this.driver.pushed.flatMap((input) => (input.type === "snapshot" ? [input.slot] : []));
  }

  /** Time passes. @param marks who is heard meanwhile, and the newest snapshot of each */
  async pass(ms: number, marks: Readonly<Record<string, number>> = {}): Promise<void> {
    for (const end = this.clock.now + ms; this.clock.now < end; ) {
      for (const [name, snapshot] of Object.entries(marks)) {
        if (name === this.self) continue;
        const leads = name === "a";
        const standing = { leading: leads, follows: ballot("1.a"), decided: slot(decided), relays: true };
        const message = beat(leads ? "1.a" : "0.", { ...standing, snapshot: slot(snapshot) });
        this.driver.push({ type: "receive", from: id(name), message });
      }
      await this.clock.pass(Math.min(50, end - this.clock.now));
    }
  }
}
