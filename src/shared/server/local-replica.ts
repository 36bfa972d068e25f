/**
 * The state that this node holds: its state machine, executed slot by slot (P5, P10), compared with the others', taken
 * and got back as snapshots. An acceptor, or a replica whose code is not the cluster's, executes nothing; it keeps
 * snapshots as bytes that it does not understand (P9).
 */
import type { Clock } from "../clock.ts";
import { classInfos, type Registry } from "../object/registry.ts";
import { type Applied, StateMachine } from "../object/state-machine.ts";
import type { ClassInfo, ObjectCodec } from "../object/types.ts";
import { type Millis, millis, must, type NodeId } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import type { Decision, SnapshotHead } from "../paxos/types.ts";
import type { Genesis } from "../paxos/view.ts";
import type { PeerMessage } from "../wire/messages.ts";
import { Agreement, type ObjectHashes } from "./agreement.ts";
import { codeProblems, unservedClasses } from "./code.ts";
import type { Driver } from "./driver.ts";
import { SessionEnds } from "./session-ends.ts";
import { SnapshotFetch } from "./snapshot-fetch.ts";
import { type Hasher, readAll } from "./snapshot-pieces.ts";
import { SnapshotSource } from "./snapshot-source.ts";
import { baseOf, type SnapshotPace, Snapshots, stateHash } from "./snapshots.ts";
import type { Snapshotter } from "./snapshotter.ts";
import { type Storage, StorageError } from "./storage.ts";
import type { Transport } from "./transport.ts";

/** An operator's wish for a snapshot may get lost on its way to the leader. */
const announceAgainMillis = 5_000;
/** How long a snapshot may be on its way before it is asked for again. */
const makingMillisMax = 120_000;

export interface LocalReplicaParts {
  readonly node: PaxosNode;
  readonly driver: Driver;
  readonly storage: Storage;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly codec: ObjectCodec;
  readonly genesis: Genesis;
  readonly executes: boolean;
  readonly snapshotter: Snapshotter | null;
  readonly hasher: () => Hasher;
  readonly pace: SnapshotPace;
  /** One line for the log. */
  readonly warn?: (line: string) => void;
  /** Sends a meta command to the leader. */
  readonly route: (command: Uint8Array) => void;
  /** The state comes from a snapshot: what clients wait for may have happened in it. */
  readonly restored: (head: SnapshotHead) => void;
  readonly failed: (error: unknown) => void;
}

/** Somebody waits for a snapshot of the state after a slot above `after`. */
interface Wish {
  readonly after: Slot;
  readonly reply: (message: PeerMessage) => void;
}

export class LocalReplica {
  readonly machine: StateMachine;
  /** P10: false when the code of this node is not the cluster's. */
  executes: boolean;
  private readonly parts: LocalReplicaParts;
  private readonly source: SnapshotSource;
  private readonly fetch: SnapshotFetch;
  private readonly snapshots: Snapshots;
  private readonly agreement: Agreement;
  private readonly sessionEnds: SessionEnds;
  private stopped = false;
  private classesChecked = false;
  private classesToldAt: Slot | null = null;
  private codeLines: readonly string[] = [];
  private snapshotLines: readonly string[] = [];
  private warned: ReadonlySet<string> = new Set();
  private warnedOf: readonly string[] = [];
  private warnedSnapshot: readonly string[] = [];
  private wishes: readonly Wish[] = [];
  private wishedAt: Millis = millis(0);

  constructor(parts: LocalReplicaParts) {
    const { node, driver, storage, transport, clock, registry, codec, genesis, failed } = parts;
    this.parts = parts;
    this.executes = parts.executes;
    this.machine = new StateMachine({ genesis, registry, codec });
    const { machine } = this;
    this.source = new SnapshotSource(storage, clock, (slot) => driver.push({ type: "pin", slot }), failed);
    this.fetch = new SnapshotFetch(node, storage, transport, clock, {
      fetched: (head) => this.fetched(head),
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
      if (!this.executes) return "nothing";
      return node.leader.ready && machine.executed === node.log.decided ? "all" : "executed";
    });
    this.agreement = new Agreement({
      id: node.id,
      codec,
      trail: machine.trail,
      executed: () => (this.executes ? machine.executed : slotZero),
      newestView: () => node.views.newest,
      decidedIn: (slot) =>
        slot > node.log.trimmed && slot <= node.log.decided ? node.log.decidedIn(slot) : null,
      send: (to, message) => transport.send(to, message),
    });
  }

  /** One line for each thing that an operator should know. */
  get problems(): readonly string[] {
    return [...this.codeLines, ...this.snapshotLines, ...this.agreement.problems];
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
    if (!this.executes) return;
    if (this.machine.executed < node.log.trimmed)
      throw new StorageError("damage", `the snapshot of slot ${node.log.trimmed} or above is missing`);
    for (let slot = this.machine.executed + 1; slot <= node.log.decided; slot++) {
      this.execute({ slot: slot as Slot, proposal: node.log.decidedIn(slot as Slot) });
    }
  }

  /** P5, P10: in order, and never with code that is not the cluster's. */
  execute(decision: Decision): Applied | null {
    const { machine } = this;
    // A snapshot may have come for slots whose decisions came as well.
    if (!this.executes || decision.slot <= machine.executed) return null;
    must(decision.slot === machine.executed + 1, "P5: a slot out of order");
    const applied = machine.apply(decision.slot, decision.proposal);
    if (!this.classesChecked && machine.classes.length > 0) this.checkClasses(machine.classes);
    if (this.executes) this.snapshots.executed(decision, applied.snapshot);
    return applied;
  }

  /** After each turn. @throws Diverged when this node's state is not the majority's */
  turned(): void {
    const { node, driver, clock } = this.parts;
    const { now } = clock.moment();
    this.agreement.turned(now);
    node.retention.trims = this.agreement.agrees;
    driver.executed(this.machine.executed, this.agreement.checkpoint, this.machine.nextDue());
    this.warn();
    if (this.executes) this.snapshots.turned();
    if (node.leader.ready && this.machine.classes.length === 0 && this.machine.executed === node.log.decided)
      this.tellClasses();
    this.fetch.turned(this.wantsSnapshot(now) && !this.snapshots.making);
    if (this.wishes.length > 0) this.fulfil(now);
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
        this.wishes = [...this.wishes, { after: this.parts.node.log.decided, reply }];
        return this.fulfil(this.parts.clock.moment().now);
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
    const { pinned } = this.source;
    const keepFrom = pinned > 0 && pinned < slot ? pinned : slot;
    this.parts.storage.trim(slot, keepFrom).catch((error: unknown) => {
      if (!this.stopped) this.parts.failed(error);
    });
  }

  stop(): void {
    this.stopped = true;
    this.snapshots.stop();
    this.fetch.stop();
    this.source.stop();
  }

  /** A node that executes wants one when it lacks slots that left the logs; another one wants each that there is. */
  private wantsSnapshot(now: Millis): boolean {
    const { node } = this.parts;
    if (node.catchUp.needsSnapshot) return true;
    if (this.executes || !node.isMember) return false;
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
    this.source.add(head);
    if (!this.executes || head.slot <= this.machine.executed) return;
    const bytes = await readAll(this.parts.storage, head);
    if (head.slot <= this.machine.executed) return;
    // P10: other code must not even make the instances.
    this.checkClasses(this.machine.classesIn(bytes));
    if (!this.executes) return;
    this.machine.restore(bytes);
    this.agreement.snapshot(head.slot, stateHash(head), []);
  }

  /** The first command of every cluster: which classes it serves, and by which code. */
  private tellClasses(): void {
    const { node, driver, registry, codec } = this.parts;
    if (this.classesToldAt === node.log.decided) return;
    this.classesToldAt = node.log.decided;
    const command = codec.encodeCommand({ type: "found", classes: classInfos(registry) });
    driver.push({ type: "request", commands: [command] });
  }

  private checkClasses(classes: readonly ClassInfo[]): void {
    const { registry, node } = this.parts;
    this.classesChecked = true;
    const problems = codeProblems(classes, registry);
    this.codeLines = [...problems, ...unservedClasses(classes, registry)];
    this.executes = problems.length === 0;
    node.elector.stands = this.executes;
  }

  /** Tells those who wished for a snapshot that there is one. */
  private fulfil(now: Millis): void {
    const { newest } = this.source;
    for (const { after, reply } of this.wishes) {
      if (newest !== null && newest.slot > after) reply({ type: "tookSnapshot", head: newest });
    }
    this.wishes = this.wishes.filter(({ after }) => newest === null || newest.slot <= after);
    const last = this.wishes.at(-1);
    if (last === undefined) {
      this.wishedAt = millis(0);
      return;
    }
    // Once the log asks for it the replicas make it in turn: to ask again would make them begin again.
    const isUnderWay = !this.executes || this.snapshots.announced > last.after;
    const patience = isUnderWay ? makingMillisMax : announceAgainMillis;
    if (this.wishedAt > 0 && now - this.wishedAt < patience) return;
    this.wishedAt = now;
    this.parts.route(this.parts.codec.encodeCommand({ type: "snapshot" }));
  }
}

function installed(head: SnapshotHead) {
  return { type: "install", base: baseOf(head), stateHash: stateHash(head) } as const;
}
