/** The hash of pages without one, against that of Node. */
import { createHash, createHmac, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { hmacSha256, sha256 } from "../../src/web/sha256.ts";

test("the digests of Node, at every length around the blocks", () => {
  for (let n = 0; n < 200; n++) {
    const bytes = randomBytes(n);
    expect(Buffer.from(sha256(bytes))).toEqual(createHash("sha256").update(bytes).digest());
    const key = randomBytes((n * 7) % 150);
    expect(Buffer.from(hmacSha256(key, bytes))).toEqual(createHmac("sha256", key).update(bytes).digest());
  }
});
