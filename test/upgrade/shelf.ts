/** Code that nodes keep, in memory: what a fingerprint stands for stands on a shelf that all of them share. */
import type { CodeName } from "../../src/shared/object/held-code.ts";
import type { ClassEntry } from "../../src/shared/object/registry.ts";
import type { CodeKeeper } from "../../src/shared/server/code-keeper.ts";
import type { CodeModule } from "../../src/shared/wire/upgrade-messages.ts";

/** The module that stands for these versions. */
export function moduleOf(...entries: readonly ClassEntry[]): CodeModule {
  const classes = entries.map(({ name, fingerprint }) => ({ name, fingerprint }));
  return { files: [{ path: "some.ts", text: "" }], origin: "/", classes };
}

export class MemoryKeeper implements CodeKeeper {
  /** What this node keeps, over restarts. */
  kept: ClassEntry[];
  private readonly shelf: readonly ClassEntry[];

  constructor(shelf: readonly ClassEntry[], kept: readonly ClassEntry[]) {
    this.shelf = shelf;
    this.kept = [...kept];
  }

  async find(of: CodeName): Promise<ClassEntry | null> {
    return this.kept.find((entry) => isOf(entry, of)) ?? null;
  }

  async keep({ classes }: CodeModule): Promise<readonly ClassEntry[]> {
    const entries = this.shelf.filter((entry) => classes.some((of) => isOf(entry, of)));
    if (entries.length < classes.length) throw new Error("no such code");
    this.kept.push(...entries);
    return entries;
  }

  async read(of: CodeName): Promise<CodeModule | null> {
    const entry = await this.find(of);
    return entry === null ? null : moduleOf(entry);
  }

  keepOnly(needed: readonly CodeName[]): void {
    this.kept = this.kept.filter((entry) => needed.some((of) => isOf(entry, of)));
  }
}

function isOf(entry: ClassEntry, of: CodeName): boolean {
  return entry.name === of.name && entry.fingerprint === of.fingerprint;
}
