/** What proves that a session is ours: a secret that only we know, and its hash, which goes into the log. */
import type { ClientRuntime } from "./runtime.ts";

const secretBytes = 16;

export interface Identity {
  /** 32 hex digits. */
  readonly secret: string;
  /** SHA-256 of the secret's 16 bytes, hex. */
  readonly secretHash: string;
}

export async function newIdentity(runtime: ClientRuntime): Promise<Identity> {
  const secret = runtime.randomBytes(secretBytes);
  return { secret: hex(secret), secretHash: hex(await runtime.sha256(secret)) };
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const b of bytes) text += b.toString(16).padStart(2, "0");
  return text;
}
