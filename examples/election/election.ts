/** Who leads. The leader leads until it resigns or its session ends; then the candidate that waits longest does. */
import {
  type Blocked,
  block,
  invocation,
  type Reads,
  resume,
  type SessionId,
  type Ticket,
} from "concoord/object";

export interface Leader {
  readonly name: string;
  readonly session: SessionId;
  /** Higher than that of all leaders before: whoever gets orders can refuse those of a former one. */
  readonly token: number;
}

export class Election {
  static reads = ["leader"] satisfies Reads<Election>;
  leading: Leader | null = null;
  lastToken = 0;
  candidates: { readonly ticket: Ticket<number>; readonly name: string }[] = [];

  /** Answers with the token when the caller leads. */
  campaign(name: string): number | Blocked<number> {
    if (this.leading === null) return this._elect(name, invocation().session);
    const queue: Ticket<number>[] = [];
    const blocked = block(queue);
    for (const ticket of queue) this.candidates.push({ ticket, name });
    return blocked;
  }

  resign(): void {
    if (this.leading?.session !== invocation().session) throw new Error("only the leader can resign");
    this._next();
  }

  leader(): Leader | null {
    return this.leading;
  }

  onSessionEnd(session: SessionId): void {
    if (this.leading?.session === session) this._next();
  }

  _elect(name: string, session: SessionId): number {
    // How many calls the cluster executed so far: in a cluster that was made anew it goes on rising, too.
    this.lastToken = Math.max(this.lastToken + 1, invocation().index);
    this.leading = { name, session, token: this.lastToken };
    return this.lastToken;
  }

  _next(): void {
    for (let next = this.candidates.shift(); next !== undefined; next = this.candidates.shift())
      if (resume(next.ticket, this._elect(next.name, next.ticket.session))) return;
    this.leading = null;
  }
}
