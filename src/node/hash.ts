/** SHA-256, as nodes need it. */
import { createHash } from "node:crypto";
import type { Hasher } from "../shared/server/snapshot-pieces.ts";

/** In steps. */
export function hasher(): Hasher {
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
}

/** Hex, of the bytes that 32 hex digits stand for. */
export function hashOfSecret(secret: string): string {
  return createHash("sha256").update(Buffer.from(secret, "hex")).digest("hex");
}
