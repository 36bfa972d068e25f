/**
 * What is true of a whole world, told from outside: which value each slot has, which views follow from them, how far
 * clients may have been answered, and what may therefore leave a log. The core must not contradict it.
 */
import assert from "node:assert/strict";
import { sameProposal } from "../../src/shared/paxos/log.ts";
import type { PaxosNode } from "../../src/shared/paxos/node.ts";
import { type Slot, slot, WINDOW } from "../../src/shared/paxos/slot.ts";
import type { Base, Decision, Proposal } from "../../src/shared/paxos/types.ts";
import type { View } from "../../src/shared/paxos/view.ts";
import { afterChange, sameView } from "../../src/shared/sim/membership.ts";

export class Truth {
  /** The highest slot that any node knew to be decided: its client may have been answered. */
  mark: Slot = slot(0);
  readonly views: View[];
  private readonly chosen = new Map<Slot, Proposal>();
  /** The mark at which the views of a node were looked at last. */
  private readonly checked = new WeakMap<PaxosNode, Slot>();
  /** The latest log time up to each slot. */
  private readonly times: Base["logTime"][] = [0 as Base["logTime"]];

  constructor(first: View) {
    this.views = [first];
  }

  /** A node found a slot decided. */
  decided({ slot: s, proposal }: Decision): void {
    const known = this.chosen.get(s);
    if (known !== undefined) {
      assert(sameProposal(known, proposal), `P2: two values in slot ${s}`);
      return;
    }
    assert.equal(s, this.mark + 1, "a slot is decided before one below it");
    this.mark = s;
    this.chosen.set(s, proposal);
    const before = this.times.at(-1) ?? (0 as Base["logTime"]);
    const time = proposal.stamp?.logTime ?? before;
    this.times.push(time > before ? time : before);
    const { change } = proposal;
    const newest = this.views.at(-1) as View;
    const members = change?.against === newest.number ? afterChange(newest.members, change) : null;
    if (members !== null) this.views.push({ number: newest.number + 1, first: slot(s + WINDOW), members });
  }

  /** The view that governs a slot. */
  at(s: number): View {
    return this.views.findLast((v) => v.first <= s) ?? (this.views[0] as View);
  }

  /** The views that a node knows which has decided up to `mark`, as far as they govern a slot above it. */
  known(mark: number): readonly View[] {
    const all = this.views.filter((v) => v.number === 1 || v.first - WINDOW <= mark);
    return all.filter((_, i) => (all[i + 1]?.first ?? Number.POSITIVE_INFINITY) > mark + 1);
  }

  /** What a snapshot of the state after slot `s` says. */
  base(s: Slot): Base {
    return { slot: s, views: this.known(s), logTime: this.times[s] ?? (0 as Base["logTime"]) };
  }

  /** P4: the views of a node follow from what it knows to be decided. */
  checkViews(node: PaxosNode): void {
    const { log, views } = node;
    if (this.checked.get(node) === log.decided) return;
    this.checked.set(node, log.decided);
    const newest = this.known(log.decided).at(-1) as View;
    assert(sameView(newest, views.newest), `P4: view ${views.newest.number} is not view ${newest.number}`);
    const numbers = (all: readonly View[]) => all.map((v) => v.number);
    assert.deepEqual(numbers(views.open(log.decided)), numbers(this.known(log.decided)), "P4: open views");
  }

  /** P9: what leaves the log of a node is in its own snapshot and in those of f + 1 voters of each open view. */
  checkTrim(name: string, { log }: PaxosNode, held: (name: string) => number): void {
    const to = log.trimmed;
    assert(held(name) >= to, `P9: #${to} left the log of ${name}, which has no snapshot of it`);
    for (const { number, members } of this.known(log.decided)) {
      const voting = members.filter((m) => m.role === "replica" || m.role === "acceptor");
      const safe = voting.filter((m) => held(m.id[0] ?? "") >= to).length;
      const failures = Math.ceil(voting.length / 2) - 1;
      assert(safe > failures, `P9: #${to} left a log; of view ${number} only ${safe} have a snapshot of it`);
    }
  }
}
