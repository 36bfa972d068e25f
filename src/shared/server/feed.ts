/**
 * What a node tells of one watched object: a snapshot, and the inputs since, in chunks that are encoded once for all
 * who watch. The newest chunks are the tail: who knows the state after a slot that the tail reaches goes on from
 * there. It begins when somebody watches; who comes from another node and knows less has it made longer, from the log.
 * A slot is never split, so that the state behind a chunk is one that the replica had.
 */
import { feedTailBytesMax, joinedBytesMax, liveStateMax } from "../limits.ts";
import type { Input } from "../object/input.ts";
import type { Instance } from "../object/instances.ts";
import { knownClassesOf } from "../object/known-classes.ts";
import type { ClassEntry, Version } from "../object/registry.ts";
import { stateHash } from "../object/state-hash.ts";
import type { StateMachine } from "../object/state-machine.ts";
import { type NameOf, type Table, tableOf } from "../object/state-table.ts";
import type { SlotContext } from "../object/surround.ts";
import { makeTicket } from "../object/ticket.ts";
import { type Millis, millis } from "../paxos/ids.ts";
import type { Slot } from "../paxos/slot.ts";
import { encodeFeedInputs, encodeFeedState, type PlacedInput } from "../wire/feed-codec.ts";
import { type Position, wholeSlot } from "../wire/messages.ts";
import { type Chunk, chunkOf, portions } from "./feed-chunk.ts";
import type { PastInputs } from "./past-inputs.ts";

/** The hash of the state is told this often at most. */
const hashMillis = 1_000;

export interface FeedSnapshot {
  readonly slot: Slot;
  readonly version: Version;
  /** The first chunk that it does not contain. */
  readonly next: number;
  readonly body: Uint8Array;
}

/** Why an object cannot be watched. */
export class Unfit extends Error {
  readonly code: "TOO_BIG" | "NOT_SENDABLE" | "UNKNOWN_CLASS";
  constructor(code: Unfit["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export class Feed {
  /** "Class/name". */
  readonly key: string;
  private readonly className: string;
  private readonly machine: StateMachine;
  private readonly past: PastInputs;
  /** Slots with inputs that are in no chunk yet. */
  private pending: { readonly context: SlotContext; readonly inputs: PlacedInput[] }[] = [];
  private pendingBytes = 0;
  private breaks = false;
  /** See Execution. */
  private replaced: number;
  private chunks: Chunk[] = [];
  private tailBytes = 0;
  /** The number of the first chunk in `chunks`. */
  private first = 0;
  /** Those who know the state after this slot miss nothing but what is in `chunks`. */
  private reaches: Slot;
  private kept: FeedSnapshot | null = null;
  private hashedAt: Millis = millis(0);
  /** The chunk behind the state whose hash was told. */
  private hashed = 0;
  private readonly noted: (feed: Feed) => void;

  /** @param noted there is something that is in no chunk */
  constructor(
    key: string,
    className: string,
    machine: StateMachine,
    past: PastInputs,
    noted: (feed: Feed) => void,
  ) {
    this.key = key;
    this.className = className;
    this.machine = machine;
    this.past = past;
    this.noted = noted;
    this.reaches = machine.executed;
    this.replaced = machine.turns.execution.replaced;
    machine.turns.execution.tap(key, (context, input) => this.note(context, input));
  }

  /** Nothing is noted any more. */
  close(): void {
    this.machine.turns.execution.tap(this.key, null);
  }

  /** The number of the chunk that comes next. */
  get end(): number {
    return this.first + this.chunks.length;
  }

  /** All up to here is in chunks: what was executed since the last cut is not. */
  get upTo(): Slot {
    const [first] = this.pending;
    return first === undefined ? this.machine.executed : ((first.context.slot - 1) as Slot);
  }

  /** So much that it should leave soon. */
  get isFull(): boolean {
    return this.pendingBytes >= joinedBytesMax;
  }

  get version(): Version | null {
    return this.machine.code.entry(this.className)?.version ?? null;
  }

  private note(context: SlotContext, input: Input): void {
    this.look(context.slot - 1);
    let last = this.pending.at(-1);
    if (last === undefined || last.context.slot !== context.slot) {
      last = { context, inputs: [] };
      this.pending.push(last);
    }
    last.inputs.push({ ...input, at: last.inputs.length });
    this.pendingBytes += input.payload.length;
    const isCall = input.kind === "call" || input.kind === "init";
    if (input.kind === "migrate" || (isCall && input.payload.length === 0)) this.breaks = true;
    this.noted(this);
  }

  /** Where the state came from a snapshot of the cluster, nobody heard what was executed in between. */
  private look(executed: number): void {
    const { replaced } = this.machine.turns.execution;
    if (replaced === this.replaced) return;
    this.replaced = replaced;
    this.pending = [];
    this.pendingBytes = 0;
    this.breaks = false;
    this.first = this.end + 1;
    this.chunks = [];
    this.tailBytes = 0;
    this.reaches = executed as Slot;
    this.kept = null;
  }

  /** Makes chunks of what was noted, after whole slots. */
  cut(now: Millis): void {
    this.look(this.machine.executed);
    const made = portions(this.pending);
    for (const [i, slots] of made.entries()) {
      const isLast = i === made.length - 1;
      const hash = isLast && !this.breaks ? this.hash(now, this.end + 1) : null;
      const chunk = chunkOf(slots, hash, isLast && this.breaks);
      this.chunks.push(chunk);
      this.tailBytes += chunk.body.length;
    }
    this.pending = [];
    this.pendingBytes = 0;
    this.breaks = false;
    while (this.tailBytes > feedTailBytesMax && this.chunks.length > 1) {
      const [oldest] = this.chunks.splice(0, 1) as [Chunk];
      this.first++;
      this.tailBytes -= oldest.body.length;
      this.reaches = oldest.slot;
    }
  }

  /** The chunk with which somebody goes on who has all inputs up to `since`; null when only a snapshot helps. */
  goesOn({ slot, at }: Position): number | null {
    this.reach(at === wholeSlot ? slot : slot - 1);
    if (slot < this.reaches) return null;
    const i = this.chunks.findIndex((chunk) => chunk.slot > slot || (chunk.slot === slot && chunk.at > at));
    return i < 0 ? this.end : this.first + i;
  }

  /** Makes the tail reach back to a slot, where what was executed since is still known. */
  private reach(slot: number): void {
    if (slot >= this.reaches) return;
    const slots = this.past.between(this.key, slot, this.reaches);
    if (slots === null) return;
    const chunks = portions(slots).map((portion) => chunkOf(portion, null, false));
    for (const { body } of chunks) this.tailBytes += body.length;
    this.chunks = [...chunks, ...this.chunks];
    this.first -= chunks.length;
    this.reaches = slot as Slot;
  }

  /** The chunks from the number on; null when they have gone. */
  from(next: number): readonly Chunk[] | null {
    return next < this.first ? null : this.chunks.slice(next - this.first);
  }

  /**
   * A snapshot, with which the tail goes on. An older one does as long as the chunks since are fewer bytes.
   *
   * @param newest it must contain all
   * @param least it must be at least of this slot: who has that does not go back
   * @throws Unfit
   */
  snapshot(now: Millis, newest: boolean, least: Slot): FeedSnapshot {
    this.cut(now);
    const kept = this.keptFor(newest ? 0 : 0.5);
    if (kept !== null && kept.slot >= least) return kept;
    const { key, machine } = this;
    const instance = machine.turns.execution.objects.get(key);
    const waiting = instance === undefined ? [] : machine.turns.waiting.of(instance);
    const slot = machine.executed;
    const version = this.version ?? 0;
    const body = this.encode(() =>
      encodeFeedState({
        slot,
        version,
        hasDClass: instance?.hasDClass ?? false,
        waiting: waiting.map(({ session, seq }) => makeTicket(session.id, seq)),
        table: instance === undefined ? null : tableIn(instance),
      }),
    );
    this.kept = { slot, version, next: this.end, body };
    return this.kept;
  }

  /** @param part how much may have come since, of its own bytes */
  private keptFor(part: number): FeedSnapshot | null {
    const { kept } = this;
    const since = kept === null ? null : this.from(kept.next);
    if (kept === null || since === null || since.some((chunk) => chunk.breaks)) return null;
    return since.reduce((sum, { body }) => sum + body.length, 0) <= part * kept.body.length ? kept : null;
  }

  private encode(encode: () => Uint8Array): Uint8Array {
    let body: Uint8Array;
    try {
      body = encode();
    } catch (error) {
      throw new Unfit("NOT_SENDABLE", `the state of ${this.key} holds ${messageOf(error)}`);
    }
    if (body.length <= liveStateMax) return body;
    throw new Unfit(
      "TOO_BIG",
      `the state of ${this.key} has ${body.length} bytes of at most ${liveStateMax}`,
    );
  }

  /** The hash of the state, encoded as inputs are; null when it was told, or is told soon. */
  hashNow(now: Millis): Uint8Array | null {
    const hash = this.hashed === this.end ? null : this.hash(now, this.end);
    return hash === null ? null : encodeFeedInputs({ hash, slots: [] });
  }

  /** @param before the chunk that follows the state */
  private hash(now: Millis, before: number): number | null {
    const instance = this.machine.turns.execution.objects.get(this.key);
    if (instance === undefined || now - this.hashedAt < hashMillis) return null;
    this.hashedAt = now;
    this.hashed = before;
    // What cannot be told is said with the next snapshot.
    return stateHash(instance.object);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "what cannot be read";
}

function tableIn({ entry, object }: Instance): Table {
  return tableOf(object, namesOf(entry));
}

function namesOf(entry: ClassEntry): NameOf {
  const classes = knownClassesOf(entry);
  return (prototype) => {
    const known = classes.find(prototype);
    if (known === undefined) throw new Error("an instance of a class that is not known");
    if (known.problem !== null && prototype !== classes.top.prototype) throw new Error(known.problem);
    return known.name;
  };
}
