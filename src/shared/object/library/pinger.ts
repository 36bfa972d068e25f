/**
 * Who was last heard of when. Departs from the original: no sockets and no threads; members call `ping` themselves, and
 * the clock is log time, so that nobody grows old while the cluster has no leader.
 */
import { invocation } from "../invocation.ts";
import type { Reads } from "../surface.ts";
import { amount, text } from "./parts/arguments.ts";
import { keyError } from "./parts/errors.ts";

export interface Seen {
  readonly member: string;
  /** Milliseconds of log time when it was added or pinged last. */
  readonly lastSeen: number;
}

export class Pinger {
  static reads = ["get_members", "last_seen", "silent"] satisfies Reads<Pinger>;
  private readonly seen = new Map<string, number>();

  /** A new member counts as seen now; one that is there already stays as it is. */
  add(member: string): void {
    if (!this.seen.has(text(member, "member"))) this.seen.set(member, invocation().logTime);
  }

  /** @throws KeyError when it is no member */
  remove(member: string): void {
    if (!this.seen.delete(member)) throw keyError(`${member} is no member`);
  }

  /** Says that the member lives. @throws KeyError when it is no member */
  ping(member: string): void {
    if (!this.seen.has(member)) throw keyError(`${member} is no member`);
    this.seen.set(member, invocation().logTime);
  }

  get_members(): Seen[] {
    return [...this.seen].map(([member, lastSeen]) => ({ member, lastSeen }));
  }

  /** Milliseconds of log time. @throws KeyError when it is no member */
  last_seen(member: string): number {
    const seen = this.seen.get(member);
    if (seen === undefined) throw keyError(`${member} is no member`);
    return seen;
  }

  /** The members of which nothing was heard for more than `millis` of log time. */
  silent(millis: number): string[] {
    const since = invocation().logTime - amount(millis, "millis");
    return [...this.seen].filter(([, seen]) => seen < since).map(([member]) => member);
  }
}
