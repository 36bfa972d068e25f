/** Bytes as text: two lower-case hex digits each. */

/** @example hexOf(Uint8Array.of(1, 255)) // "01ff" */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
