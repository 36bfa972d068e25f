/**
 * Counts what became of calls, by method: all that this node executed and, of those that came from its own clients, how
 * long they took from their arrival here to their answer. It is on the way of every call, so it only counts; who asks
 * makes rates of two reports.
 */
import type { Clock } from "../clock.ts";
import { metersMax } from "../limits.ts";
import type { Call, Calls, Outcome, Seq } from "../object/types.ts";
import type { Millis } from "../paxos/ids.ts";
import { Histogram, type Latencies } from "./latency.ts";

/** What became of the calls of one method since this node started. */
export interface MethodReport {
  /** Empty for what concoord refused, and for methods beyond metersMax. */
  readonly class: string;
  readonly method: string;
  /** Executed from the log. */
  readonly calls: number;
  /** Declared reads that this node answered without the log. */
  readonly reads: number;
  /** Of both: methods that threw, and results that were refused. */
  readonly errors: number;
  /** Calls that had to wait for another one. They count in no latency: how long is up to their callers. */
  readonly blocked: number;
  readonly latency: Latencies;
}

class Meter implements MethodReport {
  readonly class: string;
  readonly method: string;
  calls = 0;
  reads = 0;
  errors = 0;
  blocked = 0;
  readonly latency = new Histogram();

  constructor(of: string, method: string) {
    this.class = of;
    this.method = method;
  }
}

export class Meters {
  /** How many calls the slots had that had any; their "times" are counts. */
  readonly batches = new Histogram();
  /** How often another ballot began to lead, as this node saw it. */
  ballotChanges = 0;
  /** When a command came from a client of this node, on the clock of the node; null when it did not. */
  readonly arrivedAt: (command: Calls) => Millis | null;
  private readonly clock: Clock;
  private round = 0;
  /** Calls of this slot. */
  private inSlot = 0;
  private readonly byClass = new Map<string, Map<string, Meter>>();
  private readonly others = new Meter("", "");
  private count = 0;
  /** The call before: most have the object and the method of theirs. */
  private object = "";
  private method = "";
  private meter = this.others;
  /** Calls of this node's clients that were executed in this slot: their answers leave behind it. */
  private leaving: Meter[] = [];
  private since: Millis[] = [];

  /** @param arrivedAt when a command came from a client of this node; null when it did not */
  constructor(clock: Clock, arrivedAt: (command: Calls) => Millis | null) {
    this.clock = clock;
    this.arrivedAt = arrivedAt;
  }

  /** A call of a command had its turn. */
  executed(command: Calls, call: Call, _seq: Seq, outcome: Outcome): void {
    const meter = this.find(call, outcome);
    meter.calls++;
    this.inSlot++;
    if (outcome.type === "blocked") meter.blocked++;
    else {
      if (outcome.type !== "returned") meter.errors++;
      const since = this.arrivedAt(command);
      if (since === null) return;
      this.leaving.push(meter);
      this.since.push(since);
    }
  }

  /** A slot was executed. Not before its end: within it the clocks are those of the log. */
  answered(): void {
    const { leaving, since, inSlot } = this;
    if (inSlot > 0) this.batches.add(inSlot);
    this.inSlot = 0;
    if (leaving.length === 0) return;
    const { now } = this.clock.moment();
    for (const [i, meter] of leaving.entries()) meter.latency.add(Math.max(0, now - (since[i] ?? now)));
    this.leaving = [];
    this.since = [];
  }

  /** After each turn of the node. @param round of the ballot that leads */
  turned(round: number): void {
    if (round === this.round) return;
    this.round = round;
    this.ballotChanges++;
  }

  /** A read of a client of this node was answered. @param since when it came */
  read(call: Call, outcome: Outcome, since: Millis): void {
    const meter = this.find(call, outcome);
    meter.reads++;
    if (outcome.type !== "returned") meter.errors++;
    meter.latency.add(Math.max(0, this.clock.moment().now - since));
  }

  /** By class and method, in the order in which they were met first. */
  get report(): readonly MethodReport[] {
    const all = [...this.byClass.values()].flatMap((methods) => [...methods.values()]);
    return this.others.calls + this.others.reads > 0 ? [...all, this.others] : all;
  }

  private find({ object, method }: Call, outcome: Outcome): Meter {
    if (method === this.method && object === this.object) return this.meter;
    const end = object.indexOf("/");
    const of = end < 0 ? object : object.slice(0, end);
    const known = this.byClass.get(of)?.get(method);
    // What was refused may be of no class at all: its names are up to whoever calls.
    if (known === undefined && outcome.type === "refused" && outcome.executed === "no") return this.others;
    this.object = object;
    this.method = method;
    this.meter = known ?? this.make(of, method);
    return this.meter;
  }

  private make(of: string, method: string): Meter {
    if (this.count >= metersMax) return this.others;
    this.count++;
    const meter = new Meter(of, method);
    const methods = this.byClass.get(of);
    if (methods === undefined) this.byClass.set(of, new Map([[method, meter]]));
    else methods.set(method, meter);
    return meter;
  }
}
