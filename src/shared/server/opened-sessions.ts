/**
 * The sessions that were opened through this node, by the address they came from: also those whose connection has gone,
 * since the cluster keeps them until their time to live is over. Nobody may fill the table of all alone.
 */
import { sessionsPerAddressMax } from "../limits.ts";
import type { SessionId } from "../object/types.ts";

export class OpenedSessions {
  private readonly of = new Map<SessionId, string>();
  private readonly counts = new Map<string, number>();

  /** Whether one more may be opened from there. @param address null for callers within this process */
  hasRoom(address: string | null): boolean {
    return address === null || (this.counts.get(address) ?? 0) < sessionsPerAddressMax;
  }

  /** The log opened it. */
  add(session: SessionId, address: string | null): void {
    if (address === null || this.of.has(session)) return;
    this.of.set(session, address);
    this.counts.set(address, (this.counts.get(address) ?? 0) + 1);
  }

  /** It is over. */
  delete(session: SessionId): void {
    const address = this.of.get(session);
    if (address === undefined) return;
    this.of.delete(session);
    const left = (this.counts.get(address) ?? 0) - 1;
    if (left > 0) this.counts.set(address, left);
    else this.counts.delete(address);
  }

  /** The state came from a snapshot: some may be over. */
  prune(isOver: (session: SessionId) => boolean): void {
    for (const session of this.of.keys()) if (isOver(session)) this.delete(session);
  }
}
