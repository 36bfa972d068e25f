/**
 * How much of the log stays (P9). Nothing leaves it before a snapshot that contains it is safe on f + 1 voters of every
 * view in force, whatever f of them fail, and on this node's own disk, which must start again. A tail stays beyond
 * that, for nodes that fell behind: up to the safe snapshot before the newest one, or up to one that is being sent,
 * as long as there is room.
 */
import { tailBytesMax, tailSlotsMax } from "../limits.ts";
import { must, type NodeId } from "./ids.ts";
import type { Log } from "./log.ts";
import { type Slot, slotZero } from "./slot.ts";
import type { Base, Recovered, Write } from "./types.ts";
import { isVoter, majority, type View, type Views } from "./view.ts";

export class Retention {
  /** False while replicas differ and it is not known who is right: then the log is the only witness. */
  trims = true;
  /** The newest snapshot of each node that was heard to have one; what was durable once stays so. */
  private readonly held = new Map<NodeId, Slot>();
  private readonly found: Recovered;
  private readonly log: Log;
  private readonly views: Views;
  /** The views for which it was found out what is safe; null when a node holds more since. */
  private lookedAt: readonly View[] | null = null;
  /** A snapshot that is being sent. */
  private pinned: Slot = slotZero;
  /** The newest slot that is safe, and the one before it. Invariant: before <= newest. */
  private newest: Slot = slotZero;
  private before: Slot = slotZero;
  /** What is safe in the views that are open now: one that came since may have less. */
  private safe: Slot = slotZero;

  constructor(found: Recovered, log: Log, views: Views) {
    this.found = found;
    this.log = log;
    this.views = views;
  }

  /** The newest snapshot of this node that is durable; 0 for none. */
  get own(): Slot {
    return this.held.get(this.found.id) ?? slotZero;
  }

  /** A node holds a durable snapshot of the state after `slot`. */
  holds(id: NodeId, slot: Slot): void {
    if (slot <= (this.held.get(id) ?? slotZero)) return;
    this.held.set(id, slot);
    this.lookedAt = null;
  }

  pin(slot: Slot): void {
    this.pinned = slot;
  }

  /** Trims what may go; the record says again what still matters. @returns the slot up to which, null for nothing */
  trim(writes: Write[]): Slot | null {
    const to = this.trims ? this.target() : slotZero;
    if (to <= this.log.trimmed) return null;
    this.log.trim(to);
    this.say(writes);
    return to;
  }

  /** A snapshot of another node, which is durable here, stands for all that this log lacks up to its slot. */
  install(base: Base, writes: Write[]): void {
    this.log.install(base);
    this.views.replace(base.views);
    this.views.forget(base.slot);
    this.say(writes);
  }

  private say(writes: Write[]): void {
    const { promised, trimmed: slot, decided, logTime } = this.log;
    const { id, genesis } = this.found;
    writes.push({ type: "trimmed", id, genesis, promised, slot, decided, views: this.views.all, logTime });
  }

  private target(): Slot {
    const { log, views } = this;
    if (this.lookedAt !== views.all) this.look(views.open(log.decided));
    this.lookedAt = views.all;
    const full = log.tailBytes > tailBytesMax || log.decided - log.trimmed > tailSlotsMax;
    const kept = this.pinned > slotZero && this.pinned < this.before ? this.pinned : this.before;
    const to = full ? this.newest : kept;
    return to < this.safe ? to : this.safe;
  }

  private look(open: readonly View[]): void {
    const safe = open.reduce<number>((least, view) => Math.min(least, this.safeIn(view)), this.own);
    this.safe = safe as Slot;
    if (safe <= this.newest) return;
    this.before = this.newest;
    this.newest = safe as Slot;
    must(this.newest <= this.own, "P9: a node trims no more than its own snapshot stands for");
  }

  /** The newest slot of which at least f + 1 of the view's voters hold a snapshot. */
  private safeIn(view: View): Slot {
    const marks = view.members.filter(isVoter).map(({ id }) => this.held.get(id) ?? slotZero);
    marks.sort((a, b) => b - a);
    return marks[marks.length - majority(view)] ?? slotZero;
  }
}
