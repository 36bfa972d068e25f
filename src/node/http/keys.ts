/** The keys of calls by HTTP that this node opened a session for and has not seen end: each costs the cluster one. */
import { ConcoordError } from "../../shared/client/errors.ts";
import { httpKeysMax, sessionTtlMax } from "../../shared/limits.ts";

export class Keys {
  /** When the session of a key ends at the latest, in monotonic ms. Invariant: in the order of these times. */
  private readonly ends = new Map<string, number>();

  /**
   * The session of `key` is opened, or opened again, now.
   * @param now monotonic milliseconds; never less than before
   * @throws ConcoordError BUSY when too many other keys are remembered
   */
  add(key: string, now: number): void {
    for (const [known, end] of this.ends) {
      if (end > now) break;
      this.ends.delete(known);
    }
    this.ends.delete(key);
    if (this.ends.size >= httpKeysMax)
      throw new ConcoordError("BUSY", "this node remembers too many keys of calls", "no");
    this.ends.set(key, now + sessionTtlMax);
  }

  /** Its session ended, or was never opened. */
  delete(key: string): void {
    this.ends.delete(key);
  }
}
