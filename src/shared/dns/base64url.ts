/** base64url without padding (RFC 4648 5), as queries over HTTPS have it (RFC 8484 6). No platform is needed. */

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const values: ReadonlyMap<string, number> = new Map([...alphabet].map((char, value) => [char, value]));

/**
 * @returns the bytes, or null when the text is none: another character, padding, a length that no bytes have, or bits
 * beyond the last byte
 */
export function fromBase64url(text: string): Uint8Array | null {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let [bits, count, at] = [0, 0, 0];
  for (const char of text) {
    const value = values.get(char);
    if (value === undefined) return null;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[at++] = bits >> count;
  }
  return (bits & ((1 << count) - 1)) === 0 ? bytes : null;
}

/** What `fromBase64url` reads: for those who ask. */
export function toBase64url(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const bits = (a << 16) | (b << 8) | c;
    const chars = Math.min(bytes.length - at, 3) + 1;
    for (let i = 0; i < chars; i++) text += alphabet[(bits >> (18 - 6 * i)) & 0x3f];
  }
  return text;
}
