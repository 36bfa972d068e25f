/** Where the writer of CBOR puts its bytes: one buffer, which grows. */

let out = /* @__PURE__ */ new Uint8Array(1024);
let view = /* @__PURE__ */ new DataView(out.buffer);
let to = 0;

/** What was written before is forgotten. */
export function restart(): void {
  to = 0;
}

/** @returns a copy of what was written since `restart` */
export function written(): Uint8Array {
  return out.slice(0, to);
}

/** Makes sure that `n` more bytes fit. */
function reserve(n: number): void {
  if (to + n <= out.length) return;
  const larger = new Uint8Array(2 * (to + n));
  larger.set(out);
  out = larger;
  view = new DataView(out.buffer);
}

/** A first byte, and behind it the last `size` bytes of `n`. */
export function fixed(first: number, n: number, size: number): void {
  reserve(9);
  out[to++] = first;
  for (let left = size; left > 0; left--) out[to++] = n >>> (8 * (left - 1));
}

export function head(major: number, n: number): void {
  if (n > 0xffff) fixed(major + 26, n, 4);
  else if (n > 0xff) fixed(major + 25, n, 2);
  else if (n > 23) fixed(major + 24, n, 1);
  else fixed(major + n, 0, 0);
}

export function float(first: number, n: number): void {
  fixed(first, 0, 8);
  view.setFloat64(to - 8, n);
}

export function byteString(major: number, bytes: Uint8Array): void {
  head(major, bytes.length);
  reserve(bytes.length);
  out.set(bytes, to);
  to += bytes.length;
}

/** A head with 64 bits. */
export function word(first: number, n: bigint): void {
  fixed(first, 0, 8);
  view.setBigUint64(to - 8, n);
}
