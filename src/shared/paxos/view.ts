/**
 * Views: who the members are, as data that follows from the log. A view change decided in slot s governs the
 * slots from s + WINDOW on (PMMC section 4.4, "reconfiguration"), so every node knows which view governs a slot
 * before it may propose there (P4).
 */
import type { ClusterId, NodeId } from "./ids.ts";
import { next, plus, type Slot, WINDOW } from "./slot.ts";

/** A replica votes and holds the objects, an acceptor only votes, a learner only holds the objects. */
export type Role = "replica" | "acceptor" | "learner" | "nameserver";

export interface Member {
  readonly id: NodeId;
  readonly role: Role;
  /** host:port under which peers and clients reach it. */
  readonly addr: string;
  /** The domain that it serves as a nameserver, or "". */
  readonly domain: string;
  /** What it shares with others and may lose together with them: racks, power lines. */
  readonly groups: readonly string[];
  readonly away: boolean;
}

export interface View {
  /** From 1, one more with each change. */
  readonly number: number;
  /** The first slot that this view governs. */
  readonly first: Slot;
  readonly members: readonly Member[];
}

/** What a cluster is founded with: the state before slot 1. */
export interface Genesis {
  readonly cluster: ClusterId;
  /** WINDOW of the founder; a node built with another one refuses to start. */
  readonly window: number;
  /** Wall-clock seconds at the founding: the call index starts at created * 2^20. */
  readonly created: number;
  readonly view: View;
}

/** A membership command. It does nothing unless the newest decided view still has the number `against`. */
export type ViewChange = { readonly type: "join"; readonly against: number; readonly member: Member };

export function isVoter(member: Member): boolean {
  return member.role === "replica" || member.role === "acceptor";
}

/** Only replicas stand for leader: an acceptor holds no object. */
export function mayLead(view: View, id: NodeId): boolean {
  return view.members.some((m) => m.id === id && m.role === "replica");
}

export function voters(view: View): readonly NodeId[] {
  return view.members.filter(isVoter).map((m) => m.id);
}

/** How many of the view's voters are more than half of them. */
export function majority(view: View): number {
  return Math.floor(view.members.filter(isVoter).length / 2) + 1;
}

/** Whether the nodes for which `has` answers true hold a majority of the view's voters; each counts once. */
export function isQuorum(view: View, has: (id: NodeId) => boolean): boolean {
  let count = 0;
  for (const m of view.members) if (isVoter(m) && has(m.id)) count++;
  return count >= majority(view);
}

/** How many voters may fail while the cluster goes on; acceptors never stand, so one replica must stay. */
export function tolerates(view: View): number {
  const all = view.members.filter(isVoter).length;
  const replicas = view.members.filter((m) => m.role === "replica").length;
  return Math.max(0, Math.min(all - majority(view), replicas - 1));
}

/** The views that still matter: those that govern a slot above the decided mark, oldest first, newest last. */
export class Views {
  /** Invariant: not empty, numbers consecutive, `first` strictly rising, list[0].first <= decided mark + 1. */
  private list: readonly View[];

  constructor(first: View) {
    this.list = [first];
  }

  get newest(): View {
    return this.list[this.list.length - 1] as View;
  }

  /** The view that governs `s`. P4: right only when every slot <= s - WINDOW is decided and was handed to `decide`. */
  at(s: Slot): View {
    for (let i = this.list.length - 1; i > 0; i--) {
      const view = this.list[i] as View;
      if (view.first <= s) return view;
    }
    return this.list[0] as View;
  }

  /** Those that govern a slot from `mark` + 1 to `mark` + WINDOW, and the newest. */
  open(mark: Slot): readonly View[] {
    const from = next(mark);
    return this.list.filter((_, i) => {
      const after = this.list[i + 1];
      return after === undefined || after.first > from;
    });
  }

  /** All that take part in the log, in the newest view or in one that still governs an open slot. */
  members(mark: Slot): readonly NodeId[] {
    const ids = this.open(mark).flatMap((v) =>
      v.members.filter((m) => m.role !== "nameserver").map((m) => m.id),
    );
    return [...new Set(ids)];
  }

  /** Applies a change decided in slot `s`. Returns the new view, or null when the change does nothing. */
  decide(s: Slot, change: ViewChange): View | null {
    const newest = this.newest;
    if (change.against !== newest.number) return null;
    if (newest.members.some((m) => m.id === change.member.id || m.addr === change.member.addr)) return null;
    const view: View = {
      number: newest.number + 1,
      first: plus(s, WINDOW),
      members: [...newest.members, change.member],
    };
    this.list = [...this.list, view];
    return view;
  }

  /** Forgets views that govern no slot above `mark`. */
  forget(mark: Slot): void {
    if (this.list.length > 1 && (this.list[1] as View).first <= next(mark)) this.list = this.open(mark);
  }
}
