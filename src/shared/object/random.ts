/**
 * The agreed dice: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state. Each call of a proposal has a stream of
 * its own, seeded by (the proposal's seed, the call's index in the proposal), so that an object can be replayed alone.
 */
export class Sfc32 {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 1;

  /** Starts the stream of call `k` of a proposal with this seed; both count as 32 bits. */
  seed(seed: number, k: number): void {
    this.a = seed | 0;
    this.b = k | 0;
    this.c = 0x9e3779b9 | 0;
    this.counter = 1;
    for (let i = 0; i < 12; i++) this.bits();
  }

  /** 32 bits, unsigned. */
  bits(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11) | 0) + sum) | 0;
    return sum >>> 0;
  }

  /** From 0 up to, not including, 1, with 53 bits, as Math.random. */
  fraction(): number {
    const high = this.bits() >>> 5;
    return (high * 0x4000000 + (this.bits() >>> 6)) / 0x20000000000000;
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i += 4) {
      const bits = this.bits();
      for (let j = 0; j < 4 && i + j < bytes.length; j++) bytes[i + j] = bits >>> (8 * j);
    }
  }
}
