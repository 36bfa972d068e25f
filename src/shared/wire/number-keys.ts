/**
 * Numbers as keys of Maps and items of Sets. Their hashes can be foretold, unlike those of texts: chosen ones all fall
 * on one place of the engine's table, and each of them is compared with all before it.
 */
import { decodeStepsMax, numberKeysMax } from "../limits.ts";

const places = 4_096;
/** So many fall on one place by chance, when they are as many as a value may hold. */
const byChance = 64;

export class NumberKeys {
  private readonly counts = new Uint16Array(places);
  private odd = 0;

  /** A value begins. */
  begin(): void {
    this.odd = 0;
  }

  /** A Map or Set of `n` begins. Few are compared quickly, whatever they are. */
  enter(n: number): void {
    if (n > byChance) this.counts.fill(0);
  }

  /**
   * @returns the steps of comparing it with those on its place; too many when it cannot be one of as many
   */
  note(key: number | bigint): number {
    if (typeof key === "number" && (key | 0) === key) {
      const at = hashOf(key) & (places - 1);
      const before = this.counts[at] as number;
      this.counts[at] = before + 1;
      return Math.max(0, before - byChance) >> 3;
    }
    this.odd += typeof key === "bigint" ? 2 : 1;
    return this.odd > numberKeysMax ? decodeStepsMax : 0;
  }
}

/** As V8 hashes integers of 32 bits: after Thomas Wang, "Integer Hash Function". */
function hashOf(n: number): number {
  let h = (~n + (n << 15)) | 0;
  h ^= h >>> 12;
  h = (h + (h << 2)) | 0;
  h ^= h >>> 4;
  h = Math.imul(h, 2057);
  return h ^ (h >>> 16);
}
