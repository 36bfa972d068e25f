/**
 * Why this node is no member any more, as its own log tells: each view change is applied here a second time, so that
 * the change that removed it is known and not only that it is gone. One that left or was replaced stops for good; one
 * that was evicted joins again.
 */
import { leftMax } from "../limits.ts";
import type { NodeId } from "../paxos/ids.ts";
import { plus, type Slot, WINDOW } from "../paxos/slot.ts";
import type { Base } from "../paxos/types.ts";
import { type Member, type View, type ViewChange, Views } from "../paxos/view.ts";

/** The node stops by itself, for its cluster goes on without it. */
export class Gone extends Error {
  override readonly name = "Gone";
  readonly reason: "left" | "replaced";
  constructor(reason: "left" | "replaced", message: string) {
    super(message);
    this.reason = reason;
  }
}

export class Farewell {
  private readonly id: NodeId;
  private views: Views;
  /** The first slots of the views that it began with. */
  private readonly known: ReadonlySet<Slot>;
  private readonly earlier = new Set<number>();
  /** The node as the newest view that had it shows it; null while it never was a member. */
  private shown: Member | null;
  private reason: Gone["reason"] | null = null;
  /** Who left by the wish of an operator, newest last. */
  private readonly left = new Set<NodeId>();

  /** @param views those that the decided changes to come are applied to, oldest first */
  constructor(id: NodeId, views: readonly View[]) {
    this.id = id;
    this.views = new Views(views);
    this.known = new Set(views.map((view) => view.first));
    this.shown = this.self;
  }

  /** Null for a member, for a node that is to become one, and for one that was evicted. */
  get gone(): Gone | null {
    const addr = this.shown?.addr ?? "";
    if (this.reason === null) return null;
    if (this.reason === "left") return new Gone("left", `the node ${this.id} at ${addr} left the cluster`);
    const holder = this.views.newest.members.find((m) => m.addr === addr)?.id ?? "another node";
    return new Gone("replaced", `the node ${this.id} was replaced: ${addr} belongs to ${holder} now`);
  }

  /** Whether an operator let this node leave, as far as this log tells. */
  hasLeft(id: NodeId): boolean {
    return this.left.has(id);
  }

  /** What a decided slot changed; in order of slots, each once. */
  decided(slot: Slot, change: ViewChange): void {
    // One that was made against an older view did nothing; what the disk's views begin with did something before.
    const decided = this.views.decide(slot, change) !== null || this.known.has(plus(slot, WINDOW));
    const took = decided || this.tookEarlier(slot, change);
    this.views.forget(slot);
    if (!took) return;
    if (change.type === "leave") this.note(change.id);
    const { self } = this;
    if (self !== null) [this.shown, this.reason] = [self, null];
    else if (change.type === "leave" && change.id === this.id) this.reason = "left";
    else if (change.type === "replace" && change.id === this.id) this.reason = "replaced";
  }

  private note(id: NodeId): void {
    const [oldest] = this.left;
    if (oldest !== undefined && this.left.size >= leftMax) this.left.delete(oldest);
    this.left.add(id);
  }

  /** Of changes below the views that it began with, the first one that was made against a view is what made the next. */
  private tookEarlier(slot: Slot, { against }: ViewChange): boolean {
    if (plus(slot, WINDOW) >= Math.min(...this.known) || this.earlier.has(against)) return false;
    this.earlier.add(against);
    return true;
  }

  /** A snapshot stands for slots that were not seen: only a node whose address another one has is known to be gone. */
  installed({ views }: Base): void {
    this.views = new Views(views);
    const { self, shown } = this;
    if (self !== null) [this.shown, this.reason] = [self, null];
    else if (shown !== null && this.views.newest.members.some((m) => m.addr === shown.addr))
      this.reason = "replaced";
  }

  /** Null when the newest view does not show it. */
  get self(): Member | null {
    return this.views.newest.members.find((m) => m.id === this.id) ?? null;
  }
}
