/**
 * Which sessions are attached to which connection of this node. A client proves by its secret that a session is its
 * own; the newest connection that proves it has the session.
 */
import type { Clock } from "../clock.ts";
import {
  attachesWaitingMax,
  sessionsPerAddressMax,
  sessionsPerConnectionMax,
  sessionTtlMin,
} from "../limits.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { Calls, Code, SessionId } from "../object/types.ts";
import type { Millis } from "../paxos/ids.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import { Attachment, type Connection } from "./connection.ts";
import { OpenedSessions } from "./opened-sessions.ts";

interface Claim {
  readonly connection: Connection;
  readonly session: SessionId;
  readonly secret: string;
}

export class Attachments {
  private readonly machine: StateMachine;
  private readonly clock: Clock;
  /** Of a secret, as the log has it. */
  readonly hash: (secret: string) => string;
  private readonly attached = new Map<SessionId, Attachment>();
  /** By the hash of the secret: who asked to open it. */
  private readonly opening = new Map<string, Connection>();
  /** Claims to sessions whose opening this node has not executed yet. */
  private readonly waiting = new Set<Claim>();
  private readonly openedHere = new OpenedSessions();
  private lookedAt: Slot = slotZero;

  constructor(machine: StateMachine, clock: Clock, hash: (secret: string) => string) {
    this.machine = machine;
    this.clock = clock;
    this.hash = hash;
  }

  get(session: SessionId): Attachment | undefined {
    return this.attached.get(session);
  }

  values(): IterableIterator<Attachment> {
    return this.attached.values();
  }

  /** When a command came from its client to this node, and is not answered; else null. */
  readonly arrivedAt = ({ session, firstSeq }: Calls): Millis | null =>
    this.attached.get(session)?.unanswered.get(firstSeq)?.at ?? null;

  isOpening(secretHash: string): boolean {
    return this.opening.has(secretHash);
  }

  /** Why the connection may open no further session; null when it may. */
  full({ sessions, opening, link }: Connection): string | null {
    if (sessions.size + opening.size >= sessionsPerConnectionMax)
      return `more than ${sessionsPerConnectionMax} sessions of one connection: close some, or connect once more`;
    if (this.openedHere.hasRoom(link.address ?? null)) return null;
    return `more than ${sessionsPerAddressMax} sessions were opened from this address: close some, or wait until they end`;
  }

  /** Notes who asked; true when the session is open already: it was attached at once, or is another user's. */
  open(connection: Connection, secretHash: string): boolean {
    this.opening.set(secretHash, connection);
    connection.opening.add(secretHash);
    const known = this.machine.sessionByHash(secretHash);
    if (known !== null) this.opened(secretHash, known);
    return known !== null;
  }

  /** The log opened a session: it belongs to the connection that asked. */
  opened(secretHash: string, session: SessionId): void {
    const connection = this.takeOpening(secretHash);
    if (connection === null) return;
    if (!this.isOf(connection, session)) {
      const message = "this session belongs to another user";
      return connection.send({ type: "openRefused", secretHash, code: "DENIED", message });
    }
    this.openedHere.add(session, connection.link.address ?? null);
    this.attach(connection, session);
    connection.send({ type: "opened", secretHash, session, classes: this.machine.classes });
  }

  openRefused(secretHash: string, code: Code, message: string): void {
    this.takeOpening(secretHash)?.send({ type: "openRefused", secretHash, code, message });
  }

  /** A client says that the session is its own. */
  prove(connection: Connection, session: SessionId, secret: string): void {
    const claim = { connection, session, secret };
    if (this.settle(claim)) return;
    if (this.waiting.size >= attachesWaitingMax || connection.claims >= sessionsPerConnectionMax) {
      return connection.refuse("BUSY", "too many sessions wait to be attached: try another node, or later");
    }
    connection.claims++;
    this.waiting.add(claim);
  }

  /** Looks again at the claims that this node could not judge before. */
  attachWaiting(): void {
    if (this.machine.executed === this.lookedAt) return;
    this.lookedAt = this.machine.executed;
    for (const claim of this.waiting) if (this.settle(claim)) this.forget(claim);
  }

  /** A session may be unknown here because this node lags; only executed log says that it ended. */
  private settle({ connection, session, secret }: Claim): boolean {
    const state = this.machine.session(session);
    if (connection.closed) return true;
    if (state !== null && this.hash(secret) !== state.secretHash) {
      connection.refuse("DENIED", "this session belongs to another client");
    } else if (state !== null && !this.isOf(connection, session)) {
      connection.refuse("DENIED", "this session belongs to another user");
    } else if (state !== null) {
      this.attach(connection, session);
      connection.send({ type: "attached", session, next: state.next });
    } else if (this.isOver(session)) connection.send({ type: "ended", session });
    else return false;
    return true;
  }

  private forget(claim: Claim): void {
    if (this.waiting.delete(claim)) claim.connection.claims--;
  }

  /** Whether executed log says that the session ended. */
  isOver(session: SessionId): boolean {
    const openedIn = Number(session.slice(0, session.indexOf(".")));
    return this.machine.session(session) === null && openedIn <= this.machine.executed;
  }

  ended(session: SessionId): void {
    this.openedHere.delete(session);
    const attachment = this.attached.get(session);
    if (attachment === undefined) return;
    this.attached.delete(session);
    attachment.connection.sessions.delete(session);
    attachment.connection.send({ type: "ended", session });
  }

  /** The state came from a snapshot: sessions may have begun and ended in what it stands for. */
  restored(): void {
    this.openedHere.prune((session) => this.isOver(session));
    for (const session of [...this.attached.keys()]) if (this.isOver(session)) this.ended(session);
    for (const hash of [...this.opening.keys()]) {
      const session = this.machine.sessionByHash(hash);
      if (session !== null) this.opened(hash, session);
    }
  }

  drop(connection: Connection): void {
    for (const hash of connection.opening)
      if (this.opening.get(hash) === connection) this.opening.delete(hash);
    for (const [session, attachment] of connection.sessions) {
      if (this.attached.get(session) === attachment) this.attached.delete(session);
    }
    for (const claim of this.waiting) if (claim.connection === connection) this.forget(claim);
  }

  /** The sessions whose clients spoke within their time to live, and the shortest of these times. */
  alive(now: Millis): { readonly sessions: readonly SessionId[]; readonly ttl: number } {
    const sessions: SessionId[] = [];
    let shortest = Number.POSITIVE_INFINITY;
    for (const { session, connection, ttl } of this.attached.values()) {
      if (now - connection.heardAt >= ttl) continue;
      sessions.push(session);
      shortest = Math.min(shortest, ttl);
    }
    return { sessions, ttl: shortest };
  }

  /** Who knows a secret has shown that the session may be their own; the log says whose it is. */
  private isOf({ user }: Connection, session: SessionId): boolean {
    return this.machine.session(session)?.user === user;
  }

  private attach(connection: Connection, session: SessionId): void {
    const ttl = this.machine.session(session)?.ttl ?? sessionTtlMin;
    this.detach(session, connection);
    const attachment = new Attachment(session, ttl, connection, this.clock.moment().now);
    this.attached.set(session, attachment);
    connection.sessions.set(session, attachment);
  }

  /**
   * Another connection had the session. What arrived last need not have left last: bytes of one that its client gave up
   * long ago may come late. So that one is closed, and a client that still uses it comes again and has the last word.
   */
  private detach(session: SessionId, to: Connection): void {
    const before = this.attached.get(session)?.connection;
    before?.sessions.delete(session);
    if (before !== undefined && before !== to)
      before.refuse(
        "BUSY",
        `another connection has proved that session ${session} is its own: connect again`,
      );
  }

  private takeOpening(secretHash: string): Connection | null {
    const connection = this.opening.get(secretHash) ?? null;
    this.opening.delete(secretHash);
    connection?.opening.delete(secretHash);
    return connection;
  }
}
