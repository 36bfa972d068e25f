/** The table of open sessions. A full table refuses; a live session is never evicted. */
import { sessionsMax, sessionTtlMax, sessionTtlMin } from "../limits.ts";
import type { ClusterId, LogTime } from "../paxos/ids.ts";
import type { Slot } from "../paxos/slot.ts";
import { Expiry } from "./expiry.ts";
import { Session } from "./session.ts";
import type { Command, SessionId } from "./types.ts";

type Open = Extract<Command, { type: "open" }>;

export class Sessions {
  private readonly cluster: ClusterId;
  private readonly byId = new Map<SessionId, Session>();
  private readonly byHash = new Map<string, Session>();
  private readonly expiry = new Expiry<Session>();
  private readonly first: Slot;
  private opened = 0;

  /** @param first where the cluster's log begins: sessions of earlier slots are those of a cluster before it */
  constructor(cluster: ClusterId, first: Slot) {
    this.cluster = cluster;
    this.first = first;
  }

  get size(): number {
    return this.byId.size;
  }

  /** How many were ever opened. */
  get openedCount(): number {
    return this.opened;
  }

  /** The open ones, in the order in which they were opened. */
  all(): Iterable<Session> {
    return this.byId.values();
  }

  /** A snapshot stands for all that happened to sessions so far. */
  replace(sessions: Iterable<Session>, opened: number): void {
    for (const session of [...this.byId.values()]) this.end(session);
    for (const session of sessions) this.add(session);
    this.opened = opened;
  }

  get(id: SessionId): Session | undefined {
    return this.byId.get(id);
  }

  find(secretHash: string): Session | undefined {
    return this.byHash.get(secretHash);
  }

  /**
   * Opens a session, or finds the live one with this secret; null when the table is full. Another user who says the
   * same secret finds it too, keeps it no longer alive, and is turned away by the node that was asked.
   */
  open(command: Open, id: SessionId, now: LogTime): Session | null {
    const known = this.byHash.get(command.secretHash);
    if (known !== undefined) {
      if (known.user !== command.user) return known;
      known.lastHeard = now;
      return known;
    }
    if (this.byId.size >= sessionsMax) return null;
    const { secretHash, user } = command;
    const ttl = Math.min(Math.max(Math.floor(command.ttl), sessionTtlMin), sessionTtlMax);
    const session = new Session(
      { id, cluster: this.cluster, secretHash, ttl, user, lastHeard: now },
      this.opened++,
    );
    this.add(session);
    return session;
  }

  private add(session: Session): void {
    if (session.slot < this.first) session.isForeign = true;
    this.byId.set(session.id, session);
    this.byHash.set(session.secretHash, session);
    this.expiry.add(session);
  }

  /** Ends a live session. */
  end(session: Session): void {
    this.expiry.remove(session);
    this.forget(session);
  }

  /** A new leader's first proposal: nobody could be heard while there was no leader. */
  refreshAll(now: LogTime): void {
    for (const session of this.byId.values()) session.lastHeard = now;
  }

  /** Ends the sessions that were not heard for longer than their ttl, in the order in which they were opened. */
  expire(now: LogTime): readonly Session[] {
    const ended = this.expiry.take(now);
    if (ended.length > 1) ended.sort((a, b) => a.order - b.order);
    for (const session of ended) this.forget(session);
    return ended;
  }

  /** The log time at which the next session ends unless it is heard; Infinity when none is open. */
  nextDue(): LogTime {
    return this.expiry.next();
  }

  private forget(session: Session): void {
    this.byId.delete(session.id);
    this.byHash.delete(session.secretHash);
  }
}
