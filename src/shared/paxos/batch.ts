/** The body of a proposal: its commands, one after the other, each after its length (u32, big-endian). */

/** What a command takes in a body beside itself. */
export const lengthBytes = 4;

/**
 * Joins encoded commands into the body of one proposal.
 *
 * @example splitBatch(joinBatch([a, b])) // [a, b]
 */
export function joinBatch(commands: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const command of commands) size += lengthBytes + command.length;
  const body = new Uint8Array(size);
  let at = 0;
  for (const command of commands) {
    const length = command.length;
    body[at] = length >>> 24;
    body[at + 1] = length >>> 16;
    body[at + 2] = length >>> 8;
    body[at + 3] = length;
    body.set(command, at + lengthBytes);
    at += lengthBytes + length;
  }
  return body;
}

/**
 * The commands of a body, as views of it: they are valid as long as the body is not overwritten.
 *
 * @throws RangeError when a length points beyond the end.
 */
export function splitBatch(body: Uint8Array): Uint8Array[] {
  const commands: Uint8Array[] = [];
  let at = 0;
  while (at < body.length) {
    const from = at + lengthBytes;
    if (from > body.length) throw new RangeError(`a batch ends within the length at byte ${at}`);
    const [a = 0, b = 0, c = 0, d = 0] = [body[at], body[at + 1], body[at + 2], body[at + 3]];
    const end = from + a * 0x1000000 + ((b << 16) | (c << 8) | d);
    if (end > body.length) throw new RangeError(`a batch ends within the command at byte ${at}`);
    commands.push(body.subarray(from, end));
    at = end;
  }
  return commands;
}
