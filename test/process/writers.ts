/** Writers in a closed loop on one Counter, each with a session of its own, which keep book of what became of calls. */
import { ConcoordError, connect } from "concoord";
import { Counter } from "../../examples/counter/counter.ts";

const waitMillis = 30_000;

export class Writers {
  /** Increments that were answered. */
  acknowledged = 0;
  /** Increments of which nobody knows whether they were executed. */
  unknown = 0;
  /** The longest time without an answer to anybody since `watch`, in ms. */
  worstSilenceMillis = 0;
  /** The longest that one call took. */
  worstCallMillis = 0;
  private lastAt = performance.now();
  private over = false;
  private failure: unknown = null;
  private readonly counters: readonly ReturnType<typeof counterAt>[];
  private readonly loops: readonly Promise<void>[];
  private readonly looking = new Set<() => void>();

  constructor(bootstrap: string, n: number) {
    this.counters = Array.from({ length: n }, () => counterAt(bootstrap));
    this.loops = this.counters.map((counter) => this.write(counter));
  }

  /** Begins to look for silence anew. */
  watch(): void {
    this.worstSilenceMillis = 0;
    this.lastAt = performance.now();
  }

  /** Resolves when `n` more increments are acknowledged. @throws what a writer threw, or Error when it takes too long */
  more(n: number): Promise<void> {
    const target = this.acknowledged + n;
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.failure !== null) done(() => reject(this.failure));
        else if (this.acknowledged >= target) done(resolve);
      };
      const late = () =>
        reject(new Error(`${target - this.acknowledged} of ${n} calls are not acknowledged in time`));
      const timer = setTimeout(() => done(late), waitMillis);
      const done = (settle: () => void) => {
        clearTimeout(timer);
        this.looking.delete(look);
        settle();
      };
      this.looking.add(look);
      look();
    });
  }

  /** Lets the calls under way end, and tells the counter's value. */
  async finish(): Promise<number> {
    this.over = true;
    await Promise.all(this.loops);
    if (this.failure !== null) throw this.failure;
    const [counter] = this.counters;
    const value = await counter?.getvalue();
    await this.close();
    if (value === undefined) throw new Error("there are no writers");
    return value;
  }

  /** Closes the sessions, whatever is under way. */
  async close(): Promise<void> {
    this.over = true;
    await Promise.all(this.counters.map((counter) => counter[Symbol.asyncDispose]()));
    await Promise.all(this.loops);
  }

  private async write(counter: ReturnType<typeof counterAt>): Promise<void> {
    while (!this.over) {
      const at = performance.now();
      try {
        await counter.increment();
        this.worstCallMillis = Math.max(this.worstCallMillis, performance.now() - at);
        this.answered();
      } catch (error) {
        if (!(error instanceof ConcoordError)) this.failure ??= error;
        else if (error.executed === "unknown") this.unknown++;
        else if (error.executed === "yes") this.answered();
        if (this.failure !== null) this.over = true;
      }
      for (const look of this.looking) look();
    }
  }

  private answered(): void {
    const now = performance.now();
    this.worstSilenceMillis = Math.max(this.worstSilenceMillis, now - this.lastAt);
    this.lastAt = now;
    this.acknowledged++;
  }
}

function counterAt(bootstrap: string) {
  return connect(Counter, bootstrap);
}
