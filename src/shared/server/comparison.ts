/**
 * One thing in which replicas must agree, compared for as long as they run: on a difference it asks a node on the
 * other side for what tells where it began, and says when there is nothing more to wait for.
 */
import { type Millis, millis, type NodeId } from "../paxos/ids.ts";
import type { Slot } from "../paxos/slot.ts";
import { type Gap, Tally, type Verdict } from "./tally.ts";

/** How long a difference waits: for the beats of others that decide who is right, for an answer that names it. */
export const settleMillisMax = 1_000;
/** A question may get lost, or have met a node that has just stopped. */
const askAgainMillis = 250;

/** A difference of which all is known that will be. */
export interface Difference {
  readonly verdict: Exclude<Verdict, { readonly type: "agree" }>;
  readonly gap: Gap;
  /** What was found; null when nobody who could tell answered. */
  readonly found: string | null;
}

export class Comparison {
  readonly tally = new Tally();
  private readonly self: NodeId;
  private readonly own: (slot: Slot) => number | null;
  private readonly ask: (peer: NodeId, gap: Gap) => void;
  private verdict: Verdict = { type: "agree" };
  private since: Millis = millis(0);
  private askAt: Millis = millis(0);
  private asked = 0;
  private found: string | null = null;

  /**
   * @param own what this node has at a slot; null when it cannot say
   * @param ask sends the question to a node on the other side
   */
  constructor(self: NodeId, own: (slot: Slot) => number | null, ask: (peer: NodeId, gap: Gap) => void) {
    this.self = self;
    this.own = own;
    this.ask = ask;
  }

  /** False while replicas differ and no majority is known. */
  get agrees(): boolean {
    return this.verdict.type !== "undecided";
  }

  /** Compares anew and asks what is to be asked. @returns the difference, once there is nothing to wait for */
  look(now: Millis, replicas: readonly NodeId[]): Difference | null {
    const before = this.verdict.type;
    const verdict = this.tally.judge(replicas, this.self, this.own);
    this.verdict = verdict;
    if (verdict.type === "agree") return null;
    if (verdict.type !== before) {
      [this.since, this.askAt, this.found] = [now, now, null];
    }
    const late = now - this.since >= settleMillisMax;
    if (verdict.type === "minority" || (verdict.type === "undecided" && late))
      this.question(now, verdict.others);
    const gap = this.tally.gap(verdict.others[0] as NodeId);
    if (gap === null || !(late || (verdict.type === "minority" && this.found !== null))) return null;
    return { verdict, gap, found: this.found };
  }

  /** The slots in which `peer` began to differ, if it is on the other side; else its answer is of no use. */
  gap(peer: NodeId): Gap | null {
    return this.verdict.type === "agree" ? null : this.tally.gap(peer);
  }

  /** An answer told where the difference began. */
  tell(found: string): void {
    this.found = found;
  }

  private question(now: Millis, others: readonly NodeId[]): void {
    if (this.found !== null || now < this.askAt) return;
    this.askAt = millis(now + askAgainMillis);
    const peer = others[this.asked++ % others.length] as NodeId;
    const gap = this.tally.gap(peer);
    if (gap !== null) this.ask(peer, gap);
  }
}
