/** Comparison of secrets in time that does not tell how much of them was right. */
import { createHash, timingSafeEqual } from "node:crypto";

export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
