/**
 * The state that this node holds: its state machine, executed slot by slot (P5, P10), compared with the others', taken
 * and got back as snapshots. An acceptor, or a replica whose code is not the cluster's, executes nothing; it keeps
 * snapshots as bytes that it does not understand (P9).
 */
import type { Clock } from "../clock.ts";
import { type ClassEntry, classInfos, type Registry } from "../object/registry.ts";
import { type Applied, StateMachine } from "../object/state-machine.ts";
import type { ObjectCodec } from "../object/types.ts";
import { type Millis, millis, type NodeId } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import type { Decision, Proposal, SnapshotHead } from "../paxos/types.ts";
import type { Genesis } from "../paxos/view.ts";
import type { PeerMessage } from "../wire/messages.ts";
import { Agreement, type ObjectHashes } from "./agreement.ts";
import type { CodeKeeper } from "./code-keeper.ts";
import type { Driver } from "./driver.ts";
import { Executor } from "./executor.ts";
import { OwnCode, upgradeLine } from "./own-code.ts";
import { SessionEnds } from "./session-ends.ts";
import { SnapshotFetch } from "./snapshot-fetch.ts";
import { type Hasher, readAll } from "./snapshot-pieces.ts";
import { SnapshotSource } from "./snapshot-source.ts";
import { SnapshotWishes } from "./snapshot-wishes.ts";
import { baseOf, type SnapshotPace, Snapshots, stateHash } from "./snapshots.ts";
import type { Snapshotter } from "./snapshotter.ts";
import { type Storage, StorageError } from "./storage.ts";
import type { Transport } from "./transport.ts";
import { Upgrades } from "./upgrades.ts";

/** A leader that executes nothing asks others to lead, this often. */
const handOverAgainMillis = 1_000;

export interface LocalReplicaParts {
  readonly node: PaxosNode;
  readonly driver: Driver;
  readonly storage: Storage;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly codec: ObjectCodec;
  readonly genesis: Genesis;
  /** Whether it holds the objects. */
  readonly executes: boolean;
  readonly keeper: CodeKeeper | null;
  readonly snapshotter: Snapshotter | null;
  readonly hasher: () => Hasher;
  readonly pace: SnapshotPace;
  /** One line for the log. */
  readonly warn?: (line: string) => void;
  /** Sends a meta command to the leader. */
  readonly route: (command: Uint8Array) => void;
  /** The state comes from a snapshot: what clients wait for may have happened in it. */
  readonly restored: (head: SnapshotHead) => void;
  /** Slots were executed later than they were decided. */
  readonly applied: (applied: Applied) => void;
  readonly failed: (error: unknown) => void;
}

export class LocalReplica {
  readonly machine: StateMachine;
  readonly executor: Executor;
  readonly upgrades: Upgrades;
  private readonly parts: LocalReplicaParts;
  private readonly source: SnapshotSource;
  private readonly fetch: SnapshotFetch;
  private readonly snapshots: Snapshots;
  private readonly agreement: Agreement;
  private readonly sessionEnds: SessionEnds;
  private stopped = false;
  private classesToldAt: Slot | null = null;
  private snapshotLines: readonly string[] = [];
  private warned: ReadonlySet<string> = new Set();
  private warnedOf: readonly string[] = [];
  private warnedSnapshot: readonly string[] = [];
  private readonly wishes: SnapshotWishes;
  private readonly code: OwnCode;
  private handedOverAt: Millis = millis(0);

  constructor(parts: LocalReplicaParts) {
    const { node, driver, storage, transport, clock, registry, codec, genesis, failed } = parts;
    this.parts = parts;
    this.machine = new StateMachine({ genesis, registry, codec });
    const { machine } = this;
    const announce = () => parts.route(codec.encodeCommand({ type: "snapshot" }));
    this.source = new SnapshotSource(storage, clock, (slot) => driver.push({ type: "pin", slot }), failed);
    const isUnderWay = (after: Slot) => !this.executor.executes || this.snapshots.announced > after;
    this.wishes = new SnapshotWishes(this.source, announce, isUnderWay);
    this.code = new OwnCode(machine, registry, parts.keeper, (upgraded) => {
      parts.warn?.(upgradeLine(upgraded));
      this.upgrades.executed(upgraded);
    });
    this.executor = new Executor(node, machine, this.code, parts.executes, {
      executed: (decision, announced) => this.snapshots.executed(decision, announced),
      late: (applied) => parts.applied(applied),
      behind: () => (this.source.newest === null ? null : this.restore(this.source.newest)),
      again: () => driver.plan(),
      failed,
    });
    const { executor } = this;
    const held = (entries: readonly ClassEntry[]) => void executor.hold(entries).catch(failed);
    this.upgrades = new Upgrades({ ...parts, machine, held });
    this.fetch = new SnapshotFetch(node, storage, transport, clock, {
      fetched: (head) => this.fetched(head),
      none: () => executor.isHalted && executor.giveUp(),
      again: () => driver.plan(),
      failed,
    });
    const problems = (lines: readonly string[]) => {
      this.snapshotLines = lines;
    };
    const kept = (head: SnapshotHead, hashes: ObjectHashes) =>
      this.agreement.snapshot(head.slot, stateHash(head), hashes);
    this.snapshots = new Snapshots({ ...parts, machine, source: this.source, kept, problems });
    this.sessionEnds = new SessionEnds(machine, parts.route, codec, () => {
      if (!this.executor.executes) return "nothing";
      return node.leader.ready && machine.executed === node.log.decided ? "all" : "executed";
    });
    this.agreement = new Agreement({
      id: node.id,
      codec,
      trail: machine.trail,
      executed: () => (this.executor.executes ? machine.executed : slotZero),
      newestView: () => node.views.newest,
      decidedIn: (slot) => this.decidedIn(slot),
      send: (to, message) => transport.send(to, message),
    });
  }

  /** One line for each thing that an operator should know. */
  get problems(): readonly string[] {
    return [...this.code.problems, ...this.snapshotLines, ...this.agreement.problems];
  }

  /** What was decided in a slot; null when the log does not hold it. */
  decidedIn(slot: Slot): Proposal | null {
    const { log } = this.parts.node;
    return slot > log.trimmed && slot <= log.decided ? log.decidedIn(slot) : null;
  }

  /** Oldest first. */
  get heads(): readonly SnapshotHead[] {
    return this.source.all;
  }

  /** Each line goes into the log once, when it comes up. */
  private warn(): void {
    const { problems: lines } = this.agreement;
    if (lines === this.warnedOf && this.snapshotLines === this.warnedSnapshot) return;
    [this.warnedOf, this.warnedSnapshot] = [lines, this.snapshotLines];
    const now = new Set(this.problems);
    for (const line of now) if (!this.warned.has(line)) this.parts.warn?.(line);
    this.warned = now;
  }

  /** Begins with what the disk holds: the newest snapshot, and the decided slots above it. */
  async begin(head: SnapshotHead | null): Promise<void> {
    const { node, driver } = this.parts;
    if (head !== null) {
      await this.restore(head);
      driver.push(installed(head));
    }
    if (!this.executor.executes) return;
    if (this.machine.executed < node.log.trimmed)
      throw new StorageError("damage", `the snapshot of slot ${node.log.trimmed} or above is missing`);
    this.executor.goOn();
    await this.executor.settled();
  }

  /** P5, P10: in order, and never with code that is not the cluster's. */
  execute(decision: Decision): Applied | null {
    return this.executor.execute(decision);
  }

  /** After each turn. @throws Diverged when this node's state is not the majority's */
  turned(): void {
    const { node, driver, clock } = this.parts;
    const { now } = clock.moment();
    this.agreement.turned(now);
    node.retention.trims = this.agreement.agrees;
    driver.executed(this.machine.executed, this.agreement.checkpoint, this.machine.nextDue());
    this.warn();
    if (this.executor.executes) this.snapshots.turned();
    if (node.leader.ready && this.machine.classes.length === 0 && this.machine.executed === node.log.decided)
      this.tellClasses();
    this.fetch.turned(this.wantsSnapshot(now) && !this.snapshots.making);
    this.wishes.turned(now);
    if (this.executor.isHalted && node.leader.active && now - this.handedOverAt >= handOverAgainMillis) {
      this.handedOverAt = now;
      driver.push({ type: "handOver" });
    }
    this.sessionEnds.turned(now);
  }

  /** What nodes say to each other of states. */
  receive(from: NodeId, message: PeerMessage, reply: (message: PeerMessage) => void): void {
    switch (message.type) {
      case "askSnapshot":
        return this.source.asked(message, reply);
      case "snapshotPiece":
        return this.fetch.piece(from, message);
      case "noSnapshot":
        return this.fetch.missing(from);
      case "takeSnapshot":
        if (this.snapshotLines.length > 0) return reply({ type: "noSnapshot", slot: slotZero });
        return this.wishes.add({ after: this.parts.node.log.decided, reply }, this.parts.clock.moment().now);
      case "endSession":
        return this.sessionEnds.asked(message.session, reply, this.parts.clock.moment().now);
      case "askDigests":
      case "askHashes":
        return this.agreement.asked(from, message);
      case "digests":
      case "hashes":
        return this.agreement.answered(from, message);
      case "heartbeat":
        return this.agreement.heard(from, message);
      default:
        return;
    }
  }

  /** The record that says so is durable: what was up to `slot` may leave the disk. */
  trimmed(slot: Slot): void {
    this.code.trimmed(slot);
    const { pinned } = this.source;
    const keepFrom = pinned > 0 && pinned < slot ? pinned : slot;
    this.parts.storage.trim(slot, keepFrom).catch((error: unknown) => {
      if (!this.stopped) this.parts.failed(error);
    });
  }

  stop(): void {
    this.stopped = true;
    this.executor.stop();
    this.upgrades.stop();
    this.snapshots.stop();
    this.fetch.stop();
    this.source.stop();
  }

  /** A node that executes wants one when it lacks slots that left the logs; another one wants each that there is. */
  private wantsSnapshot(now: Millis): boolean {
    const { node } = this.parts;
    if (node.catchUp.needsSnapshot) return true;
    if (this.executor.executes) return false;
    if (!node.isMember) return this.executor.isHalted && this.source.newest === null;
    return node.views.newest.members.some(
      ({ id }) =>
        node.election.isHeard(id, now) && (node.election.last(id)?.snapshot ?? 0) > node.retention.own,
    );
  }

  private async fetched(head: SnapshotHead): Promise<void> {
    await this.restore(head);
    this.parts.driver.push(installed(head));
    this.parts.restored(head);
  }

  private async restore(head: SnapshotHead): Promise<void> {
    const { machine, parts } = this;
    this.source.add(head);
    if (!parts.executes || head.slot <= machine.executed) return;
    const bytes = await readAll(parts.storage, head);
    const classes = machine.classesIn(bytes);
    const { held } = machine.code;
    held.add(await this.code.load(held.missing(classes)));
    if (head.slot <= machine.executed) return;
    // P10: other code must not even make the instances.
    if (this.code.check(classes).length > 0) return this.executor.giveUp();
    machine.restore(bytes);
    this.agreement.snapshot(head.slot, stateHash(head), []);
    if (!this.executor.executes) this.executor.goOn();
  }

  /** The first command of every cluster: which classes it serves, and by which code. */
  private tellClasses(): void {
    const { node, driver, registry, codec } = this.parts;
    if (this.classesToldAt === node.log.decided) return;
    this.classesToldAt = node.log.decided;
    const command = codec.encodeCommand({ type: "found", classes: classInfos(registry) });
    driver.push({ type: "request", commands: [command] });
  }
}

function installed(head: SnapshotHead) {
  return { type: "install", base: baseOf(head), stateHash: stateHash(head) } as const;
}
