/** What bench/live.ts follows: an object that counts, and may hold much. */
export class Pad {
  lines: string[] = [];
  count = 0;

  /** A small change. */
  tick(): number {
    return ++this.count;
  }

  /** Adds so many lines of so many characters. */
  fill(lines: number, chars: number): number {
    for (let i = 0; i < lines; i++) this.lines.push("x".repeat(chars));
    return this.lines.length;
  }
}
