/**
 * Pushes the record set of a domain to its master at every change of view, for ever: one push at a time, only the
 * newest view waits, and a failure is tried again later. What was pushed is pushed again from time to time, since a
 * master drops those that are silent. It decides when to push and what failures mean; the caller sends.
 */
import { reasonCharsMax } from "../limits.ts";
import { slaveWaitMillisMax, subdomainSilentMillisMax } from "../name-limits.ts";

/** The machine on which it runs: the real one in adapters, a played one in tests. */
export interface SlaveRuntime {
  /**
   * @returns the number that the master holds now
   * @throws PushFailed, and nothing else
   */
  push(number: number, records: readonly Uint8Array[]): Promise<number>;
  /** Calls back once after so many milliseconds, unless the function that it returns is called before. */
  wait(millis: number, run: () => void): () => void;
  /** From 0 to below 1. */
  random(): number;
}

/** - `away`: nobody answered. - `refused`: it will not get better soon without people. */
export class PushFailed extends Error {
  override readonly name = "PushFailed";
  readonly kind: "away" | "refused";
  constructor(kind: PushFailed["kind"], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

export interface SlaveStatus {
  /** The newest view that the master took, or null. */
  readonly published: number | null;
  /** The view that is on its way, or null when there is nothing to do. */
  readonly waiting: number | null;
  /** Why the last push failed, for people; null when it did not. */
  readonly problem: string | null;
}

interface Target {
  readonly number: number;
  readonly records: readonly Uint8Array[];
}

const firstWaitMillis = 500;
/** A master that comes back hears of the newest view within seconds. */
const awayMillisMax = 5_000;
const signOfLifeMillis = subdomainSilentMillisMax / 6;

export class SlavePublisher {
  private readonly runtime: SlaveRuntime;
  private readonly changed: (status: SlaveStatus) => void;
  private target: Target | null = null;
  private published: number | null = null;
  private problem: string | null = null;
  private failures = 0;
  private working = false;
  private stopped = false;
  /** Ends a pause before its time. */
  private wake: () => void = () => undefined;
  private mayHurry = false;

  /** @param changed told whenever the status is another one */
  constructor(runtime: SlaveRuntime, changed: (status: SlaveStatus) => void = () => undefined) {
    this.runtime = runtime;
    this.changed = changed;
  }

  get status(): SlaveStatus {
    const { published, problem, target } = this;
    const waits = target !== null && (target.number !== published || problem !== null);
    return { published, waiting: waits ? target.number : null, problem };
  }

  /** Takes the place of a view that waits. Ignored unless its number is above that of every view before. */
  publish(number: number, records: readonly Uint8Array[]): void {
    if (this.stopped || (this.target !== null && number <= this.target.number)) return;
    this.target = { number, records };
    this.changed(this.status);
    if (this.mayHurry) this.wake();
    if (!this.working) void this.work();
  }

  /** A push that is on its way is not taken back; no other one follows. */
  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private async work(): Promise<void> {
    this.working = true;
    while (this.target !== null && !this.stopped) {
      const { target } = this;
      const failure = await this.attempt(target);
      if (this.stopped) break;
      this.changed(this.status);
      if (failure !== null) await this.pause(this.waitAfter(failure), false);
      else if (this.target === target) await this.pause(this.varied(signOfLifeMillis), true);
    }
    this.working = false;
  }

  /** @returns null when it was pushed */
  private async attempt({ number, records }: Target): Promise<PushFailed | null> {
    try {
      const held = await this.runtime.push(number, records);
      if (held > number) throw new PushFailed("refused", ignored(held, number));
      this.failures = 0;
      this.published = number;
      this.problem = null;
      return null;
    } catch (error) {
      if (!(error instanceof PushFailed)) throw error;
      this.problem = error.message.slice(0, reasonCharsMax);
      return error;
    }
  }

  private waitAfter({ kind }: PushFailed): number {
    const doubled = firstWaitMillis * 2 ** Math.min(this.failures++, 20);
    return this.varied(Math.min(doubled, kind === "away" ? awayMillisMax : slaveWaitMillisMax));
  }

  /** Half of it to all of it, so that many slaves do not march in step. */
  private varied(millis: number): number {
    return millis * (0.5 + this.runtime.random() / 2);
  }

  private pause(millis: number, mayHurry: boolean): Promise<void> {
    this.mayHurry = mayHurry;
    return new Promise((resolve) => {
      const cancel = this.runtime.wait(millis, resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

/** Where several slaves push, the slowest one hears this for a moment, too. */
function ignored(held: number, number: number): string {
  return `the master holds view ${held} and ignores view ${number}: another cluster has, or had, this domain`;
}
