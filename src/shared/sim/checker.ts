/**
 * Watches a simulated cluster from outside and asserts the promises on what changed: P1 and P3 against the copies of
 * the disks, P2 and P5 over all nodes that ever lived, P4 and the rules on every message that leaves a node.
 */
import { type Ballot, ballotZero, compareBallots, sameBallot } from "../paxos/ballot.ts";
import { type ClusterId, must, type NodeId } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import { next, type Slot, slot, slotZero, WINDOW } from "../paxos/slot.ts";
import type { PaxosMessage, Proposal, SnapshotHead } from "../paxos/types.ts";
import type { View, ViewChange } from "../paxos/view.ts";
import type { PeerMessage } from "../wire/messages.ts";
import type { Machine, Process } from "./machine.ts";
import { afterChange, sameView } from "./membership.ts";
import { sameValue } from "./same.ts";
import type { Shadow } from "./shadow.ts";

interface Proposed {
  readonly ballot: Ballot;
  readonly proposal: Proposal;
}

/** What the checker saw of a process when it looked last. */
interface Seen {
  view: View | null;
  decided: Slot;
  trimmed: Slot;
  executed: Slot;
}

export class Checker {
  private readonly machines: readonly Machine[];
  private cluster: ClusterId | null = null;
  /** What each slot decided, from 1 on; P2: never two. */
  readonly log: Proposal[] = [];
  /** The views that follow from `log`, oldest first. */
  readonly views: View[] = [];
  /** The digest after a slot, as the first replica told it. */
  private readonly digests = new Map<Slot, number>();
  private readonly seen = new WeakMap<Process, Seen>();
  /** The hash of each snapshot that became durable anywhere. */
  private readonly snapshots = new Map<Slot, string>();
  /** The highest slot that left a log rightly. */
  private safe: Slot = slotZero;
  /** What was on disks that an operator replaced. */
  readonly graves: Shadow[] = [];
  private readonly proposed = new Map<Slot, Proposed[]>();
  /** The highest round with which each node stood, and in which of its lives. */
  private readonly stood = new Map<NodeId, { round: number; process: Process }>();

  constructor(machines: readonly Machine[]) {
    this.machines = machines;
  }

  /** After each turn of a process. */
  turned(process: Process): void {
    if (process.server === null || !process.started) return;
    const { node, machine, cluster } = process.server;
    let seen = this.seen.get(process);
    if (seen === undefined) {
      seen = { view: null, decided: slotZero, executed: slotZero, trimmed: slotZero };
      this.seen.set(process, seen);
      this.cluster ??= cluster;
      must(this.cluster === cluster, "two clusters were founded");
      if (this.views.length === 0) this.found(node);
    }
    const held = seen.decided;
    while (seen.decided < node.log.decided) {
      seen.decided = next(seen.decided);
      // What a snapshot stands for was seen at those who decided it.
      if (seen.decided <= node.log.trimmed) continue;
      this.decided(seen.decided, node.log.decidedIn(seen.decided));
    }
    const view = node.views.newest;
    if (seen.view !== view) must(sameView(this.views[view.number - 1], view), "P4: another view");
    seen.view = view;
    if (seen.trimmed !== node.log.trimmed) {
      seen.trimmed = node.log.trimmed;
      // What came with a snapshot was never in this log.
      if (seen.trimmed <= held) this.trimmed(process, seen.trimmed);
    }
    if (seen.executed !== machine.executed) {
      seen.executed = machine.executed;
      this.executed(seen.executed, machine.digest);
    }
  }

  private found(node: PaxosNode): void {
    must(node.views.newest.number === 1, "the founder begins with the first view");
    this.views.push(node.views.newest);
  }

  private decided(s: Slot, proposal: Proposal): void {
    const known = this.log[s - 1];
    if (known !== undefined) {
      must(sameValue(known, proposal), `P2: two values were decided in slot ${s}`);
      return;
    }
    must(this.log.length === s - 1, `P5: slot ${s} before the ones below it`);
    const view = this.viewAt(s);
    const holds = (id: NodeId) => {
      const value = this.shadowOf(id)?.values.get(s);
      return value !== undefined && sameValue(value.proposal, proposal);
    };
    must(
      isMajority(view, holds),
      `P3: slot ${s} was decided, but no majority of view ${view.number} holds it`,
    );
    this.log.push(proposal);
    if (proposal.change !== null) this.changed(s, proposal.change);
  }

  /** Rule 7: a change does nothing unless it was made against the newest view. */
  private changed(s: Slot, change: ViewChange): void {
    const newest = this.views[this.views.length - 1] as View;
    const members = change.against === newest.number ? afterChange(newest.members, change) : null;
    if (members !== null) this.views.push({ number: newest.number + 1, first: slot(s + WINDOW), members });
  }

  private executed(s: Slot, digest: number): void {
    const known = this.digests.get(s);
    if (known === undefined) this.digests.set(s, digest);
    else must(known === digest, `P5: different outcomes after slot ${s}`);
  }

  private viewAt(s: Slot): View {
    let at = this.views[0] as View;
    for (const view of this.views) if (view.first <= s) at = view;
    return at;
  }

  /** A disk that an operator replaced is lost, but what it held it held. */
  private shadowOf(id: NodeId): Shadow | null {
    for (const { shadow } of this.machines) if (shadow !== null && shadow.id === id) return shadow;
    return this.graves.find((shadow) => shadow.id === id) ?? null;
  }

  /** A snapshot became durable: all that are made of one slot are the same, byte by byte (P5). */
  kept({ slot: s, hash }: SnapshotHead): void {
    const known = this.snapshots.get(s);
    if (known === undefined) this.snapshots.set(s, hash);
    else must(known === hash, `P5: two snapshots of slot ${s} differ`);
  }

  /** P9: what left a log is in snapshots on f + 1 voters of every view in force, and on this node's own disk. */
  private trimmed({ machine, server }: Process, to: Slot): void {
    must((machine.shadow?.snapshot ?? 0) >= to, `P9: ${machine.addr} trimmed beyond its own snapshot`);
    const mark = server?.node.log.decided ?? slotZero;
    // Of later views it does not know, and does not decide for them.
    const known = this.views.slice(0, server?.node.views.newest.number ?? 0);
    const open = known.filter((_, i) => (known[i + 1]?.first ?? Number.POSITIVE_INFINITY) > mark + 1);
    if (this.safe >= to) return;
    for (const view of open) {
      const all = view.members.filter((m) => m.role === "replica" || m.role === "acceptor");
      const safe = all.filter(({ id }) => (this.shadowOf(id)?.snapshot ?? 0) >= to);
      const tolerated = Math.ceil(all.length / 2) - 1;
      must(safe.length > tolerated, `P9: slot ${to} left a log with ${safe.length} safe snapshots`);
    }
    this.safe = to;
  }

  /** Before a message leaves a process. */
  sent(process: Process, message: PeerMessage): void {
    switch (message.type) {
      case "p1a":
        return this.sentP1a(process, message);
      case "p1b":
        return this.mustHavePromised(process, message.ballot);
      case "p2b":
        this.mustHavePromised(process, message.ballot);
        if (sameBallot(message.ballot, message.asked)) {
          this.mustHaveAccepted(process, message.ballot, message.slot);
          this.mustHoldBefore(process, this.viewAt(message.slot));
        }
        return;
      case "p2a":
        return this.sentP2a(process, message);
      default:
        return;
    }
  }

  private mustHavePromised({ machine }: Process, ballot: Ballot): void {
    const promised = machine.shadow?.promised;
    must(
      promised !== undefined && compareBallots(promised, ballot) >= 0,
      "P1: a promise left before it was durable",
    );
  }

  private mustHaveAccepted({ machine }: Process, ballot: Ballot, s: Slot): void {
    const held = machine.shadow?.values.get(s);
    if (s <= (machine.shadow?.trimmed ?? 0)) return; // decided long ago
    must(held !== undefined, `P1: an acceptance of slot ${s} left before it was durable`);
    if (sameBallot(held.ballot, ballot)) return;
    // What is known to be decided is confirmed at any ballot; the disk must hold just that.
    const known = this.log[s - 1];
    const decided = known !== undefined && sameValue(held.proposal, known);
    const higher = compareBallots(held.ballot, ballot) > 0;
    must(decided || higher, `P1: an acceptance of slot ${s} left before it was durable`);
  }

  /** Rule 6: who accepts in a view holds all decisions before it, and knows that it does. */
  private mustHoldBefore({ machine }: Process, { number, first }: View): void {
    const decided = machine.shadow?.decided ?? 0;
    must(
      decided >= first - 1,
      `rule 6: accepted in view ${number} without the decisions before slot ${first}`,
    );
  }

  /** Rule 2: no ballot from before a restart. */
  private sentP1a(process: Process, { ballot }: Extract<PaxosMessage, { type: "p1a" }>): void {
    this.mustHavePromised(process, ballot);
    const before = this.stood.get(ballot.leader);
    if (before !== undefined && before.process !== process)
      must(ballot.round > before.round, "rule 2: a ballot from before the restart");
    this.stood.set(ballot.leader, { round: Math.max(ballot.round, before?.round ?? 0), process });
  }

  /** Rule 1, P4, and one value for each ballot and slot. */
  private sentP2a(process: Process, message: Extract<PaxosMessage, { type: "p2a" }>): void {
    const { ballot, slot: s, proposal } = message.pvalue;
    must(ballot.leader === process.id, "a leader proposes with its own ballot");
    // Where nobody else votes nobody else is asked: then only the round tells.
    const stood = this.stood.get(ballot.leader);
    const fresh = stood?.process === process || ballot.round > (stood?.round ?? 0);
    must(fresh, "rule 2: leads with a ballot of an earlier life");
    must(s <= message.decided + WINDOW, `rule 1: slot ${s} is beyond the window`);
    if (this.log.length >= s - WINDOW) {
      const view = this.viewAt(s);
      must(view.number === message.view && view.first === message.first, `P4: slot ${s} has another view`);
      const promised = (id: NodeId) => compareBallots(this.shadowOf(id)?.promised ?? ballotZero, ballot) >= 0;
      must(
        isMajority(view, promised),
        `P3: no majority of view ${view.number} promised the ballot of slot ${s}`,
      );
    }
    let values = this.proposed.get(s);
    if (values === undefined) {
      values = [];
      this.proposed.set(s, values);
    }
    const same = values.find((v) => sameBallot(v.ballot, ballot));
    if (same === undefined) values.push({ ballot, proposal });
    else must(sameValue(same.proposal, proposal), `P2: two values for slot ${s} at one ballot`);
  }

  /** All replicas have executed the same, up to the same slot. */
  get end(): { readonly slot: Slot; readonly digest: number | null } {
    const last = slot(this.log.length);
    return { slot: last, digest: this.digests.get(last) ?? null };
  }
}

/** Written apart from the core's: the checker must not share its mistakes. */
function isMajority(view: View, has: (id: NodeId) => boolean): boolean {
  const voters = view.members.filter((m) => m.role === "replica" || m.role === "acceptor");
  return voters.filter((m) => has(m.id)).length * 2 > voters.length;
}
