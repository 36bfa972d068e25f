/**
 * What the clients of a simulated world called, when, and what they were told. Times are simulated milliseconds, made
 * unique: of two moments at once the one that was noted later is the later one.
 */
import { ConcoordError } from "../../src/shared/client/errors.ts";

export type Outcome =
  | { readonly type: "value"; readonly value: unknown }
  /** "Name CODE", or the name alone. */
  | { readonly type: "threw"; readonly error: string }
  /** It takes effect at some time after it was made, or never. */
  | { readonly type: "unknown" };

export interface Entry {
  /** Who made it: a client may have several sessions, one after the other. */
  readonly session: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /**
   * It takes effect at one moment between these two. The first is when it was made; of a call that waited in vain, when
   * its time was over at the earliest; of the end of a session, when it may have ended. Infinity: no end is known.
   */
  readonly made: number;
  readonly answered: number;
  readonly outcome: Outcome;
}

/** The method that stands for the end of a session, which no client calls. */
export const sessionEnd = "(the session ends)";

export class History {
  private readonly list: Entry[] = [];
  private readonly now: () => number;
  private last = 0;

  constructor(now: () => number) {
    this.now = now;
  }

  /** In the order in which they were made. */
  get entries(): readonly Entry[] {
    return this.list.toSorted((a, b) => a.made - b.made);
  }

  moment(): number {
    // Less than any time in which something happens, more than what a float can tell apart here.
    this.last = Math.max(this.now(), this.last + 1e-6);
    return this.last;
  }

  add(entry: Entry): void {
    this.list.push(entry);
  }
}

/** Some time of the log lasts at least this part of it in simulated time: no clock runs faster than that. */
const slowest = 0.9;

/** A call that is about to be made. */
export interface Making {
  readonly method: string;
  readonly args: readonly unknown[];
  /** Not a declared read. */
  readonly inLog: boolean;
  /** How long it waits for others, ms of log time. That it waited in vain it tells when they have passed, not before. */
  readonly patience?: number | undefined;
  make(): Promise<unknown>;
}

/** The sessions of one client: which call belongs to which, and when each of them may have ended. */
export class Sessions {
  private readonly history: History;
  private readonly client: number;
  private readonly ttl: number;
  private count = 0;
  /** The session that is open, or is opened next, did not live before. */
  private from: number;
  /** The last moment at which a call was made that the log executed. */
  private heard = 0;

  /** @param ttl ms */
  constructor(history: History, client: number, ttl: number) {
    this.history = history;
    this.client = client;
    this.ttl = ttl;
    this.from = history.moment();
  }

  get current(): string {
    return `${this.client}.${this.count}`;
  }

  /** How many were lost. */
  get lost(): number {
    return this.count;
  }

  /** Makes a call and notes what it is told. */
  async call({ method, args, inLog, patience = 0, make }: Making): Promise<void> {
    const { history } = this;
    const from = history.moment();
    const outcome = await make().then(returned, threw);
    const until = history.moment();
    if (outcome === null) return;
    const isKnown = outcome.type !== "unknown";
    if (isKnown && inLog) this.heard = Math.max(this.heard, from);
    const made = isInVain(outcome) ? from + slowest * patience : from;
    if (made > until)
      throw new Error(`${method} was answered after ${until - from} ms: ${patience} are not over`);
    const answered = isKnown ? until : Number.POSITIVE_INFINITY;
    // Whoever reads needs no session that the log knows.
    history.add({ session: inLog ? this.current : "", method, args, made, answered, outcome });
  }

  /** The client is told that its session has ended. @throws when it cannot have, for it was heard not long ago */
  end(): void {
    const { history, soonest } = this;
    const answered = history.moment();
    if (soonest > answered)
      throw new Error(`session ${this.current} was over at ${answered}, and alive until ${soonest}`);
    this.note(soonest, answered);
    // What was answered in the same turn of the event loop belongs to the old session, and is heard of first.
    setImmediate(() => {
      this.count++;
      this.from = answered;
    });
  }

  /** The client closes its session: nobody tells it whether that came to pass, or the session was over before. */
  close(): void {
    this.note(Math.min(this.soonest, this.history.moment()), Number.POSITIVE_INFINITY);
  }

  /** Before that the session cannot have ended by itself. */
  private get soonest(): number {
    return Math.max(this.from, this.heard) + slowest * this.ttl;
  }

  private note(made: number, answered: number): void {
    const outcome: Outcome =
      answered < Number.POSITIVE_INFINITY ? { type: "value", value: undefined } : { type: "unknown" };
    this.history.add({ session: this.current, method: sessionEnd, args: [], made, answered, outcome });
  }
}

function returned(value: unknown): Outcome {
  return { type: "value", value };
}

/** The answers of calls that waited as long as they were to: `false` of locks, Empty and Full of queues. */
function isInVain(outcome: Outcome): boolean {
  if (outcome.type === "threw") return outcome.error === "Empty" || outcome.error === "Full";
  return outcome.type === "value" && outcome.value === false;
}

/** Null: it was certainly not executed. */
function threw(error: unknown): Outcome | null {
  if (error instanceof ConcoordError) return error.executed === "no" ? null : { type: "unknown" };
  if (!(error instanceof Error)) throw error;
  return { type: "threw", error: "code" in error ? `${error.name} ${String(error.code)}` : error.name };
}
