/** The dice of a simulated world: everything that happens by chance in it follows from one seed. */
import { type Bits, sfc32 } from "../object/random.ts";

export class Dice {
  private readonly stream: Bits;

  /** @param stream worlds of one seed may throw several dice that do not disturb each other */
  constructor(seed: number, stream = 0) {
    this.stream = sfc32(seed, stream);
  }

  /** 32 bits, unsigned. */
  bits(): number {
    return this.stream();
  }

  /** From 0 up to, not including, 1. */
  fraction(): number {
    return this.stream() / 0x1_0000_0000;
  }

  chance(p: number): boolean {
    return this.fraction() < p;
  }

  /** An integer from 0 to n - 1. */
  below(n: number): number {
    return Math.floor(this.fraction() * n);
  }

  between(low: number, high: number): number {
    return low + this.fraction() * (high - low);
  }

  /** Waiting times without memory: often short, now and then long. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.fraction());
  }

  /** @throws RangeError when there is nothing to choose from */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError("nothing to choose from");
    return from[this.below(from.length)] as T;
  }

  /** `bytes` random bytes as lower-case hex digits. */
  hex(bytes: number): string {
    let text = "";
    for (let i = 0; i < bytes; i++) text += (this.bits() & 255).toString(16).padStart(2, "0");
    return text;
  }
}
