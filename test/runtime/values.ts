/** Values of every kind that a call may carry, and a comparison of them that needs nothing of the runtime. */

export const everyKind: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -0,
  1.5,
  -(2 ** 40),
  Number.NaN,
  Number.NEGATIVE_INFINITY,
  "",
  "\uFEFFmarked, ünï©ödé, 😀",
  10n ** 40n,
  -(2n ** 70n),
  new Date(1_800_000_000_123),
  new Map<unknown, unknown>([[{ key: 1 }, new Set([1, "two", [3]])]]),
  [1, [2, [3, []]]],
  { a: { b: { c: [null, undefined] } } },
  Uint8Array.of(1, 2, 255),
  Float64Array.of(0.5, -0, Number.NaN),
  BigInt64Array.of(-1n, 2n ** 60n),
  Uint16Array.of(1, 65_535),
  Uint8Array.of(9, 8).buffer,
];

/** A text that tells two values apart if anything does. */
export function show(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(show).join(",")}]`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof Map) return `Map(${show([...value])})`;
  if (value instanceof Set) return `Set(${show([...value])})`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${show([...new Uint8Array(value)])})`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${show([...(value as Uint8Array)])})`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${JSON.stringify(key)}:${show(item)}`)
    .join(",")}}`;
}

/** @throws Error that shows both */
export function equal(found: unknown, expected: unknown): void {
  const [is, shall] = [show(found), show(expected)];
  if (is !== shall) throw new Error(`${is.slice(0, 500)} is not ${shall.slice(0, 500)}`);
}
