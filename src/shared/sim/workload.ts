/**
 * What clients do in a simulated world, and whether what they were told is true: each call has an id of its own, and
 * the object that it calls keeps the ids of all calls that it ever executed.
 */

import { mixNumber } from "../object/digest.ts";
import { type Invocation, invocation } from "../object/invocation.ts";
import { describe, makeRegistry, type Registry } from "../object/registry.ts";
import type { Reads } from "../object/surface.ts";
import { must } from "../paxos/ids.ts";
import { ReadLedger } from "./read-ledger.ts";
import { Post, Turnstile, WaitingLedger } from "./waiting-work.ts";

/** One executed call, as the object saw it. */
export interface Entry {
  readonly id: number;
  readonly session: string;
  readonly seq: number;
  readonly index: number;
  readonly slot: number;
  readonly now: number;
  readonly logTime: number;
  readonly sum: number;
}

/** What `add` answers: the call's place among all calls of the cluster, in the object, and a sum over its past. */
export type Receipt = readonly [index: number, count: number, sum: number];

/** What `tail` answers: the index of the newest entry, how many there are, the sum. */
export type Tail = readonly [index: number, count: number, sum: number];

export class History {
  static reads = ["tail", "sneak"] satisfies Reads<History>;
  readonly entries: Entry[] = [];
  sum = 0;

  add(id: number, _padding: string): Receipt {
    const { session, seq, index, slot, logTime, random }: Invocation = invocation();
    const now = Date.now();
    this.sum = mixNumber(
      this.sum,
      id + index + Math.floor(random() * 1_000_000) + Math.floor(Math.random() * 1_000),
    );
    this.entries.push({ id, session, seq, index, slot, now, logTime, sum: this.sum });
    return [index, this.entries.length, this.sum];
  }

  /** A declared read. */
  tail(): Tail {
    return [this.entries.at(-1)?.index ?? 0, this.entries.length, this.sum];
  }

  /** Declared a read although it writes. */
  sneak(): void {
    this.sum = 0;
    this.entries.pop();
  }

  /** What a method did before it throws stays done. */
  fail(id: number, padding: string): never {
    throw Object.assign(new RangeError("as asked"), { receipt: this.add(id, padding) });
  }
}

export const historyRegistry: Registry = makeRegistry(
  [History, Turnstile, Post].map((type) => describe(type, type.name, "shared/sim", "0".repeat(64))),
);

/** One call that a client made. */
export interface Call {
  readonly id: number;
  readonly client: number;
  readonly object: number;
  /** The highest index that anybody had been told of when the call was made. */
  readonly above: number;
  readonly wanted: "add" | "fail" | "unknownMethod";
  /** Null until it is answered. */
  answer: { readonly executed: "no" | "unknown" | "yes"; readonly receipt: Receipt | null } | null;
}

/** All calls of a world. */
export class Ledger {
  readonly calls: Call[] = [];
  open = 0;
  readonly reads = new ReadLedger();
  readonly waiting = new WaitingLedger();
  /** What a client was told that cannot be true. */
  broken: unknown = null;
  private top = 0;
  /** Sessions that ended, with a slot at which they had. */
  private readonly ends = new Map<string, number>();

  make(client: number, object: number, wanted: Call["wanted"]): Call {
    const call: Call = { id: this.calls.length, client, object, above: this.top, wanted, answer: null };
    this.calls.push(call);
    this.open++;
    return call;
  }

  answered(call: Call, executed: "no" | "unknown" | "yes", receipt: Receipt | null): void {
    must(call.answer === null, "a call was answered twice");
    call.answer = { executed, receipt };
    this.open--;
    if (receipt === null) return;
    // Linearizability: what was answered before this call was made comes before it.
    must(receipt[0] > call.above, `P8: call ${call.id} was executed before it was made`);
    this.top = Math.max(this.top, receipt[0]);
    this.reads.told(call.object, receipt[0]);
  }

  broke(error: unknown): void {
    this.broken ??= error;
  }

  /** A node that had executed up to `slot` said that the session is over. */
  ended(session: string, slot: number): void {
    this.ends.set(session, Math.min(slot, this.ends.get(session) ?? slot));
  }

  /** Compares what clients were told with what the objects of one replica hold at the end. */
  check(objects: readonly History[]): void {
    const byId = new Map<number, { entry: Entry; count: number }>();
    for (const { entries } of objects) {
      entries.forEach((entry, i) => {
        must(!byId.has(entry.id), `P6: call ${entry.id} was executed twice`);
        byId.set(entry.id, { entry, count: i + 1 });
      });
    }
    this.reads.check(objects);
    for (const call of this.calls) checkCall(call, byId.get(call.id) ?? null);
    const all = [...byId.values()].map(({ entry }) => entry).sort((a, b) => a.index - b.index);
    this.checkOrder(all);
  }

  /** P6: within each session in the order of seq, which is the order in which its client made the calls. */
  private checkOrder(entries: readonly Entry[]): void {
    const seqs = new Map<string, number>();
    const ids = new Map<string, number>();
    let before: Entry | null = null;
    for (const entry of entries) {
      const { session, seq, id } = entry;
      must(seq > (seqs.get(session) ?? 0), `P6: session ${session} ran seq ${seq} out of order`);
      seqs.set(session, seq);
      must(entry.slot <= (this.ends.get(session) ?? entry.slot), `P7: session ${session} had ended`);
      must(id > (ids.get(session) ?? -1), `P6: session ${session} ran call ${id} out of order`);
      ids.set(session, id);
      if (before !== null) {
        must(entry.index > before.index, "two calls have one index");
        must(entry.now >= before.now && entry.logTime >= before.logTime, "agreed time went back");
      }
      before = entry;
    }
  }
}

function checkCall(call: Call, found: { entry: Entry; count: number } | null): void {
  const { id, answer, wanted } = call;
  must(answer !== null, `call ${id} was never answered`);
  if (found === null) {
    must(answer.executed !== "yes" || wanted === "unknownMethod", `call ${id} was acknowledged and is lost`);
    return;
  }
  must(answer.executed !== "no", `call ${id} was executed, its client was told that it was not`);
  must(found.entry.index > call.above, `P8: call ${id} was executed before it was made`);
  const { receipt } = answer;
  if (receipt === null) return;
  const { index, sum } = found.entry;
  const own = receipt[0] === index && receipt[1] === found.count && receipt[2] === sum;
  must(own, `call ${id} got an answer that is not its own`);
}
