/** What the page of the tests shows: values of many kinds. */
export class Board {
  static reads = ["total"];
  notes = new Map<string, { text: string; at: Date }>();
  tags = new Set<string>();
  bytes = new Uint8Array([1, 2, 250]);
  big = 12n;
  count = 0;

  add(name: string, text: string): number {
    this.notes.set(name, { text, at: new Date() });
    this.count += 1;
    return this.count;
  }

  tag(name: string): void {
    this.tags.add(name);
  }

  fail(): void {
    throw new RangeError("too far");
  }

  total(): number {
    return this.count;
  }
}

/** Its state is nobody's business. */
export class Secret {
  static live = false;
  word = "hidden";

  change(word: string): void {
    this.word = word;
  }
}
