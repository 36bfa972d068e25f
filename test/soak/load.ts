/** The load of a soak: increments in closed loops, and beside them sessions that come and go and objects being made. */
import { ConcoordError, connect } from "concoord";
import { Counter } from "../../examples/counter/counter.ts";

const connections = 8;
/** Objects that the passing sessions make, one after the other, and then again from the first on. */
const objects = 500;

export class Load {
  /** Increments of the one counter that were answered. */
  acknowledged = 0;
  /** What each call took since the last `take`, in ms. */
  private times: number[] = [];
  private over = false;
  private unknown = 0;
  private passed = 0;
  private readonly wrong: string[] = [];
  private readonly bootstrap: string;
  private readonly counters: readonly ReturnType<typeof at>[];
  private readonly loops: readonly Promise<void>[];

  constructor(bootstrap: string, outstanding: number) {
    this.bootstrap = bootstrap;
    this.counters = Array.from({ length: Math.min(connections, outstanding) }, () => at(bootstrap, "main"));
    const lanes = Array.from({ length: outstanding }, (_, i) => this.counters[i % this.counters.length]);
    this.loops = [...lanes.map((counter) => this.increment(counter)), this.pass()];
  }

  /** What calls took since the last time, in ms. */
  take(): readonly number[] {
    const { times } = this;
    this.times = [];
    return times;
  }

  /** Lets the calls under way end. @returns what was wrong with their answers */
  async finish(): Promise<readonly string[]> {
    this.over = true;
    await Promise.all(this.loops);
    const { acknowledged, unknown } = this;
    const value = (await this.counters[0]?.getvalue()) ?? -1;
    if (value < acknowledged || value > acknowledged + unknown)
      this.wrong.push(
        `the counter says ${value}; ${acknowledged} calls were answered, ${unknown} may have run`,
      );
    return this.wrong;
  }

  async close(): Promise<void> {
    this.over = true;
    await Promise.all(this.counters.map((counter) => counter[Symbol.asyncDispose]()));
    await Promise.all(this.loops);
  }

  private async increment(counter: ReturnType<typeof at> | undefined): Promise<void> {
    while (!this.over && counter !== undefined) {
      const from = performance.now();
      await this.attempt(async () => {
        await counter.increment();
        this.acknowledged++;
        this.times.push(performance.now() - from);
      });
    }
  }

  /** One session after the other, each for a single call. */
  private async pass(): Promise<void> {
    while (!this.over) {
      await this.attempt(async () => {
        await using counter = at(this.bootstrap, `n${this.passed++ % objects}`);
        await counter.increment();
      });
    }
  }

  private async attempt(call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      if (!(error instanceof ConcoordError)) throw error;
      if (error.executed !== "no") this.unknown++;
      // Nothing fails here but when the load is ended, or the cluster is broken: a loop would not end then.
      if (!this.over) this.wrong.push(`${error.code}: ${error.message}`);
      this.over ||= this.wrong.length > 100;
    }
  }
}

function at(bootstrap: string, name: string) {
  return connect(Counter, bootstrap, { name });
}
