/**
 * The agreed dice: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state. Each call of a proposal has a stream of
 * its own, seeded by (the proposal's seed, the call's index in the proposal), so that an object can be replayed alone.
 */

/** A stream of 32 bits, unsigned, at a time. */
export type Bits = () => number;

/** The stream of call `k` of a proposal with this seed; both count as 32 bits. */
export function sfc32(seed: number, k: number): Bits {
  let a = seed | 0;
  let b = k | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const bits = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) bits();
  return bits;
}

/** From 0 up to, not including, 1, with 53 bits, as Math.random. */
export function fraction(bits: Bits): number {
  const high = bits() >>> 5;
  return (high * 0x4000000 + (bits() >>> 6)) / 0x20000000000000;
}

export function fill(bits: Bits, bytes: Uint8Array): void {
  let left = 0;
  for (let i = 0; i < bytes.length; i++) {
    left = i % 4 === 0 ? bits() : left >>> 8;
    bytes[i] = left;
  }
}
