/**
 * HMAC-SHA256, as handshakes want it: of the platform where it lets pages have it. In a file of its own since only
 * programs with a token need it.
 */

/** @returns 32 bytes */
export async function mac(token: string, data: Uint8Array): Promise<Uint8Array> {
  const { subtle } = crypto;
  const secret = new TextEncoder().encode(token);
  if (subtle === undefined) return (await import("./sha256.ts")).hmacSha256(secret, data);
  const key = await subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", key, data.slice()));
}
