/**
 * SHA-256 (FIPS 180-4) and its HMAC (RFC 2104) for pages that the browser does not trust with its own: those that
 * came over plain HTTP from another machine. Loaded only there.
 */

const blockBytes = 64;
const roundConstants = primes(64).map((prime) => fraction(prime ** (1 / 3)));
const initial = primes(8).map((prime) => fraction(prime ** (1 / 2)));

function primes(n: number): readonly number[] {
  const found: number[] = [];
  for (let i = 2; found.length < n; i++) if (found.every((prime) => i % prime !== 0)) found.push(i);
  return found;
}

/** The first 32 bits behind the point. */
function fraction(root: number): number {
  return ((root % 1) * 2 ** 32) | 0;
}

/** @returns 32 bytes */
export function sha256(bytes: Uint8Array): Uint8Array {
  const state = Int32Array.from(initial);
  const padded = new DataView(new ArrayBuffer(Math.ceil((bytes.length + 9) / blockBytes) * blockBytes));
  new Uint8Array(padded.buffer).set(bytes);
  padded.setUint8(bytes.length, 0x80);
  // The length in bits takes 64 bits.
  padded.setUint32(padded.byteLength - 8, bytes.length / 2 ** 29);
  padded.setUint32(padded.byteLength - 4, bytes.length << 3);
  for (let at = 0; at < padded.byteLength; at += blockBytes) block(state, padded, at);
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => {
    digest.setInt32(4 * i, word);
  });
  return new Uint8Array(digest.buffer);
}

function block(state: Int32Array, from: DataView, at: number): void {
  const w = new Int32Array(64);
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i++) {
    w[i] = i < 16 ? from.getInt32(at + 4 * i) : scheduled(w, i);
    const choice = (e & f) ^ (~e & g);
    const sum1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const t1 = (h + sum1 + choice + (roundConstants[i] as number) + (w[i] as number)) | 0;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const t2 = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + majority) | 0;
    [a, b, c, d, e, f, g, h] = [(t1 + t2) | 0, a, b, c, (d + t1) | 0, e, f, g];
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = (state[i] as number) + word;
}

function scheduled(w: Int32Array, i: number): number {
  const near = w[i - 2] as number;
  const far = w[i - 15] as number;
  const sigma1 = turned(near, 17) ^ turned(near, 19) ^ (near >>> 10);
  const sigma0 = turned(far, 7) ^ turned(far, 18) ^ (far >>> 3);
  return (sigma1 + (w[i - 7] as number) + sigma0 + (w[i - 16] as number)) | 0;
}

function turned(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/** @returns 32 bytes */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  const short = key.length > blockBytes ? sha256(key) : key;
  const padded = new Uint8Array(blockBytes);
  padded.set(short);
  const inner = sha256(
    joined(
      padded.map((byte) => byte ^ 0x36),
      data,
    ),
  );
  return sha256(
    joined(
      padded.map((byte) => byte ^ 0x5c),
      inner,
    ),
  );
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
