/** 32 bits of bytes that come in parts, wherever these begin: to compare states of one object, not for safety. */

/** MurmurHash3 (Austin Appleby): four bytes for each multiplication that waits for the one before. */
const first = 0xcc9e2d51;
const second = 0x1b873593;

export class ObjectHash32 {
  private hash = 0;
  private length = 0;
  /** Bytes that do not fill a word yet. */
  private rest = 0;

  reset(): void {
    this.hash = 0;
    this.length = 0;
    this.rest = 0;
  }

  /** Adds the bytes from `from` to `to`. */
  add(view: DataView, from: number, to: number): void {
    let at = from;
    for (; at < to && (this.length & 3) !== 0; at++) this.byte(view.getUint8(at));
    let { hash } = this;
    const words = at + ((to - at) & ~3);
    this.length += words - at;
    for (; at < words; at += 4) hash = mix(hash, view.getInt32(at, true));
    this.hash = hash;
    for (; at < to; at++) this.byte(view.getUint8(at));
  }

  private byte(b: number): void {
    this.rest |= b << (8 * (this.length & 3));
    this.length++;
    if ((this.length & 3) !== 0) return;
    this.hash = mix(this.hash, this.rest);
    this.rest = 0;
  }

  /** Of all bytes so far: 32 bits, unsigned. */
  get value(): number {
    let hash = mix(this.hash, this.rest) ^ this.length;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
}

function mix(hash: number, word: number): number {
  const scrambled = Math.imul(word, first);
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), second);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}
