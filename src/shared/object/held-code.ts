/** The code that a node holds: of each class, the versions that it was given, found again or was sent. */
import type { ClassEntry, Registry } from "./registry.ts";
import type { ClassInfo } from "./types.ts";

/** One version of one class. */
export type CodeName = Pick<ClassInfo, "name" | "fingerprint">;

export class HeldCode implements Iterable<ClassEntry> {
  private readonly byName = new Map<string, Map<string, ClassEntry>>();

  constructor(registry: Registry) {
    this.add(registry.values());
  }

  /** What is held already stays: objects may have been made by it. */
  add(entries: Iterable<ClassEntry>): void {
    for (const entry of entries) {
      const versions = this.byName.get(entry.name) ?? new Map<string, ClassEntry>();
      if (!versions.has(entry.fingerprint)) versions.set(entry.fingerprint, entry);
      this.byName.set(entry.name, versions);
    }
  }

  find({ name, fingerprint }: CodeName): ClassEntry | undefined {
    return this.byName.get(name)?.get(fingerprint);
  }

  /** Whether any version of the class is held. */
  knows(name: string): boolean {
    return this.byName.has(name);
  }

  /** Those of `classes` whose code is not held. */
  missing<T extends CodeName>(classes: readonly T[]): readonly T[] {
    return classes.filter((info) => this.find(info) === undefined);
  }

  *[Symbol.iterator](): Iterator<ClassEntry> {
    for (const versions of this.byName.values()) yield* versions.values();
  }
}
