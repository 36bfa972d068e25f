/** One client's connection, as the gateway sees it: which sessions it has proved to own, and when it last spoke. */
import {
  callsInFlightMax,
  callsPerSecondMax,
  clientCommandsBytesMax,
  connectionBytesMax,
  requestsPerSecondMax,
} from "../limits.ts";
import type { Calls, Code, Seq, SessionId, SessionState } from "../object/types.ts";
import type { Millis } from "../paxos/ids.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import type { Identity } from "../wire/identity.ts";
import type { ServerLink } from "../wire/link.ts";
import type { ClientMessage, ServerMessage } from "../wire/messages.ts";
import { Pace } from "./pace.ts";
import type { Together } from "./together.ts";
import { weightOf } from "./weight.ts";

/** A command of the session that the log has not executed yet, as far as this node knows. */
export interface Sent {
  readonly bytes: Uint8Array;
  readonly weight: number;
  readonly firstSeq: Seq;
  /** The seq after its last call. */
  readonly after: Seq;
  /** When it came. */
  readonly at: Millis;
}

/** A session at the node to which its client is connected. */
export class Attachment {
  readonly session: SessionId;
  readonly ttl: number;
  readonly connection: Connection;
  /** In the order of seq. Invariant: all `after` are above the session's next seq in the table. */
  unanswered = new Map<Seq, Sent>();
  /** Calls in `unanswered`. */
  calls = 0;
  /** Declared reads that were not answered. */
  reads = 0;
  routedAt: Millis;
  private readonly pace = new Pace(callsPerSecondMax);
  private weighed: { readonly bytes: Uint8Array; readonly weight: number } | null = null;

  constructor(session: SessionId, ttl: number, connection: Connection, now: Millis) {
    this.session = session;
    this.ttl = ttl;
    this.connection = connection;
    this.routedAt = now;
  }

  /** Why this node does not take the command now; null when it does. @param next the session's next seq */
  refuses(bytes: Uint8Array, command: Calls, next: Seq): string | null {
    const { firstSeq, n } = command;
    if (this.unanswered.has(firstSeq)) return null;
    const calls = Math.max(this.calls, firstSeq - next) + n;
    if (calls > callsInFlightMax)
      return `more than ${callsInFlightMax} calls of one session are under way: wait for answers`;
    return this.connection.crowded(this.weigh(bytes, command)) ?? this.tooFast(n);
  }

  /** Why `n` more calls are too many now, whatever becomes of them; null when they are not. */
  tooFast(n: number): string | null {
    if (this.pace.allows(n, this.connection.heardAt)) return null;
    return `more than ${callsPerSecondMax} calls of one session in a second: send again later`;
  }

  /** Asked twice of the same command. */
  private weigh(bytes: Uint8Array, command: Calls): number {
    if (this.weighed?.bytes !== bytes) this.weighed = { bytes, weight: weightOf(bytes, command) };
    return this.weighed.weight;
  }

  add(bytes: Uint8Array, command: Calls): void {
    const { firstSeq, n } = command;
    const weight = this.weigh(bytes, command);
    this.weighed = null;
    this.remove(firstSeq);
    this.calls += n;
    this.connection.load(weight);
    const { heardAt: at } = this.connection;
    // Begun anew now and then: dead tables of a Map keep what comes later (ARCHITECTURE, "Where the time goes").
    if (firstSeq % callsInFlightMax < n) this.unanswered = new Map(this.unanswered);
    this.unanswered.set(firstSeq, { bytes, weight, firstSeq, after: (firstSeq + n) as Seq, at });
  }

  /** Sends the answers of calls that were executed before; those that the client acknowledged are gone. */
  repeat(state: SessionState, firstSeq: Seq, after: Seq): void {
    const { session, connection } = this;
    const message = connection.crowded(0) ?? this.tooFast(after - firstSeq);
    if (message !== null)
      return connection.send({ type: "refused", session, firstSeq, code: "BUSY", message });
    for (let seq = firstSeq; seq < after; seq = (seq + 1) as Seq) this.tell(state, seq);
  }

  /** Sends all answers that are kept. */
  repeatAll(state: SessionState): void {
    for (const seq of state.kept) this.tell(state, seq as Seq);
  }

  private tell(state: SessionState, seq: Seq): void {
    for (const outcome of state.news(seq))
      this.connection.send({ type: "answer", session: this.session, seq, outcome });
  }

  /** Drops what the log has executed. */
  prune(next: Seq): void {
    for (const [key, sent] of this.unanswered) {
      if (sent.after > next) return;
      this.remove(key);
    }
  }

  /** A command that the log has executed, or refused to take in its turn. */
  remove(firstSeq: Seq): void {
    const sent = this.unanswered.get(firstSeq);
    if (sent === undefined) return;
    this.unanswered.delete(firstSeq);
    this.calls -= sent.after - sent.firstSeq;
    this.connection.load(-sent.weight);
  }

  /** The commands from `from` on, to be routed again. */
  from(from: Seq): Uint8Array[] {
    const found: Uint8Array[] = [];
    for (const sent of this.unanswered.values()) if (sent.after > from) found.push(sent.bytes);
    return found;
  }
}

/** What a connection must know of the state machine. */
export interface Executing {
  /** The last slot that was executed. */
  readonly executed: Slot;
}

export class Connection {
  readonly link: ServerLink;
  /** Whose it is. Sessions that are opened on it are theirs, and only their own may be attached to it. */
  readonly identity: Identity;
  readonly sessions = new Map<SessionId, Attachment>();
  /** The hashes of sessions that this client asked to open. */
  readonly opening = new Set<string>();
  heardAt: Millis;
  /** Sessions that it claims and that this node cannot judge yet. */
  claims = 0;
  closed = false;
  /** Bytes of commands that the log has not executed, and of reads that were not answered. */
  bytes = 0;
  private readonly pace = new Pace(requestsPerSecondMax);
  /** The last slot that this client was told of. */
  private told: Slot = slotZero;
  private readonly node: Executing;
  private readonly together: Together;

  constructor(link: ServerLink, identity: Identity, now: Millis, node: Executing, together: Together) {
    this.link = link;
    this.identity = identity;
    this.heardAt = now;
    this.node = node;
    this.together = together;
  }

  /** Who its sessions belong to. */
  get user(): string | null {
    return this.identity.user;
  }

  /** Notes that so many bytes more, or less, are under way. */
  load(bytes: number): void {
    this.bytes += bytes;
    this.together.bytes += bytes;
  }

  /** Nothing of it is under way here any more. */
  unload(): void {
    this.load(-this.bytes);
  }

  /** Why so many bytes more are too many now; null when they are not. */
  crowded(bytes: number): string | null {
    if (this.bytes + bytes > connectionBytesMax)
      return `more than ${connectionBytesMax} bytes of one connection are under way: wait for answers`;
    if (this.together.bytes + bytes > clientCommandsBytesMax)
      return `more than ${clientCommandsBytesMax} bytes are under way at this node: try again later`;
    return this.link.isFull?.() === true ? "too much waits to be read: read the answers first" : null;
  }

  /** Whether a message is to be looked at. Calls have limits of their own; too much else ends the connection. */
  takes({ type }: ClientMessage): boolean {
    if (this.closed) return false;
    if (type === "command" || type === "read" || this.pace.allows(1, this.heardAt)) return true;
    this.refuse(
      "BUSY",
      `more than ${requestsPerSecondMax} requests in a second: connect again, and ask less`,
    );
    return false;
  }

  send(message: ServerMessage): void {
    const mayWait = message.type === "answer" && message.outcome.type === "blocked";
    this.together.add(this, mayWait);
    if (message.type === "answer" || message.type === "readAnswer") this.see();
    this.link.send(message);
  }

  /** Before the first answer that shows a slot: a client that has heard one knows how far it has seen. */
  private see(): void {
    const { executed: slot } = this.node;
    if (slot === this.told) return;
    this.told = slot;
    this.link.send({ type: "seen", slot });
  }

  /** Whether the session was proved on this connection; if not, the connection is refused. */
  owns(session: SessionId): boolean {
    if (this.sessions.has(session)) return true;
    this.refuse("DENIED", "this connection has not proved that the session is its own");
    return false;
  }

  /** Closes the connection and says why. */
  refuse(code: Code, message: string): void {
    this.closed = true;
    this.together.forget(this);
    this.together.refused.add(this);
    this.link.close({ code, message });
  }

  /** What was sent in this turn leaves in one frame, with what waited. */
  flush(): void {
    if (!this.together.dirty.delete(this)) return;
    this.together.patient.delete(this);
    this.link.flush();
  }
}
