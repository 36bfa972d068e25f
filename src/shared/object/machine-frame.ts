/** What runs on a replica: whoever waits is answered, at the latest when the time is up that the method gave. */
import { Frame } from "./frame.ts";
import type { Instance } from "./instances.ts";
import { disregard, type Outcomes, refuse } from "./outcomes.ts";
import type { Session } from "./session.ts";
import { isBlockedSign, type Ticket } from "./ticket.ts";
import type { Outcome, Seq } from "./types.ts";
import { BlockedCall, deadlineAfter, neverDue } from "./waiting-calls.ts";

/** What a frame needs of the calls that wait. */
export interface Wakes {
  find(ticket: Ticket): BlockedCall | undefined;
  block(call: BlockedCall): void;
  /** The call that is running did not block after all, or was resumed before its method returned. */
  unblock(call: BlockedCall): void;
  /** A blocked call loses its deadline. */
  waitOn(call: BlockedCall): void;
  /** A blocked call gets its final outcome. */
  finish(call: BlockedCall, outcome: Outcome): void;
}

export class MachineFrame extends Frame {
  /** The object whose code runs; null where it is none of the cluster's, or only read. */
  instance: Instance | null = null;
  /** Who waits when the method that runs blocks. */
  caller: Session | null = null;
  /** What a declared read tried to do, which it must not. */
  tried: string | null = null;
  /** The call that is running, when it has blocked. */
  private pending: BlockedCall | null = null;
  /** Its outcome, when it was resumed before its method returned. */
  private early: Outcome | null = null;
  private readonly outcomes: Outcomes;
  private readonly wakes: Wakes;

  constructor(outcomes: Outcomes, wakes: Wakes) {
    super();
    this.outcomes = outcomes;
    this.wakes = wakes;
  }

  override waits(ticket: Ticket): boolean {
    return this.find(ticket) !== undefined;
  }

  override madeDClass(): void {
    if (this.instance !== null) this.instance.hasDClass = true;
  }

  /** The outcome of a method that blocked and returned `value`. */
  returned(value: unknown, of: string, method: string): Outcome {
    const { early } = this;
    if (!isBlockedSign(value)) {
      this.release();
      disregard(value);
      const message = `${of}.${method} called block() and must return what it gave`;
      return refuse("BLOCK_NOT_RETURNED", message, "yes");
    }
    this.forget();
    return early ?? { type: "blocked" };
  }

  override release(): void {
    if (this.pending !== null && this.early === null) this.wakes.unblock(this.pending);
    this.forget();
  }

  private forget(): void {
    this.hasBlocked = false;
    this.pending = null;
    this.early = null;
  }

  private find(ticket: Ticket): BlockedCall | undefined {
    const call = this.wakes.find(ticket);
    return call?.instance === this.instance ? call : undefined;
  }

  protected override get mayResume(): boolean {
    return this.instance !== null;
  }

  protected override answer(value: unknown): Outcome {
    const { outcomes, instance } = this;
    return value instanceof Error
      ? outcomes.threw(value)
      : outcomes.returned(value, instance?.entry.name ?? "", null);
  }

  protected override wait(_ticket: Ticket, after: number, atDeadline: Outcome | null): void {
    const { caller, instance } = this;
    if (caller === null || instance === null) return;
    const due = atDeadline === null ? neverDue : deadlineAfter(this.logTime, after);
    this.pending = new BlockedCall(caller, this.seq as Seq, instance, due, atDeadline);
    this.wakes.block(this.pending);
  }

  protected override wake(ticket: Ticket, answer: Outcome): void {
    const call = this.find(ticket);
    if (call === undefined) return;
    if (call !== this.pending) return this.wakes.finish(call, answer);
    this.wakes.unblock(call);
    this.early = answer;
  }

  protected override forgetDeadline(ticket: Ticket): void {
    const call = this.find(ticket);
    if (call !== undefined && call !== this.pending) this.wakes.waitOn(call);
  }

  protected override refuse(what: string): never {
    this.tried = `${what} a call`;
    return super.refuse(what);
  }
}
