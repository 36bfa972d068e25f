/** The names of a proxy's file: each means one thing in it, whatever module it comes from. */
export class Names {
  private readonly taken = new Set<string>();

  /** Keeps a name that must stay as it is. */
  keep(name: string): void {
    this.taken.add(name);
  }

  /** The name, or with a number where it is taken. */
  free(name: string): string {
    let free = name;
    for (let n = 2; this.taken.has(free); n++) free = `${name}${n}`;
    this.taken.add(free);
    return free;
  }
}
