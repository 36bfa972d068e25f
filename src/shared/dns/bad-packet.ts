/** The one error of the DNS decoders, and the end of every `switch` over a tagged union of this folder. */

/** The bytes are no DNS message. Says what is wrong with them; harms nothing but the message. */
export class BadPacket extends RangeError {
  override readonly name = "BadPacket";
}

export function badPacket(what: string): never {
  throw new BadPacket(what);
}

/** This folder stands alone, so that it has its own: compiles only while all tags are handled. */
export function unreachable(value: never): never {
  throw new Error(`not handled: ${JSON.stringify(value)}`);
}
