/** The keys of calls by HTTP that this node opened a session for and has not seen end: each costs the cluster one. */
import { ConcoordError } from "../../shared/client/errors.ts";
import { httpKeysMax, sessionTtlMax } from "../../shared/limits.ts";
import { HttpError } from "./errors.ts";

interface Used {
  /** When the session of the key ends at the latest, in monotonic ms. */
  readonly end: number;
  /** Of the call that the key was used for. */
  readonly digest: string;
}

export class Keys {
  /** Invariant: in the order of `end`. */
  private readonly used = new Map<string, Used>();

  /**
   * The answer of one call is no answer to another.
   * @throws HttpError 422 when the key was used for a call with another digest
   */
  check(key: string, digest: string): void {
    const known = this.used.get(key);
    if (known !== undefined && known.digest !== digest)
      throw new HttpError(422, "BAD_FRAME", "this key was used for another call");
  }

  /**
   * The session of `key` is opened, or opened again, now.
   * @param now monotonic milliseconds; never less than before
   * @throws ConcoordError BUSY when too many other keys are remembered
   */
  add(key: string, digest: string, now: number): void {
    for (const [known, { end }] of this.used) {
      if (end > now) break;
      this.used.delete(known);
    }
    this.used.delete(key);
    if (this.used.size >= httpKeysMax)
      throw new ConcoordError("BUSY", "this node remembers too many keys of calls", "no");
    this.used.set(key, { end: now + sessionTtlMax, digest });
  }

  /** Its session ended, or was never opened. */
  delete(key: string): void {
    this.used.delete(key);
  }
}
