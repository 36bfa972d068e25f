/**
 * Who leads among the programs that want to. The leader leads until it resigns or its session ends; then the candidate
 * that waits longest does. With each leader comes a token, higher than all before: what a former leader still writes
 * can be told by it (fencing).
 */
import { resume } from "../block.ts";
import { onCancel } from "../d-class.ts";
import { invocation } from "../invocation.ts";
import type { Reads } from "../surface.ts";
import { timeoutOf } from "../sync/arguments.ts";
import { notOwner } from "../sync/errors.ts";
import { emptyLine, takeFirst, takeOut, takeOutAll } from "../sync/line.ts";
import type { Blocked, Ticket } from "../ticket.ts";
import { Tickets } from "../tickets.ts";
import type { SessionId } from "../types.ts";
import { wait, waitAs } from "./parts/waiting.ts";

export interface Leader {
  /** What it campaigned with: a name, an address, whatever others need to know of it. */
  readonly name: unknown;
  readonly session: SessionId;
  readonly token: number;
}

/** A call of `campaign` that waits. */
export interface Candidate {
  readonly ticket: Ticket<number | false>;
  readonly session: SessionId;
  readonly name: unknown;
}

export class Election {
  static reads = ["leader"] satisfies Reads<Election>;
  private leading: Leader | null = null;
  private lastToken = 0;
  /** Invariant: when one of them still waits, somebody leads. */
  private readonly candidates = emptyLine<Candidate>();
  private readonly observers = new Tickets<Leader | null>();

  /**
   * Waits until the caller leads.
   *
   * @param name what others are told of it
   * @param timeout ms of log time; -1 or absent is for ever, 0 tries once
   * @returns its token, also when it leads already; false when the time is over
   * @throws VALUE_ERROR
   */
  campaign(name: unknown = null, timeout = -1): number | false | Blocked<number | false> {
    const millis = timeoutOf(timeout);
    const { session } = invocation();
    if (this.leading === null) return this._elect(session, name);
    if (this.leading.session === session) return this.leading.token;
    if (millis === 0) return false;
    return waitAs<number | false, Candidate>(this.candidates, millis, false, (ticket) => ({
      ticket,
      session,
      name,
    }));
  }

  /** Gives up the lead. @throws NOT_OWNER when the caller does not lead */
  resign(): void {
    if (this.leading?.session !== invocation().session) throw notOwner("only the leader can resign");
    this._next();
  }

  /** @returns null when nobody leads */
  leader(): Leader | null {
    return this.leading;
  }

  /**
   * Waits for a leader other than those that the caller knows of.
   *
   * @param token of the newest leader that it knows; 0 or absent is none
   * @param timeout ms of log time; -1 or absent is for ever, 0 only looks
   * @returns null when the time is over
   * @throws VALUE_ERROR
   * @example for (let { token } = await e.observe(); ; { token } = await e.observe(token)) console.log(token);
   */
  observe(token = 0, timeout = -1): Leader | null | Blocked<Leader | null> {
    const millis = timeoutOf(timeout);
    if (this.leading !== null && this.leading.token > token) return this.leading;
    if (millis === 0) return null;
    return wait(this.observers, millis, null);
  }

  onSessionEnd(session: SessionId): void {
    takeOutAll(this.candidates, session);
    if (this.leading?.session === session) this._next();
  }

  onDeadline(ticket: Ticket): void {
    takeOut(this.candidates, ticket);
  }

  [onCancel](ticket: Ticket): void {
    takeOut(this.candidates, ticket);
  }

  _next(): void {
    this.leading = null;
    const next = takeFirst(this.candidates);
    if (next !== null) resume(next.ticket, this._elect(next.session, next.name));
  }

  _elect(session: SessionId, name: unknown): number {
    this.lastToken = Math.max(this.lastToken + 1, invocation().index);
    const leader: Leader = { name, session, token: this.lastToken };
    this.leading = leader;
    while (resume(this.observers, leader));
    return leader.token;
  }
}
