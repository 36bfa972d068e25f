/** The one error of reading a snapshot: the bytes are not the state of a cluster that this node can hold. */

/** Says what is wrong and where. The state machine that was to be restored is unharmed. */
export class BadSnapshot extends RangeError {
  override readonly name = "BadSnapshot";
}

export function badSnapshot(what: string): never {
  throw new BadSnapshot(`the snapshot cannot be read: ${what}`);
}
