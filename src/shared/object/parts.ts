/** What an object consists of, as far as code can tell: to compare it with others, and to hash it. */

export type Collection = Map<unknown, unknown> | Set<unknown>;

export function isCollection(value: unknown): value is Collection {
  return value instanceof Map || value instanceof Set;
}

/** A view onto the bytes of a buffer, a typed array or a DataView; null for what has none. */
export function bytesOf(o: object): Uint8Array | null {
  if (ArrayBuffer.isView(o)) return new Uint8Array(o.buffer, o.byteOffset, o.byteLength);
  return o instanceof ArrayBuffer ? new Uint8Array(o) : null;
}

/** Own properties that count. */
export function ownKeys(o: object): readonly PropertyKey[] {
  const keys = Reflect.ownKeys(o);
  return o instanceof Error ? keys.filter((key) => key !== "stack") : keys;
}

/** Of an object without bytes: names and values of own properties, and what it holds beside them, in their order. */
export function partsOf(o: object): readonly unknown[] {
  const parts = ownKeys(o).flatMap((key): unknown[] => [key, Reflect.get(o, key)]);
  if (isCollection(o)) for (const [key, value] of o.entries()) parts.push(key, value);
  if (o instanceof Date) parts.push(o.getTime());
  if (o instanceof RegExp) parts.push(String(o));
  return parts;
}
