/** Whether bytes are well-formed UTF-8 (RFC 3629): decoders would put other characters in the place of broken ones. */
export function isUtf8(bytes: Uint8Array, from: number, stop: number): boolean {
  let next = from;
  while (next < stop) {
    const b = bytes[next++] as number;
    if (b < 0x80) continue;
    const isPair = b >= 0xc2 && b < 0xe0 && next < stop && isMore(bytes[next] as number);
    next = isPair ? next + 1 : longer(bytes, b, next, stop);
    if (next < 0) return false;
  }
  return true;
}

function isMore(b: number): boolean {
  return (b & 0xc0) === 0x80;
}

/** The end of a character of three or four bytes that began with `b`; -1 when there is none. */
function longer(bytes: Uint8Array, b: number, from: number, stop: number): number {
  const more = b >= 0xf0 ? 3 : 2;
  if (b < 0xe0 || b > 0xf4 || from + more > stop) return -1;
  const second = bytes[from] as number;
  const least = b === 0xe0 ? 0xa0 : b === 0xf0 ? 0x90 : 0x80;
  const most = b === 0xed ? 0x9f : b === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return -1;
  for (let i = 1; i < more; i++) if (!isMore(bytes[from + i] as number)) return -1;
  return from + more;
}
