/** The reads of one node, without a network: who leads, what is decided and who answers is told by hand. */
import { type NodeId, nodeId, wallMillis } from "../../src/shared/paxos/ids.ts";
import { Leader } from "../../src/shared/paxos/leader.ts";
import { Log } from "../../src/shared/paxos/log.ts";
import { Reads } from "../../src/shared/paxos/reads.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { PaxosMessage, PValue } from "../../src/shared/paxos/types.ts";
import { type View, Views } from "../../src/shared/paxos/view.ts";
import { at, ballot, id, moment, pvalue, recovered, view } from "./case.ts";
import { p1b } from "./scout-table.ts";

type Ask = Extract<PaxosMessage, { type: "readAsk" }>;

const silent = () => undefined;

/** Node c, which may lead with 5.c; two slots are decided. */
export class ReadsRig {
  readonly log: Log;
  readonly views: Views;
  readonly leader: Leader;
  readonly reads: Reads;
  /** Where its questions begin to be numbered: here the first one is 1. */
  private base: number | null = null;
  /** What was sent since it was looked at last, as "ab confirm 1". */
  private sent: string[] = [];

  constructor(names = "abc", promised = "5.c", all: readonly View[] = [view(names)]) {
    const accepted = [pvalue(1, "1.a", "A"), pvalue(2, "1.a", "B")];
    this.log = new Log(
      recovered("c", view(names), { accepted, decided: slot(2), promised: ballot(promised) }),
    );
    this.views = new Views(all);
    this.leader = new Leader(this.log, this.views);
    this.reads = new Reads(id("c"), this.log, this.views);
  }

  /** It leads; the promises told of `found`. */
  lead(names = "abcde", found: readonly PValue[] = [], of = "5.c"): this {
    this.leader.scout(at(0), ballot(of));
    const marks = { decided: slot(2), above: slot(2) };
    for (const name of names) this.leader.p1b(id(name), p1b(of, found, marks));
    this.adopt();
    return this;
  }

  /** The leader's own part of a turn: it is adopted when enough have promised. */
  adopt(): void {
    this.leader.run(moment(0), true, () => wallMillis(1), silent, silent);
  }

  /** @param via through whom it reaches the one that leads */
  run(now = 0, leads: string | null = "c", via = leads): this {
    const [leader, route] = [leads, via].map((name) => (name === null ? null : id(name)));
    this.reads.run(moment(now), this.leader, leader ?? null, route ?? null, this.send);
    return this;
  }

  decide(s: number): void {
    this.log.choose(slot(s), pvalue(s, "5.c", `v${s}`).proposal);
    this.log.advance([], () => undefined);
  }

  confirmed(from: string, round: number, asked = "5.c", promised = asked): void {
    const number = round + (this.base ?? 0);
    const answer = {
      type: "confirmed",
      asked: ballot(asked),
      ballot: ballot(promised),
      round: number,
    } as const;
    this.reads.confirmed(id(from), answer);
  }

  readAt(from: string, round: number, s: number): void {
    this.reads.readAt(id(from), round + (this.base ?? 0), slot(s), this.send);
  }

  /** @param from a letter, or the whole id of a node */
  ask(from: string, round: number, promised: string): void {
    const message: Ask = { type: "readAsk", round, ballot: ballot(promised) };
    this.reads.ask(from.length === 1 ? id(from) : nodeId(from), message, this.leader, this.send);
  }

  /** What may run now, as "1@2": the token and the slot. */
  get done(): string[] {
    return this.reads.take().map(({ token, slot: s }) => `${token}@${s}`);
  }

  get out(): string[] {
    const { sent } = this;
    this.sent = [];
    return sent;
  }

  private readonly send = (to: readonly NodeId[], m: PaxosMessage): void => {
    if (to.length === 0 || !("round" in m)) return;
    if (m.type !== "readAt") this.base ??= m.round - 1;
    const what = m.type === "readAt" ? `${m.round} @${m.slot}` : m.round - (this.base ?? 0);
    this.sent.push(`${to.map((n) => n[0]).join("")} ${m.type} ${what}`);
  };
}
