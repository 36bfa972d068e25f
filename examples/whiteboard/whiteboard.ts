/** A board that everybody draws on. The same code runs on the replicas and in every page. */
export interface Line {
  readonly id: string;
  readonly colour: string;
  /** x, y, x, y, … in pixels. */
  readonly points: readonly number[];
}

const linesMax = 5_000;

export class Whiteboard {
  // Bundlers may rename the class.
  static name = "Whiteboard";
  lines: Line[] = [];

  draw(line: Line): void {
    this.lines.push(line);
    if (this.lines.length > linesMax) this.lines.shift();
  }

  clear(): void {
    this.lines = [];
  }
}
