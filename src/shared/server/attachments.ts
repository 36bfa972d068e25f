/**
 * Which sessions are attached to which connection of this node. A client proves by its secret that a session is its
 * own; the newest connection that proves it has the session.
 */
import type { Clock } from "../clock.ts";
import { attachesWaitingMax, sessionTtlMin } from "../limits.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { Code, SessionId } from "../object/types.ts";
import type { Millis } from "../paxos/ids.ts";
import { Attachment, type Connection } from "./connection.ts";

export class Attachments {
  private readonly machine: StateMachine;
  private readonly clock: Clock;
  private readonly hash: (secret: string) => string;
  private readonly attached = new Map<SessionId, Attachment>();
  /** By the hash of the secret: who asked to open it. */
  private readonly opening = new Map<string, Connection>();
  /** Clients of sessions whose opening this node has not executed yet. */
  private waiting: {
    readonly connection: Connection;
    readonly session: SessionId;
    readonly secret: string;
  }[] = [];

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

  isOpening(secretHash: string): boolean {
    return this.opening.has(secretHash);
  }

  /** Notes who asked; true when the session is open already and was attached at once. */
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
    this.attach(connection, session);
    connection.send({ type: "opened", secretHash, session, classes: this.machine.classes });
  }

  openRefused(secretHash: string, code: Code, message: string): void {
    this.takeOpening(secretHash)?.send({ type: "openRefused", secretHash, code, message });
  }

  /** A client says that the session is its own. */
  prove(connection: Connection, session: SessionId, secret: string): void {
    if (this.waiting.length >= attachesWaitingMax) return connection.refuse("BUSY", "this node lags behind");
    this.waiting.push({ connection, session, secret });
    this.attachWaiting();
  }

  /** A session may be unknown here because this node lags; only executed log says that it ended. */
  attachWaiting(): void {
    if (this.waiting.length === 0) return;
    const all = this.waiting;
    this.waiting = [];
    for (const each of all) {
      const { connection, session, secret } = each;
      if (connection.closed) continue;
      const state = this.machine.session(session);
      if (state === null) {
        if (this.isOver(session)) connection.send({ type: "ended", session });
        else this.waiting.push(each);
      } else if (this.hash(secret) !== state.secretHash) {
        connection.refuse("DENIED", "this session belongs to another client");
      } else {
        this.attach(connection, session);
        connection.send({ type: "attached", session, next: state.next });
      }
    }
  }

  /** Whether executed log says that the session ended. */
  isOver(session: SessionId): boolean {
    const openedIn = Number(session.slice(0, session.indexOf(".")));
    return this.machine.session(session) === null && openedIn <= this.machine.executed;
  }

  ended(session: SessionId): void {
    const attachment = this.attached.get(session);
    if (attachment === undefined) return;
    this.attached.delete(session);
    attachment.connection.sessions.delete(session);
    attachment.connection.send({ type: "ended", session });
  }

  drop(connection: Connection): void {
    for (const hash of connection.opening)
      if (this.opening.get(hash) === connection) this.opening.delete(hash);
    for (const [session, attachment] of connection.sessions) {
      if (this.attached.get(session) === attachment) this.attached.delete(session);
    }
    this.waiting = this.waiting.filter((each) => each.connection !== connection);
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

  private attach(connection: Connection, session: SessionId): void {
    const ttl = this.machine.session(session)?.ttl ?? sessionTtlMin;
    this.attached.get(session)?.connection.sessions.delete(session);
    const attachment = new Attachment(session, ttl, connection, this.clock.moment().now);
    this.attached.set(session, attachment);
    connection.sessions.set(session, attachment);
  }

  private takeOpening(secretHash: string): Connection | null {
    const connection = this.opening.get(secretHash) ?? null;
    this.opening.delete(secretHash);
    connection?.opening.delete(secretHash);
    return connection;
  }
}
