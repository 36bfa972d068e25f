/** Whether two values say the same: what compare-and-set compares, since arguments are always copies. */

/**
 * Equality of data. NaN equals itself, 0 and -0 are equal; fields of objects may come in any order, members of maps and
 * sets must come in the same one.
 *
 * @example same({ a: [1], b: 2 }, { b: 2, a: [1] }) // true
 */
export function same(a: unknown, b: unknown): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (kindOf(a) !== kindOf(b)) return false;
  if (isDate(a) && isDate(b)) return Object.is(a.getTime(), b.getTime());
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return sameList([...bytesOf(a)], [...bytesOf(b)]);
  if (Array.isArray(a) && Array.isArray(b)) return sameList(a, b);
  if (a instanceof Map && b instanceof Map) return sameList([...a], [...b]);
  if (a instanceof Set && b instanceof Set) return sameList([...a], [...b]);
  return sameFields(a, b);
}

function kindOf(value: object): string {
  return Object.prototype.toString.call(value);
}

function isDate(value: object): value is { getTime(): number } {
  return kindOf(value) === "[object Date]";
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => same(item, b.at(i)));
}

function sameFields(a: object, b: object): boolean {
  const [fields, others] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))];
  return (
    fields.length === others.size && fields.every(([key, v]) => others.has(key) && same(v, others.get(key)))
  );
}
