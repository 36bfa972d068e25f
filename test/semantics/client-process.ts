/** The test's end of a client process: what it asks, and the answers that it was told. */
import { type Running, startNode } from "../process/processes.ts";

export type Ask =
  /** Opens a session, and makes the call. */
  | { readonly type: "open"; readonly ttl: number; readonly object: string; readonly method: string }
  | {
      readonly type: "call";
      readonly id: number;
      readonly object: string;
      readonly method: string;
      /** As JSON; "NaN" and "Infinity" are the numbers. */
      readonly args: readonly string[];
    }
  | { readonly type: "abort"; readonly id: number }
  | { readonly type: "close" };

export type Report =
  | { readonly type: "answer"; readonly id: number; readonly answer: string; readonly millis: number }
  | { readonly type: "opened" | "closed" };

/** Milliseconds until an answer must be there; a leader may be elected meanwhile. */
const answerMillis = 15_000;

/** One call of one client. */
export class Made {
  readonly id: number;
  readonly what: string;
  /** Null until it is answered. */
  answer: string | null = null;
  /** How long it took, as its client saw it. */
  millis = 0;
  /** When the answer was heard here. */
  heardAt = 0;
  private readonly heard = Promise.withResolvers<void>();

  constructor(id: number, what: string) {
    this.id = id;
    this.what = what;
  }

  take(answer: string, millis: number): void {
    if (this.answer !== null) throw new Error(`${this.what} was answered twice: ${this.answer}, ${answer}`);
    this.heardAt = performance.now();
    this.answer = answer;
    this.millis = millis;
    this.heard.resolve();
  }

  async answered(): Promise<string> {
    await inTime(this.heard.promise, `an answer to ${this.what}`);
    return this.answer ?? "";
  }
}

async function inTime(promise: Promise<void>, what: string): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => late.reject(new Error(`not in time: ${what}`)), answerMillis);
  await Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}

export class ClientProcess {
  private readonly running: Running;
  private readonly calls = new Map<number, Made>();
  private isOpen = false;
  private told = Promise.withResolvers<void>();
  private made = 0;

  constructor(bootstrap: string) {
    this.running = startNode(["test/semantics/client.ts", bootstrap], {}, { ipc: true });
    this.running.child.on("message", (said: Report) => this.take(said));
  }

  private take(said: Report): void {
    if (said.type === "answer") this.calls.get(said.id)?.take(said.answer, said.millis);
    else this.told.resolve();
  }

  private ask(ask: Ask): void {
    this.running.child.send(ask);
  }

  /** Opens a session, unless one is open. @param ttl milliseconds */
  async open(ttl: number): Promise<void> {
    if (this.isOpen) return;
    this.isOpen = true;
    this.told = Promise.withResolvers();
    this.ask({ type: "open", ttl, object: "Semaphore/clock", method: "value" });
    await inTime(this.told.promise, `a session: ${this.running.errors()}`);
  }

  call(object: string, method: string, args: readonly string[]): Made {
    const made = new Made(++this.made, [method, ...args].join(" "));
    this.calls.set(made.id, made);
    this.ask({ type: "call", id: made.id, object, method, args });
    return made;
  }

  /** Ends the session and opens another. */
  async anew(ttl: number): Promise<void> {
    await this.close();
    await this.open(ttl);
  }

  abort(made: Made): void {
    this.ask({ type: "abort", id: made.id });
  }

  /** Ends the session, if one is open. */
  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.told = Promise.withResolvers();
    this.ask({ type: "close" });
    await inTime(this.told.promise, `the end of a session: ${this.running.errors()}`);
    this.calls.clear();
  }

  /** SIGKILL: the session is left to its time to live. */
  kill(): Promise<void> {
    return this.running.kill();
  }
}
