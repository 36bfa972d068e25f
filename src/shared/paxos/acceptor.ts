/**
 * The acceptor (PMMC figure 4): promises and accepts, never below its promise (P1). It knows no views and does not
 * ask who may lead: who counts is the leader's business (rule 5). Departures from the figure: p1b leaves out what is
 * below the decided mark and comes in parts; a p2a names the first slot of its view, and is accepted only by a node
 * that holds all decisions before it (rule 6).
 */
import { transferBytesMax } from "../limits.ts";
import { type Ballot, compareBallots } from "./ballot.ts";
import type { NodeId } from "./ids.ts";
import { type Log, messageBytes } from "./log.ts";
import { maxSlot, type Slot } from "./slot.ts";
import type { Envelope, PaxosMessage, PValue, Write } from "./types.ts";

/** Where answers go. `votes` must wait for the disk, also for writes of earlier steps. */
export interface VoteSink {
  readonly writes: Write[];
  readonly votes: Envelope[];
}

type P2a = Extract<PaxosMessage, { type: "p2a" }>;

export class Acceptor {
  private readonly log: Log;
  constructor(log: Log) {
    this.log = log;
  }

  /** Phase 1. The answer names the promised ballot: equal to the asked one, it is a promise; higher, a refusal. */
  p1a(sender: NodeId, ballot: Ballot, from: Slot, out: VoteSink): void {
    const write = this.log.promise(ballot);
    if (write !== null) out.writes.push(write);
    const promised = compareBallots(ballot, this.log.promised) === 0;
    const { trimmed, decided } = this.log;
    const above = maxSlot(from, decided);
    for (const { after, upTo, accepted } of promised
      ? inParts(above, this.log.acceptedAbove(above))
      : nothing(above)) {
      const answer = { type: "p1b", asked: ballot, ballot: this.log.promised, trimmed, decided } as const;
      out.votes.push({ to: [sender], message: { ...answer, above: after, upTo, accepted } });
    }
  }

  /** Phase 2. */
  p2a(from: NodeId, message: P2a, out: VoteSink): void {
    const { pvalue, first } = message;
    const asked = pvalue.ballot;
    if (pvalue.slot <= this.log.trimmed) return;
    if (compareBallots(asked, this.log.promised) >= 0) {
      if (first > this.log.decided + 1) {
        out.votes.push({ to: [from], message: { type: "behind", asked, decided: this.log.decided } });
        return;
      }
      // Its leader was outvoted and does not know it yet: no vote for what was not decided.
      if (this.log.contradicts(pvalue)) return;
      const write = this.log.accept(pvalue);
      if (write !== null) out.writes.push(write);
    }
    out.votes.push({
      to: [from],
      message: { type: "p2b", asked, ballot: this.log.promised, slot: pvalue.slot },
    });
  }
}

interface Part {
  readonly after: Slot;
  readonly upTo: Slot | null;
  readonly accepted: PValue[];
}

function nothing(after: Slot): readonly Part[] {
  return [{ after, upTo: null, accepted: [] }];
}

/**
 * Cuts a list of pvalues so that no part holds much more than transferBytesMax of commands. Each part says which slots
 * it covers: that stays true, so that parts of a repeated answer, cut elsewhere, complete each other.
 */
function inParts(above: Slot, pvalues: readonly PValue[]): readonly Part[] {
  const parts: Part[] = [];
  let accepted: PValue[] = [];
  let after = above;
  let bytes = 0;
  for (const pvalue of pvalues) {
    const size = messageBytes(pvalue.proposal);
    const last = accepted[accepted.length - 1];
    if (last !== undefined && bytes + size > transferBytesMax) {
      parts.push({ after, upTo: last.slot, accepted });
      after = last.slot;
      accepted = [];
      bytes = 0;
    }
    accepted.push(pvalue);
    bytes += size;
  }
  parts.push({ after, upTo: null, accepted });
  return parts;
}
