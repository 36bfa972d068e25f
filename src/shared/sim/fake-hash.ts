/** Instead of SHA-256, which shared code cannot compute: 32 bytes that depend on all bytes. Not for real use. */
import { hexOf } from "../object/hex.ts";
import { fill, sfc32 } from "../object/random.ts";
import type { Hasher } from "../server/snapshot-pieces.ts";

export function fakeSha256(bytes: Uint8Array): Uint8Array {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b + byte, 0x85ebca6b) ^ (b >>> 13);
  }
  const digest = new Uint8Array(32);
  fill(sfc32(a, b), digest);
  return digest;
}

/** The same in steps, as hex. */
export function fakeHasher(): Hasher {
  const pieces: Uint8Array[] = [];
  return {
    update: (bytes) => void pieces.push(bytes.slice()),
    hex: () => {
      const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
      let at = 0;
      for (const piece of pieces) {
        all.set(piece, at);
        at += piece.length;
      }
      return fakeHashOf(all);
    },
  };
}

/** The same, as hex. */
export function fakeHashOf(bytes: Uint8Array): string {
  return hexOf(fakeSha256(bytes));
}

/** The hash, hex, of the bytes that the hex digits of `secret` stand for. */
export function fakeHash(secret: string): string {
  const bytes = new Uint8Array(secret.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(secret.slice(2 * i, 2 * i + 2), 16);
  return fakeHashOf(bytes);
}
