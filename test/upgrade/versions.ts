/** Versions of classes, as nodes have them that were given one or another file. */
import { block, resume } from "../../src/shared/object/block.ts";
import { invocation } from "../../src/shared/object/invocation.ts";
import {
  type ClassEntry,
  type Constructor,
  classInfos,
  describe,
  makeRegistry,
  type Registry,
} from "../../src/shared/object/registry.ts";
import { DLock } from "../../src/shared/object/sync/index.ts";
import type { Ticket } from "../../src/shared/object/ticket.ts";
import type { ClassInfo, Command } from "../../src/shared/object/types.ts";

/** A class as a node has it whose code has this fingerprint. */
export function versionOf(
  ctor: Constructor,
  name: string,
  fingerprint: string,
  nested: ReadonlyMap<string, Constructor> = new Map(),
): ClassEntry {
  return describe(ctor, name, "", fingerprint, nested);
}

export function infosOf(...entries: readonly ClassEntry[]): readonly ClassInfo[] {
  return classInfos(makeRegistry(entries));
}

export function only(...entries: readonly ClassEntry[]): Registry {
  return makeRegistry(entries);
}

/** The upgrade to these entries, made against the first view. */
export function upgradeTo(entries: readonly ClassEntry[], upgrades = 0, view = 1): Command {
  return { type: "upgrade", view, upgrades, classes: infosOf(...entries) };
}

class One {
  value = 0;
  waiting: Ticket<number>[] = [];
  increment(): number {
    return ++this.value;
  }
  wait() {
    return block(this.waiting, { after: 5_000, then: -1 });
  }
  wake(): boolean {
    return resume(this.waiting, 1);
  }
  gone(): string {
    return "here";
  }
}

class Two {
  static reads = ["get"];
  value = 0;
  waiting: Ticket<number>[] = [];
  increment(): number {
    this.value += 10;
    return this.value;
  }
  wake(): boolean {
    return resume(this.waiting, 2);
  }
  get(): number {
    return this.value;
  }
  onDeadline(ticket: Ticket<number>): void {
    resume(ticket, -2);
  }
}

class Three {
  static version = 3;
  static migrate(state: { value: number }, from: number) {
    const { now, slot } = invocation();
    return { total: state.value, from, at: [now, slot, Math.random()] };
  }
  total = 0;
  lock = new DLock();
  increment(): number {
    return ++this.total;
  }
}

class Failing {
  static version = 4;
  static migrate(state: { value: number }) {
    if (state.value > 1) throw new RangeError("too much");
    return state;
  }
  value = 0;
  increment(): number {
    return this.value;
  }
}

export const one = versionOf(One, "Counter", "one");
export const two = versionOf(Two, "Counter", "two");
export const three = versionOf(Three, "Counter", "three");
export const failing = versionOf(Failing, "Counter", "failing");
