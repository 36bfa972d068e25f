/** The one error of every decoder: the bytes are not what they should be. */

/** Names the field that is wrong. Ends the connection it came from and harms nothing else. */
export class BadFrame extends RangeError {
  override readonly name = "BadFrame";
}

export function bad(what: string, expected: string): never {
  throw new BadFrame(`${what} is not ${expected}`);
}
