/**
 * Whether there is an order of the calls of a history, one after the other, that explains all that was answered, and
 * in which each call stands between the moment when it was made and its answer: linearizability (Herlihy and Wing,
 * ACM TOPLAS 1990). The search is that of Wing and Gong, with the memory of Lowe ("Testing for linearizability",
 * Concurrency and Computation 2017): where the same calls led to the same state before, it is not gone on again.
 *
 * It shares nothing with concoord: objects are given as models, functions from a state to the states that may follow.
 */
import type { Entry, Outcome } from "./history.ts";

/** An object, told anew: states are never changed. */
export interface Model<S> {
  readonly initial: S;
  /** Methods that change nothing; nor does a call that throws. */
  readonly reads: readonly string[];
  /** Whether it makes a difference who calls. */
  readonly knowsCallers: boolean;
  /**
   * The states in which the object may be when this call took effect in `state`. None: it could not, or not with this
   * outcome; a call that blocks takes effect when it is let go, and so has none until then. A call of which the outcome
   * is unknown fits with every one that it may have had.
   */
  step(state: S, call: Entry): readonly S[];
  /** Equal for equal states only. */
  key(state: S): string;
  /**
   * Whether it is plain that no order of the calls that are left explains their answers from this state on. It only
   * saves time: what it does not see, the search finds out.
   */
  isHopeless?(state: S, left: readonly Entry[]): boolean;
}

export type Verdict =
  | { readonly type: "linearizable"; readonly order: readonly Entry[] }
  /** As far as an order could be found, and what would have to come next. */
  | { readonly type: "violation"; readonly order: readonly Entry[]; readonly next: readonly Entry[] }
  /** Too many states. */
  | { readonly type: "undecided" };

const statesMax = 1_000_000;

/** @param calls in any order; some tens of them: time may be exponential in how many overlap */
export function linearize<S>(model: Model<S>, calls: readonly Entry[]): Verdict {
  const search = new Search(model, calls);
  return search.verdict();
}

class Search<S> {
  private readonly model: Model<S>;
  private readonly calls: readonly Entry[];
  /** Bits of the calls that were answered: these took effect. */
  private readonly certain: bigint;
  private readonly seen = new Set<string>();
  private readonly path: Entry[] = [];
  private longest: readonly Entry[] = [];
  private stuck: readonly Entry[] = [];

  constructor(model: Model<S>, calls: readonly Entry[]) {
    this.model = model;
    this.calls = calls.toSorted((a, b) => a.made - b.made);
    this.certain = this.calls.reduce(
      (bits, call, i) => (isCertain(call) ? bits | (1n << BigInt(i)) : bits),
      0n,
    );
    this.stuck = openOf(this.left(0n)).map(([, call]) => call);
  }

  verdict(): Verdict {
    const found = this.visit(0n, this.model.initial);
    if (found) return { type: "linearizable", order: [...this.path] };
    if (this.seen.size >= statesMax) return { type: "undecided" };
    return { type: "violation", order: this.longest, next: this.stuck };
  }

  /** @param done bits of the calls that have taken effect */
  private visit(done: bigint, state: S): boolean {
    if ((done & this.certain) === this.certain) return true;
    const key = `${done.toString(36)} ${this.model.key(state)}`;
    if (this.seen.has(key) || this.seen.size >= statesMax) return false;
    this.seen.add(key);
    const left = this.left(done);
    if (
      this.model.isHopeless?.(
        state,
        left.map(([, call]) => call),
      )
    )
      return false;
    const open = openOf(left);
    const harmless = open.find(([, call]) => this.isHarmless(state, call));
    for (const [i, call] of harmless === undefined ? open : [harmless]) {
      if (!isCertain(call) && this.isSecond(i, call, left)) continue;
      for (const after of this.model.step(state, call)) {
        // That an uncertain call took effect without any effect explains nothing.
        if (!isCertain(call) && this.model.key(after) === this.model.key(state)) continue;
        this.path.push(call);
        if (this.visit(done | (1n << BigInt(i)), after)) return true;
        this.path.pop();
      }
    }
    if (this.path.length > this.longest.length) {
      this.longest = [...this.path];
      this.stuck = open.map(([, call]) => call);
    }
    return false;
  }

  /** What changes nothing, and fits now, harms nobody now: if there is an order with it later, there is one so. */
  private isHarmless(state: S, call: Entry): boolean {
    const { type } = call.outcome;
    if (type === "unknown" || (type === "value" && !this.model.reads.includes(call.method))) return false;
    return this.model.step(state, call).length > 0;
  }

  /**
   * Whether an equal call of which nothing is known either could take its place: one that was made before it. An order
   * that has the two the other way round explains as much, and is looked at anyway.
   */
  private isSecond(i: number, call: Entry, left: readonly Numbered[]): boolean {
    const like = ({ session, method, args, outcome, answered }: Entry) =>
      outcome.type === "unknown" &&
      answered >= call.answered &&
      method === call.method &&
      (session === call.session || !this.model.knowsCallers) &&
      show(args) === show(call.args);
    return left.some(([j, other]) => j < i && like(other));
  }

  private left(done: bigint): Numbered[] {
    return [...this.calls.entries()].filter(([i]) => ((done >> BigInt(i)) & 1n) === 0n);
  }
}

type Numbered = readonly [i: number, call: Entry];

/**
 * The calls that may take effect next: those that were made before any other was answered. The order of their answers
 * is the likeliest; those of which nothing is known may wait.
 */
function openOf(left: readonly Numbered[]): readonly Numbered[] {
  const limit = Math.min(...left.map(([, call]) => call.answered));
  return left
    .filter(([, call]) => call.made <= limit)
    .toSorted(([, a], [, b]) => a.answered - b.answered || a.made - b.made);
}

function isCertain({ outcome }: Entry): boolean {
  return outcome.type !== "unknown";
}

/** `next` when the call may have returned this value. */
export function told<S>({ outcome }: Entry, value: unknown, next: S): S[] {
  if (outcome.type === "unknown") return [next];
  return outcome.type === "value" && show(outcome.value) === show(value) ? [next] : [];
}

/** `next` when the call may have thrown this error. */
export function threw<S>({ outcome }: Entry, error: string, next: S): S[] {
  if (outcome.type === "unknown") return [next];
  return outcome.type === "threw" && outcome.error === error ? [next] : [];
}

/** What people read of a history that no order explains. */
export function explain(verdict: Exclude<Verdict, { type: "linearizable" }>): string {
  if (verdict.type === "undecided") return `undecided after ${statesMax} states: make fewer calls at a time`;
  const { order, next } = verdict;
  return [
    `not linearizable. The longest order that could be found has ${order.length} calls:`,
    ...order.map(line),
    "and none of those that would have to come next fits:",
    ...next.map(line),
  ].join("\n");
}

function line({ session, method, args, made, answered, outcome }: Entry): string {
  const from = made.toFixed(3).padStart(10);
  const to = answered < Number.POSITIVE_INFINITY ? answered.toFixed(3) : "?";
  return `  ${from} - ${to.padEnd(10)} ${session.padEnd(5)} ${method}${show(args)} ${tell(outcome)}`;
}

function tell(outcome: Outcome): string {
  if (outcome.type === "unknown") return "?";
  return outcome.type === "value" ? `= ${show(outcome.value)}` : `throws ${outcome.error}`;
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? "undefined";
}
