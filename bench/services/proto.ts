/**
 * As much of the Protocol Buffers wire format (developers.google.com/protocol-buffers/docs/encoding) as the bench needs
 * to speak with etcd: fields of numbers and of bytes.
 */

export type Field = readonly [number: number, value: bigint | number | boolean | string | Buffer];

/** @param fields each with its number; text is UTF-8, a nested message is a Buffer made by this function */
export function message(fields: readonly Field[]): Buffer {
  const parts: Buffer[] = [];
  for (const [number, value] of fields) {
    if (typeof value === "string" || Buffer.isBuffer(value)) {
      const bytes = typeof value === "string" ? Buffer.from(value) : value;
      parts.push(varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.length)), bytes);
    } else {
      parts.push(varint(BigInt(number << 3)), varint(BigInt.asUintN(64, BigInt(value))));
    }
  }
  return Buffer.concat(parts);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** The fields of a message, the last of those with the same number; numbers as bigint, all else as its bytes. */
export function fieldsOf(bytes: Buffer): ReadonlyMap<number, bigint | Buffer> {
  const found = new Map<number, bigint | Buffer>();
  let at = 0;
  const take = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("a message of etcd ends early");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(take());
    if ((key & 7) === 0) {
      found.set(key >> 3, take());
    } else if ((key & 7) === 2) {
      const length = Number(take());
      found.set(key >> 3, bytes.subarray(at, at + length));
      at += length;
    } else {
      throw new Error(`a field of etcd of wire type ${key & 7}`);
    }
  }
  return found;
}
