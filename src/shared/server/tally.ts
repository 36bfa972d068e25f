/**
 * Who agrees with whom: what each replica told of its history (a digest, or a hash of its state) at some slots, and
 * where this node stands with that. Digests run on, so who agrees at a slot agreed at all before it, and who differs
 * differs from then on, until it starts anew.
 */
import type { NodeId } from "../paxos/ids.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";

export type Verdict =
  | { readonly type: "agree" }
  /** More than half of the replicas, this one among them, agree; `others` do not. */
  | { readonly type: "majority"; readonly others: readonly NodeId[] }
  /** More than half of the replicas, `others`, agree with one another and not with this node. */
  | { readonly type: "minority"; readonly others: readonly NodeId[] }
  /** `others` differ from this node, and as far as is known no more than half of the replicas agree. */
  | { readonly type: "undecided"; readonly others: readonly NodeId[] };

/** The slots within which another node's history began to differ: above `from`, up to `to`. */
export interface Gap {
  readonly from: Slot;
  readonly to: Slot;
}

interface Told {
  readonly at: Slot;
  readonly value: number;
}

interface Peer {
  /** The newest slot at which it agreed; 0 for none. */
  agreed: Slot;
  /** The first slot at which it was seen to differ; null when it agrees, as far as is known. */
  differs: Slot | null;
  /** What it told above `agreed`; the slots rise. */
  told: Told[];
}

/** Beats come 20 times a second: a node that is this much late finds nothing to compare until it has caught up. */
const toldMax = 16;

export class Tally {
  private readonly peers = new Map<NodeId, Peer>();

  /** Takes note of what a replica told of itself. */
  hear(id: NodeId, at: Slot, value: number): void {
    let peer = this.peers.get(id);
    if (peer === undefined) {
      peer = { agreed: slotZero, differs: null, told: [] };
      this.peers.set(id, peer);
    }
    const last = peer.told.at(-1);
    if (last !== undefined && at <= last.at) {
      if (at === last.at && value === last.value) return;
      peer.told = []; // it started anew, or messages overtook one another
    }
    peer.told.push({ at, value });
    if (peer.told.length > toldMax) peer.told.shift();
  }

  /**
   * Compares.
   *
   * @param replicas all of the newest view, silent ones too: a majority is one of them
   * @param self this node; a learner compares itself, but is counted nowhere
   * @param own what this node has at a slot; null when it cannot say (yet, or any more)
   * @example tally.judge([a, b, c], a, (slot) => trail.digestAt(slot)) // { type: "minority", others: [b, c] }
   */
  judge(replicas: readonly NodeId[], self: NodeId, own: (slot: Slot) => number | null): Verdict {
    for (const id of this.peers.keys()) if (!replicas.includes(id)) this.peers.delete(id);
    for (const peer of this.peers.values()) compare(peer, own);
    const others = replicas.filter((id) => id !== self && this.gap(id) !== null);
    if (others.length === 0) return { type: "agree" };
    const isMajority = (n: number) => 2 * n > replicas.length;
    const against = this.groups(others).find((group) => isMajority(group.length));
    if (against !== undefined) return { type: "minority", others: against };
    const since = Math.min(...others.map((id) => this.gap(id)?.to ?? Number.POSITIVE_INFINITY));
    const mine = replicas.filter((id) => id === self || this.agreesAt(id, since));
    return { type: isMajority(mine.length) ? "majority" : "undecided", others };
  }

  /** Where the other node's history began to differ; null when it does not. */
  gap(id: NodeId): Gap | null {
    const peer = this.peers.get(id);
    return peer === undefined || peer.differs === null ? null : { from: peer.agreed, to: peer.differs };
  }

  private agreesAt(id: NodeId, slot: number): boolean {
    const peer = this.peers.get(id);
    return peer !== undefined && peer.differs === null && peer.agreed >= slot;
  }

  /** Those who told the same of a slot at which they differ from this node: nothing else can be compared. */
  private groups(ids: readonly NodeId[]): readonly NodeId[][] {
    const groups = new Map<string, NodeId[]>();
    for (const id of ids) {
      const { told = [], differs = null } = this.peers.get(id) ?? {};
      for (const { at, value } of told) {
        if (differs === null || at < differs) continue;
        const key = `${at} ${value}`;
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [id]);
        else group.push(id);
      }
    }
    return [...groups.values()];
  }
}

function compare(peer: Peer, own: (slot: Slot) => number | null): void {
  for (const { at, value } of peer.told) {
    const mine = own(at);
    if (mine === null) continue;
    if (mine !== value) peer.differs ??= at;
    else {
      peer.agreed = at;
      peer.differs = null;
    }
  }
  // What it told before it differed says nothing more.
  peer.told = peer.told.filter(({ at }) => at > peer.agreed);
}
