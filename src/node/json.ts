/** Values as one line of JSON for scripts. */

/**
 * bigint as string, Date ISO, Map as an array of entries, Set as an array, bytes in base64.
 * @returns "" for undefined: nothing is printed for it
 */
export function jsonLine(value: unknown): string {
  return value === undefined ? "" : (JSON.stringify(plain(value)) ?? "");
}

/** The same value in what JSON has. */
export function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return [...value].map(([k, v]) => [plain(k), plain(v)]);
  if (value instanceof Set) return [...value].map(plain);
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString("base64");
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
}
