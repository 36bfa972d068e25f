/**
 * What one node holds of the log: the promise, the pvalues it accepted, and which slots are decided. Acceptor and
 * replica of a node share it. Everything here is plain data; what changes it also says what must become durable.
 */
import { type Ballot, ballotZero, compareBallots, maxBallot, sameBallot } from "./ballot.ts";
import { type LogTime, must } from "./ids.ts";
import { maxSlot, next, type Slot, WINDOW } from "./slot.ts";
import type { Base, Decision, Proposal, PValue, Recovered, Write } from "./types.ts";
import { sameChange } from "./view.ts";

export class Log {
  /** P1: never falls, and is on disk before any answer that depends on it. */
  promised: Ballot;
  /** Slots up to here left the log: a snapshot stands for them. Invariant: trimmed <= decided; never falls. */
  trimmed: Slot;
  /** All slots up to here are decided, and `values` holds what was decided in them. */
  decided: Slot;
  /** The latest log time of a decided slot. */
  logTime: LogTime;
  /** Bytes of the decided values that the log holds. */
  tailBytes = 0;
  private values = new Map<Slot, PValue>();
  /** Known decisions above `decided` + 1, waiting for those before them. */
  private chosen = new Map<Slot, Proposal>();

  constructor(found: Recovered) {
    this.promised = found.promised;
    this.decided = found.decided;
    this.trimmed = found.trimmed;
    this.logTime = found.logTime;
    for (const pvalue of found.accepted) {
      this.values.set(pvalue.slot, pvalue);
      this.promised = maxBallot(this.promised, pvalue.ballot);
      if (pvalue.slot <= found.decided) this.noteDecided(pvalue.proposal);
    }
    for (let s = next(this.trimmed); s <= this.decided; s = next(s)) {
      must(this.values.has(s), `the log on disk lacks the decided slot ${s}`);
    }
  }

  get(s: Slot): PValue | undefined {
    return this.values.get(s);
  }

  /** What the slot decided; `s` must not be above the decided mark, nor have left the log. */
  decidedIn(s: Slot): Proposal {
    const held = this.values.get(s);
    must(held !== undefined && s <= this.decided, `slot ${s} is not decided here`);
    return held.proposal;
  }

  /** P1. Returns what must be durable before the promise may be told, or null when it was made before. */
  promise(ballot: Ballot): Write | null {
    if (compareBallots(ballot, this.promised) <= 0) return null;
    this.promised = ballot;
    return { type: "promised", ballot };
  }

  /** Whether the pvalue's slot has decided something else. */
  contradicts(pvalue: PValue): boolean {
    return pvalue.slot <= this.decided && !sameProposal(this.decidedIn(pvalue.slot), pvalue.proposal);
  }

  /** Accepts a pvalue at or above the promise; null when it is held already. */
  accept(pvalue: PValue): Write | null {
    must(compareBallots(pvalue.ballot, this.promised) >= 0, "P1: accepted below the promise");
    const held = this.values.get(pvalue.slot);
    if (pvalue.slot <= this.decided) {
      must(
        held !== undefined && sameProposal(held.proposal, pvalue.proposal),
        "P2: another value was decided",
      );
      return this.promise(pvalue.ballot);
    }
    if (held !== undefined && sameBallot(held.ballot, pvalue.ballot)) {
      must(sameProposal(held.proposal, pvalue.proposal), "P2: two values at one ballot");
      return null;
    }
    this.promised = pvalue.ballot;
    this.values.set(pvalue.slot, pvalue);
    return { type: "accepted", pvalue };
  }

  /** Takes note that `proposal` is what slot `s` decided. */
  choose(s: Slot, proposal: Proposal): void {
    const known = s <= this.decided ? this.values.get(s)?.proposal : this.chosen.get(s);
    if (known !== undefined) must(sameProposal(known, proposal), `P2: two decisions in slot ${s}`);
    else if (s > this.decided) {
      // Begun anew now and then: dead tables of a Map keep what comes later (ARCHITECTURE, "Where the time goes").
      if (s % WINDOW === 0) this.chosen = new Map(this.chosen);
      this.chosen.set(s, proposal);
    }
  }

  /**
   * Rule 4: a leader that proposed at `ballot` says that all slots up to `mark` are decided. What this node accepted
   * at exactly that ballot is what was decided; anything else it must ask for.
   */
  learn(ballot: Ballot, mark: Slot): void {
    for (let s = next(this.decided); s <= mark; s = next(s)) {
      if (this.chosen.has(s)) continue;
      const held = this.values.get(s);
      if (held === undefined || !sameBallot(held.ballot, ballot)) return;
      this.choose(s, held.proposal);
    }
  }

  /** Moves the decided mark over all that is known without a gap. */
  advance(writes: Write[], each: (decision: Decision) => void): void {
    const before = this.decided;
    for (;;) {
      const s = next(this.decided);
      const proposal = this.chosen.get(s);
      if (proposal === undefined) break;
      this.chosen.delete(s);
      const held = this.values.get(s);
      if (held === undefined || !sameProposal(held.proposal, proposal)) {
        this.values.set(s, { ballot: ballotZero, slot: s, proposal });
        writes.push({ type: "chosen", decision: { slot: s, proposal } });
      }
      this.decided = s;
      this.noteDecided(proposal);
      each({ slot: s, proposal });
    }
    if (this.decided > before) writes.push({ type: "mark", decided: this.decided });
  }

  /** All pvalues accepted above `above`, which must not be below the decided mark, in order of slot (rule 3). */
  acceptedAbove(above: Slot): PValue[] {
    const found: PValue[] = [];
    for (const [s, pvalue] of this.values) if (s > above) found.push(pvalue);
    return found.sort((a, b) => a.slot - b.slot);
  }

  /** P9: a snapshot that stands for all up to `to` is safe. */
  trim(to: Slot): void {
    must(to <= this.decided, "P9: trimmed what is not decided");
    for (let s = next(this.trimmed); s <= to; s = next(s)) {
      this.tailBytes -= messageBytes(this.decidedIn(s));
      this.values.delete(s);
    }
    this.values = new Map(this.values); // as what is chosen
    this.trimmed = maxSlot(this.trimmed, to);
  }

  /** A snapshot of the state after a slot that this log has not reached stands for all before; the log goes on above. */
  install({ slot, logTime }: Base): void {
    must(slot > this.decided, "a snapshot below the decided mark is not installed");
    for (const known of [this.values, this.chosen])
      for (const s of known.keys()) if (s <= slot) known.delete(s);
    this.decided = slot;
    this.trimmed = slot;
    this.tailBytes = 0;
    if (logTime > this.logTime) this.logTime = logTime;
  }

  private noteDecided(proposal: Proposal): void {
    this.tailBytes += messageBytes(proposal);
    if (proposal.stamp !== null && proposal.stamp.logTime > this.logTime)
      this.logTime = proposal.stamp.logTime;
  }
}

/** What a pvalue takes in a message beside its commands, about. */
const pvalueOverheadBytes = 64;

/** About how many bytes of a message a proposal takes. */
export function messageBytes(proposal: Proposal): number {
  return proposal.body.length + pvalueOverheadBytes;
}

export function sameProposal(a: Proposal, b: Proposal): boolean {
  if (a === b) return true;
  if (a.body.length !== b.body.length) return false;
  if (a.stamp === null || b.stamp === null) {
    if (a.stamp !== b.stamp) return false;
  } else if (
    a.stamp.logTime !== b.stamp.logTime ||
    a.stamp.wall !== b.stamp.wall ||
    a.stamp.seed !== b.stamp.seed ||
    a.stamp.first !== b.stamp.first
  ) {
    return false;
  }
  if (!sameChange(a.change, b.change)) return false;
  return a.body.every((byte, i) => byte === b.body[i]);
}
