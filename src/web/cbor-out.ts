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

/** A head of a size of its own: `low` names it, `n` follows in so many bytes. */
export function long(
  first: number,
  set: "setUint8" | "setUint16" | "setUint32" | "setFloat64",
  n: number,
): void {
  reserve(9);
  out[to++] = first;
  view[set](to, n);
  to += set === "setUint8" ? 1 : set === "setUint16" ? 2 : set === "setUint32" ? 4 : 8;
}

export function head(major: number, n: number): void {
  if (n > 0xffff) return long(major + 26, "setUint32", n);
  if (n > 0xff) return long(major + 25, "setUint16", n);
  if (n > 23) return long(major + 24, "setUint8", n);
  reserve(1);
  out[to++] = major + n;
}

export function byteString(major: number, bytes: Uint8Array): void {
  head(major, bytes.length);
  reserve(bytes.length);
  out.set(bytes, to);
  to += bytes.length;
}

/** A head with 64 bits. */
export function word(first: number, n: bigint): void {
  reserve(9);
  out[to++] = first;
  view.setBigUint64(to, n);
  to += 8;
}
