/** The running digest of outcomes: FNV-1a over words and bytes, 32 bits. Cheap; it finds divergence, not malice. */
import { codes, type Outcome } from "./types.ts";

const prime = 0x01000193;

export const digestStart = 0x811c9dc5;

/** Mixes an integer from 0 to 2^53 - 1 into the digest. */
export function mixNumber(digest: number, n: number): number {
  const low = Math.imul(digest ^ (n >>> 0), prime);
  // The shift brings high bits down, which multiplication alone never does.
  return Math.imul(low ^ (low >>> 15) ^ Math.floor(n / 0x100000000), prime) >>> 0;
}

export function mixBytes(digest: number, bytes: Uint8Array): number {
  let d = digest;
  for (let i = 0; i < bytes.length; i++) d = Math.imul(d ^ (bytes[i] as number), prime);
  return d >>> 0;
}

export function mixText(digest: number, text: string): number {
  let d = mixNumber(digest, text.length);
  for (let i = 0; i < text.length; i++) d = Math.imul(d ^ text.charCodeAt(i), prime);
  return d >>> 0;
}

export function mixOutcome(digest: number, outcome: Outcome): number {
  if (outcome.type === "returned") return mixBytes(mixNumber(digest, 1), outcome.value);
  if (outcome.type === "threw") return mixBytes(mixNumber(digest, 2), outcome.error);
  if (outcome.type === "blocked") return mixNumber(digest, 3);
  return mixNumber(digest, 4 + codes.indexOf(outcome.code));
}
