/**
 * State agreement: replicas that execute one log must have one state (P5). Each tells the others, in its heartbeats,
 * the running digest of its outcomes and the hash of its newest snapshot. A replica that differs from more than half
 * of the view's replicas stops, and says in which slot and object that began; where no more than half agree nobody
 * stops, every status says so, and the log is not trimmed. A late alarm is better than a false one: only what two
 * replicas have of the same slot is compared, and a difference that names nobody as wrong is first given time.
 */
import { hashesMax } from "../limits.ts";
import { calledIn } from "../object/called.ts";
import type { Origin, Trail } from "../object/trail.ts";
import type { ObjectCodec } from "../object/types.ts";
import { type Millis, millis, type NodeId } from "../paxos/ids.ts";
import { heartbeatEveryMillis } from "../paxos/peers.ts";
import { maxSlot, next, roundest, type Slot, slotZero } from "../paxos/slot.ts";
import type { Checkpoint, Heartbeat, Proposal } from "../paxos/types.ts";
import type { View } from "../paxos/view.ts";
import type { PeerMessage } from "../wire/messages.ts";
import { Comparison, type Difference } from "./comparison.ts";
import type { Gap } from "./tally.ts";

/** This node as state agreement sees it. */
export interface Replica {
  readonly id: NodeId;
  readonly codec: ObjectCodec;
  readonly trail: Trail;
  /** The last slot that was executed; 0 on a node that executes nothing. */
  executed(): Slot;
  newestView(): View;
  /** What the slot decided; null when that left the log. */
  decidedIn(slot: Slot): Proposal | null;
  send(to: readonly NodeId[], message: PeerMessage): void;
}

/** 32 bits of the state of each object, in an order that is the same on all replicas. */
export type ObjectHashes = Extract<PeerMessage, { readonly type: "hashes" }>["hashes"];

export type Answer = Extract<PeerMessage, { readonly type: "digests" | "hashes" }>;
export type Question = Extract<PeerMessage, { readonly type: "askDigests" | "askHashes" }>;

/** This node's state is not the majority's. It must stop: what it told and kept since then may be wrong. */
export class Diverged extends Error {
  override readonly name = "Diverged";
}

/** Snapshots whose hashes are remembered: replicas take turns, so that some are behind by one. */
const snapshotsKept = 8;
/** Objects that a message names; of the others it says how many they are. */
const namedMax = 5;

const remedy =
  "A method may depend only on its object, its arguments, invocation(), and agreed time and chance " +
  "(docs/determinism.md). Correct the class on all nodes, or what differs between their machines";

export class Agreement {
  private readonly replica: Replica;
  private readonly digests: Comparison;
  private readonly states: Comparison;
  /** The state hashes of this node's newest snapshots. */
  private readonly hashes = new Map<Slot, number>();
  /** The hashes of the objects in the newest one. */
  private objects: { readonly slot: Slot; readonly hashes: ObjectHashes } = { slot: slotZero, hashes: [] };
  private lookAt: Millis = millis(0);
  /** What was executed when this node last looked. */
  private seen: Slot = slotZero;
  private told: Checkpoint = { at: slotZero, digest: 0 };
  private lines: readonly string[] = [];

  constructor(replica: Replica) {
    this.replica = replica;
    const { id } = replica;
    const digest = (slot: Slot) => (slot <= replica.executed() ? replica.trail.digestAt(slot) : null);
    const hash = (slot: Slot) => this.hashes.get(slot) ?? null;
    this.digests = new Comparison(id, digest, (peer, { from, to }) => {
      replica.send([peer], { type: "askDigests", from: maxSlot(from, replica.trail.first), to });
    });
    this.states = new Comparison(id, hash, (peer, { to }) => {
      replica.send([peer], { type: "askHashes", slot: to });
    });
  }

  /** What heartbeats should tell: the digest after a slot that others are likely to tell of, too; 0 for none. */
  get checkpoint(): Checkpoint {
    return this.told;
  }

  /** False while replicas differ and it is not known which of them are right: the log must not be trimmed. */
  get agrees(): boolean {
    return this.digests.agrees && this.states.agrees;
  }

  /** One line for each difference, for status, page and log; the same array as long as nothing changes. */
  get problems(): readonly string[] {
    return this.lines;
  }

  /** A replica's heartbeat came. */
  heard(from: NodeId, beat: Pick<Heartbeat, "digestAt" | "digest" | "snapshot" | "stateHash">): void {
    if (beat.digestAt > 0) this.digests.tally.hear(from, beat.digestAt, beat.digest);
    if (beat.snapshot > 0) this.states.tally.hear(from, beat.snapshot, beat.stateHash);
  }

  /**
   * This node holds a snapshot: one that it made, or one that it has its state from.
   *
   * @param stateHash the first 32 bits of its hash, unsigned
   * @param objects empty when they are not known
   */
  snapshot(slot: Slot, stateHash: number, objects: ObjectHashes): void {
    this.hashes.set(slot, stateHash);
    const [oldest] = this.hashes.keys();
    if (this.hashes.size > snapshotsKept && oldest !== undefined) this.hashes.delete(oldest);
    this.objects = { slot, hashes: objects.slice(0, hashesMax) };
  }

  /**
   * After each turn of the driver: compares, now and then.
   *
   * @throws Diverged when this node must stop; the message is one line for its operator
   */
  turned(now: Millis): void {
    if (now < this.lookAt) return;
    this.lookAt = millis(now + heartbeatEveryMillis);
    this.choose(this.replica.executed());
    const { members } = this.replica.newestView();
    const replicas = members.filter((m) => m.role === "replica").map((m) => m.id);
    const digests = this.digests.look(now, replicas);
    const states = this.states.look(now, replicas);
    const lines: string[] = [];
    if (digests !== null) lines.push(this.report(digests, replicas.length, since(digests)));
    if (states !== null) lines.push(this.report(states, replicas.length, inSnapshot(states)));
    if (lines.join() !== this.lines.join()) this.lines = lines;
  }

  /** Another replica asks about a difference. */
  asked(from: NodeId, question: Question): void {
    const { trail, send } = this.replica;
    if (question.type === "askDigests") {
      return send([from], { type: "digests", ...trail.between(question.from, question.to) });
    }
    const { slot, hashes } = this.objects;
    send([from], { type: "hashes", slot: question.slot, hashes: slot === question.slot ? hashes : [] });
  }

  /** What a replica answered to a question of this one. */
  answered(from: NodeId, answer: Answer): void {
    if (answer.type === "digests") {
      const gap = this.digests.gap(from);
      const found = gap === null ? null : this.findOutcome(gap, answer);
      if (found !== null) this.digests.tell(found);
    } else if (this.states.gap(from)?.to === answer.slot) {
      const found = this.findObjects(answer);
      if (found !== null) this.states.tell(found);
    }
  }

  /**
   * While nothing happens all replicas stand at one slot and tell of that. Else they tell of different ones, for each
   * has its own beat: of what was executed since the last one the roundest slot is the likeliest to be told by all.
   */
  private choose(executed: Slot): void {
    const round = executed > this.seen ? roundest(this.seen, executed) : executed;
    const { trail } = this.replica;
    const at = round < trail.first ? executed : round; // a snapshot came
    this.told = { at, digest: at === 0 ? 0 : (trail.digestAt(at) ?? 0) };
    this.seen = executed;
  }

  /** @throws Diverged when it is this node that is wrong */
  private report({ verdict: { type, others } }: Difference, replicas: number, where: string): string {
    if (type === "minority") {
      const many = `${others.length} of the ${replicas} replicas`;
      const then = `${remedy}; then remove this node's data folder and start it again`;
      throw new Diverged(`the state of this node differs from that of ${many} ${where}. ${then}`);
    }
    const who = `the state of ${this.addresses(others)} differs`;
    if (type === "majority") return `${who} from the majority's ${where}`;
    return `${who} from this node's ${where}; no majority agrees: the log is not trimmed. ${remedy}`;
  }

  private addresses(ids: readonly NodeId[]): string {
    const { members } = this.replica.newestView();
    return members.flatMap((m) => (ids.includes(m.id) ? [m.addr] : [])).join(", ");
  }

  private findOutcome(gap: Gap, told: Extract<Answer, { type: "digests" }>): string | null {
    const difference = this.replica.trail.difference(told, gap.to);
    if (difference === null) return null;
    if (difference === "before") return `since slot ${told.from} or one before it`;
    return `since slot ${difference.slot}: ${this.describe(difference)}`;
  }

  private describe({ slot, session, seq }: Origin): string {
    if (seq === 0) return `session ${session} ended`;
    const proposal = this.replica.decidedIn(slot);
    const called = proposal === null ? null : calledIn(proposal, this.replica.codec, session, seq);
    return `${called ?? "a call"} gave another outcome (call ${seq} of session ${session})`;
  }

  private findObjects({ slot, hashes }: Extract<Answer, { type: "hashes" }>): string | null {
    const own = this.objects;
    if (own.slot !== slot || own.hashes.length === 0 || hashes.length === 0) return null;
    const mine = new Map(own.hashes.map(({ object, hash }) => [object, hash]));
    const theirs = new Map(hashes.map(({ object, hash }) => [object, hash]));
    const all = new Set([...mine.keys(), ...theirs.keys()]);
    const differing = [...all].filter((object) => mine.get(object) !== theirs.get(object));
    const more = differing.length > namedMax ? ` and ${differing.length - namedMax} more` : "";
    if (differing.length > 0) return `in ${differing.slice(0, namedMax).join(", ")}${more}`;
    return hashes.length < hashesMax ? "in what is kept of sessions and classes" : null;
  }
}

function since({ gap, found }: Difference): string {
  return found ?? `since a slot from ${next(gap.from)} to ${gap.to}`;
}

function inSnapshot({ gap, found }: Difference): string {
  return `in the snapshot of slot ${gap.to}${found === null ? "" : `, ${found}`}`;
}
