/** The objects of the cluster. */
import type { Tap } from "./input.ts";
import type { ClassEntry } from "./registry.ts";

/** One object of the cluster. */
export interface Instance {
  /** Its code, which an upgrade changes. */
  entry: ClassEntry;
  object: object;
  /** How many were made before it. */
  readonly order: number;
  /** One of its fields may be a D-class: one was made while its code ran. */
  hasDClass: boolean;
  /** Who hears of its inputs; null for nearly all. */
  tap: Tap | null;
}

/** Whether it is told of the end of sessions that called it. */
export function hearsSessions({ entry, hasDClass }: Instance): boolean {
  return hasDClass || entry.hooks.has("onSessionEnd");
}

/** By "Class/name", in the order in which they were made. */
export class Instances implements Iterable<readonly [string, Instance]> {
  private readonly byKey = new Map<string, Instance>();
  private readonly ordered: Instance[] = [];
  private readonly names: string[] = [];

  get size(): number {
    return this.ordered.length;
  }

  get(key: string): Instance | undefined {
    return this.byKey.get(key);
  }

  /** The one before which `order` were made. */
  at(order: number): Instance | undefined {
    return this.ordered[order];
  }

  /** Its "Class/name". */
  nameOf({ order }: Instance): string {
    return this.names[order] ?? "";
  }

  add(key: string, instance: Instance): void {
    this.byKey.set(key, instance);
    this.ordered.push(instance);
    this.names.push(key);
  }

  keys(): Iterable<string> {
    return this.byKey.keys();
  }

  [Symbol.iterator](): Iterator<readonly [string, Instance]> {
    return this.byKey.entries();
  }
}
