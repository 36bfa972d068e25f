/**
 * What shared/wire/quick-write.ts exports, for browsers and Workers: there the encoder is as quick as writing by hand,
 * and bundles need not carry both. Bundlers take it as they take cbor.ts.
 */
import { encodeItem } from "./cbor.ts";

/** Everything goes the general way. */
export function writeCalls(): null {
  return null;
}

/** A client's message [3, command]. */
export function writeCommandMessage(command: Uint8Array): Uint8Array {
  return encodeItem([3, command]);
}
