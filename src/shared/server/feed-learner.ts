/** One object that one connection watches: what of it was sent, and what comes next. */
import { feedBacklogBytesMax } from "../limits.ts";
import type { StateMachine } from "../object/state-machine.ts";
import { seqZero } from "../object/types.ts";
import { type Millis, millis } from "../paxos/ids.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import type { ServerLink } from "../wire/link.ts";
import type { WatchMessage } from "../wire/messages.ts";
import type { Feed } from "./feed.ts";

/** Who executes nothing gets snapshots this often at most. */
const snapshotMillis = 500;

const noBody = new Uint8Array(0);

export class Learner {
  readonly link: ServerLink;
  /** Its number on that connection. */
  readonly number: number;
  readonly feed: Feed;
  private readonly message: WatchMessage;
  private readonly machine: StateMachine;
  /** The chunk that it gets next; null while a snapshot comes first. */
  private next: number | null = null;
  /** Whether it may be sent anything: this node has executed all that it knows. */
  private begun = false;
  /** It was told that all up to here was told. */
  private told: Slot = slotZero;
  private snapshotAt: Millis = millis(Number.NEGATIVE_INFINITY);

  constructor(link: ServerLink, message: WatchMessage, feed: Feed, machine: StateMachine) {
    this.link = link;
    this.number = message.feed;
    this.message = message;
    this.feed = feed;
    this.machine = machine;
  }

  /** Whether it knows more than this node has executed. */
  get isEarly(): boolean {
    return this.machine.executed < (this.message.since?.slot ?? slotZero);
  }

  private get isSlow(): boolean {
    return (this.link.backlog?.() ?? 0) > feedBacklogBytesMax;
  }

  /** Whether it executes inputs, and by the code that this node has. */
  private get executes(): boolean {
    return this.message.version !== null && this.message.version === this.feed.version;
  }

  begin(now: Millis): void {
    const { since } = this.message;
    this.begun = true;
    this.feed.cut(now);
    if (since !== null && this.executes) this.next = this.feed.goesOn(since);
  }

  /** Sends what it has not got. @returns whether anything is to be flushed. @throws Unfit */
  send(now: Millis): boolean {
    if (!this.begun || this.isSlow) return false;
    return this.executes ? this.sendInputs(now) : this.sendState(now);
  }

  private sendState(now: Millis): boolean {
    const isNew = this.next !== this.feed.end;
    if (!isNew || now - this.snapshotAt < snapshotMillis) return false;
    this.snapshotAt = now;
    this.next = this.sendSnapshot(now, true);
    return true;
  }

  private sendInputs(now: Millis): boolean {
    const { link, feed, number } = this;
    let chunks = this.next === null ? null : feed.from(this.next);
    if (chunks?.length === 0) return false;
    chunks ??= feed.from(this.sendSnapshot(now, false)) ?? [];
    this.next = feed.end;
    for (const { slot, body, breaks } of chunks) {
      link.send({ type: "feedInputs", feed: number, slot, body });
      if (breaks) this.next = null;
    }
    // Twice at most: what a snapshot contains breaks nothing.
    if (this.next === null) return this.send(now) || true;
    this.upToDate(chunks.at(-1)?.slot ?? slotZero, noBody);
    return true;
  }

  /** @returns the number of the chunk that goes on with it */
  private sendSnapshot(now: Millis, newest: boolean): number {
    const { next, body } = this.feed.snapshot(now, newest, this.message.since?.slot ?? slotZero);
    const { session } = this.message;
    const state = session === null ? null : this.machine.session(session);
    this.link.send({ type: "feedSnapshot", feed: this.number, next: state?.next ?? seqZero, body });
    return next;
  }

  /** All inputs that are in chunks have been sent. @param sent the slot of the last one */
  private upToDate(sent: Slot, body: Uint8Array): void {
    const { upTo: slot } = this.feed;
    this.told = slot;
    if (sent < slot) this.link.send({ type: "feedInputs", feed: this.number, slot, body });
  }

  /** Says how far all is known. @param hash the hash of the state, encoded; null when it is not told now */
  beat(hash: Uint8Array | null): boolean {
    if (!this.executes || this.next !== this.feed.end || this.isSlow) return false;
    if (hash === null && this.told === this.feed.upTo) return false;
    this.upToDate(slotZero, hash ?? noBody);
    return true;
  }
}
