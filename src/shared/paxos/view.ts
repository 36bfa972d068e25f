/**
 * Views: who the members are, as data that follows from the log. A view change decided in slot s governs the
 * slots from s + WINDOW on (PMMC section 4.4, "reconfiguration"), so every node knows which view governs a slot
 * before it may propose there (P4).
 */
import { membersMax } from "../limits.ts";
import { type ClusterId, must, type NodeId, unreachable } from "./ids.ts";
import { next, plus, type Slot, WINDOW } from "./slot.ts";

/**
 * A replica votes and holds the objects, an acceptor only votes, a learner only holds the objects. A nameserver follows
 * views: it has no log, and nothing of the protocol is sent to it.
 */
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

/**
 * A membership command. It does nothing unless the newest decided view still has the number `against` (rule 7), nor
 * when it would leave no replica, or two members of one id or address.
 */
export type ViewChange = { readonly against: number } & (
  | { readonly type: "join"; readonly member: Member }
  /** A newcomer takes the place of the member at its address, whose disk was lost. */
  | { readonly type: "replace"; readonly id: NodeId; readonly member: Member }
  /** A member restarted with another address, domain or groups. Its role stays. */
  | { readonly type: "move"; readonly member: Member }
  /** It goes for good, by the wish of an operator. */
  | { readonly type: "leave"; readonly id: NodeId }
  /** They were silent for long. One that comes back joins again by itself. */
  | { readonly type: "evict"; readonly ids: readonly NodeId[] }
  /** A member was silent for long, or is back. It goes on voting when it can. */
  | { readonly type: "away"; readonly id: NodeId; readonly away: boolean }
);

export function isVoter(member: Member): boolean {
  return member.role === "replica" || member.role === "acceptor";
}

/** Whether it holds the log: it is sent what is decided, and sends heartbeats. */
export function takesPart({ role }: Pick<Member, "role">): boolean {
  return role !== "nameserver";
}

/** Only replicas stand for leader: an acceptor holds no object. */
export function mayLead(view: View, id: NodeId): boolean {
  return view.members.some((m) => m.id === id && m.role === "replica");
}

export function voters(view: View): readonly NodeId[] {
  return view.members.filter(isVoter).map((m) => m.id);
}

/** Those who take part in the log. */
export function participants(view: View): readonly NodeId[] {
  return view.members.filter(takesPart).map((m) => m.id);
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

/**
 * Rule 6: a majority of the view's voters holds all decisions below the first slot that it governs, durably, so that
 * nobody else is needed any more. @param kept the decided mark that a voter has on its disk
 */
export function isSafe(view: View, kept: (id: NodeId) => Slot): boolean {
  return isQuorum(view, (id) => plus(kept(id), 1) >= view.first);
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

  /** @param views consecutive ones, oldest first, at least one */
  constructor(views: readonly View[]) {
    this.list = views;
  }

  /** All that matter, oldest first: what a snapshot keeps. */
  get all(): readonly View[] {
    return this.list;
  }

  get newest(): View {
    return this.list[this.list.length - 1] as View;
  }

  /** A snapshot stands for the slots in which these were decided. */
  replace(views: readonly View[]): void {
    must(views.length > 0, "there is no cluster without a view");
    this.list = views;
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
    const ids = this.open(mark).flatMap(participants);
    return [...new Set(ids)];
  }

  /** Applies a change decided in slot `s`. Returns the new view, or null when the change does nothing. */
  decide(s: Slot, change: ViewChange): View | null {
    const newest = this.newest;
    const members = change.against === newest.number ? changed(newest.members, change) : null;
    if (members === null || !isSound(members)) return null;
    const view: View = { number: newest.number + 1, first: plus(s, WINDOW), members };
    this.list = [...this.list, view];
    return view;
  }

  /** Forgets views that govern no slot above `mark`. */
  forget(mark: Slot): void {
    if (this.list.length > 1 && (this.list[1] as View).first <= next(mark)) this.list = this.open(mark);
  }
}

/** The members after the change, or null when it does nothing. */
function changed(members: readonly Member[], change: ViewChange): readonly Member[] | null {
  switch (change.type) {
    case "join":
      return [...members, change.member];
    case "replace":
      return put(members, change.id, change.member);
    case "move": {
      const { id, addr, domain, groups } = change.member;
      const before = members.find((m) => m.id === id);
      return before === undefined ? null : put(members, id, { ...before, addr, domain, groups });
    }
    case "leave":
      return without(members, [change.id]);
    case "evict":
      return without(members, change.ids);
    case "away": {
      const before = members.find((m) => m.id === change.id);
      if (before === undefined || before.away === change.away) return null;
      return put(members, change.id, { ...before, away: change.away });
    }
    default:
      return unreachable(change);
  }
}

function put(members: readonly Member[], id: NodeId, member: Member): readonly Member[] | null {
  return members.some((m) => m.id === id) ? members.map((m) => (m.id === id ? member : m)) : null;
}

function without(members: readonly Member[], ids: readonly NodeId[]): readonly Member[] | null {
  const left = members.filter((m) => !ids.includes(m.id));
  return left.length + ids.length === members.length && ids.length > 0 ? left : null;
}

/** A view can lead and be led: it has a replica, no more members than the limit, each once and at its own address. */
function isSound(members: readonly Member[]): boolean {
  const ids = new Set(members.map((m) => m.id));
  const addrs = new Set(members.map((m) => m.addr));
  const distinct = ids.size === members.length && addrs.size === members.length;
  return distinct && members.length <= membersMax && members.some((m) => m.role === "replica");
}

/** Whether two changes are the same. */
export function sameChange(a: ViewChange | null, b: ViewChange | null): boolean {
  if (a === null || b === null) return a === b;
  if (a.against !== b.against) return false;
  switch (a.type) {
    case "join":
    case "move":
      return a.type === b.type && sameMember(a.member, b.member);
    case "replace":
      return a.type === b.type && a.id === b.id && sameMember(a.member, b.member);
    case "leave":
      return a.type === b.type && a.id === b.id;
    case "evict":
      return a.type === b.type && sameTexts(a.ids, b.ids);
    case "away":
      return a.type === b.type && a.id === b.id && a.away === b.away;
    default:
      return unreachable(a);
  }
}

function sameMember(a: Member, b: Member): boolean {
  const same = a.id === b.id && a.role === b.role && a.addr === b.addr && a.domain === b.domain;
  return same && a.away === b.away && sameTexts(a.groups, b.groups);
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
