/**
 * The state of an object as a tree that JSON can hold, to be looked at: own properties, maps, sets, dates, bytes. It
 * runs no code of users and has a bound, whatever the size of the state: what is left out is counted.
 */

import { depthMax, treeBytesMax, treeChildrenMax, treeTextCharsMax, treeValuesMax } from "../limits.ts";
import { hexOf } from "../object/hex.ts";

/** Plain values are themselves; `n` is how many children there are, of which `e` has the first. */
export type Tree =
  | null
  | boolean
  | number
  | string
  /** What JSON has no word for: undefined, NaN, 3n, a function, an accessor; `k` is its kind. */
  | { readonly t: "word"; readonly k: string; readonly v: string }
  /** A text whose end was left out: `n` characters. */
  | { readonly t: "text"; readonly n: number; readonly v: string }
  /** `v` in hex: the first of `n` bytes. */
  | { readonly t: "bytes"; readonly c: string; readonly n: number; readonly v: string }
  | { readonly t: "list"; readonly c: string; readonly n: number; readonly e: readonly Tree[] }
  | {
      readonly t: "map";
      readonly c: string;
      readonly n: number;
      readonly e: readonly (readonly [Tree, Tree])[];
    }
  | {
      readonly t: "object";
      readonly c: string;
      readonly n: number;
      readonly e: readonly (readonly [string, Tree])[];
    };

type Parent = ReadonlySet<object>;

const nobody: Parent = new Set();

/**
 * @param isProxy whether looking at it would run code; only the platform knows
 * @example treeOf(machine.peek("Counter/main"), () => false) // { t: "object", c: "Counter", n: 1, e: [["value", 3]] }
 */
export function treeOf(value: unknown, isProxy: (value: object) => boolean): Tree {
  return new Grower(isProxy).grow(value, nobody);
}

class Grower {
  private readonly isProxy: (value: object) => boolean;
  private left = treeValuesMax;

  constructor(isProxy: (value: object) => boolean) {
    this.isProxy = isProxy;
  }

  grow(value: unknown, parents: Parent): Tree {
    this.left--;
    switch (typeof value) {
      case "boolean":
        return value;
      case "number":
        return Number.isFinite(value) && !Object.is(value, -0) ? value : word("number", `${sign(value)}`);
      case "string":
        return value.length <= treeTextCharsMax
          ? value
          : { t: "text", n: value.length, v: value.slice(0, treeTextCharsMax).toWellFormed() };
      case "bigint":
        return word("bigint", short(`${value}n`));
      case "object":
        return value === null ? null : this.object(value, parents);
      default:
        return word(typeof value, typeof value);
    }
  }

  private object(o: object, parents: Parent): Tree {
    if (this.isProxy(o)) return word("object", "proxy");
    if (parents.has(o)) return word("object", "seen above");
    if (parents.size >= depthMax) return word("object", "too deep");
    const inner = new Set(parents).add(o);
    const c = classOf(o);
    if (Array.isArray(o)) return this.list(c, o.length, indexed(o), inner);
    if (o instanceof Map) return this.map(c, sizeOf(Map.prototype, o), Map.prototype.entries.call(o), inner);
    if (o instanceof Set) return this.list(c, sizeOf(Set.prototype, o), Set.prototype.values.call(o), inner);
    if (o instanceof Date) {
      const at = Date.prototype.getTime.call(o);
      return word("date", Number.isNaN(at) ? "Invalid Date" : new Date(at).toISOString());
    }
    if (ArrayBuffer.isView(o)) return bytes(c, new Uint8Array(o.buffer, o.byteOffset, o.byteLength));
    if (o instanceof ArrayBuffer) return bytes(c, new Uint8Array(o));
    return this.fields(c, o, inner);
  }

  private get isFull(): boolean {
    return this.left <= 0;
  }

  private list(c: string, n: number, items: Iterable<unknown>, parents: Parent): Tree {
    const e: Tree[] = [];
    for (const item of items) {
      if (this.isFull || e.length >= treeChildrenMax) break;
      e.push(this.grow(item, parents));
    }
    return { t: "list", c, n, e };
  }

  private map(c: string, n: number, items: Iterable<readonly [unknown, unknown]>, parents: Parent): Tree {
    const e: (readonly [Tree, Tree])[] = [];
    for (const [key, value] of items) {
      if (this.isFull || e.length >= treeChildrenMax) break;
      e.push([this.grow(key, parents), this.grow(value, parents)]);
    }
    return { t: "map", c, n, e };
  }

  private fields(c: string, o: object, parents: Parent): Tree {
    const names = Object.getOwnPropertyNames(o);
    const e: (readonly [string, Tree])[] = [];
    for (const name of names) {
      if (this.isFull || e.length >= treeChildrenMax) break;
      const found = Object.getOwnPropertyDescriptor(o, name);
      if (found === undefined) continue;
      e.push([
        short(name),
        "value" in found ? this.grow(found.value, parents) : word("accessor", "accessor"),
      ]);
    }
    return { t: "object", c, n: names.length, e };
  }
}

function* indexed(array: readonly unknown[]): Iterable<unknown> {
  // A subclass may have an iterator of its own.
  for (let i = 0; i < array.length; i++) yield Object.getOwnPropertyDescriptor(array, i)?.value;
}

function word(k: string, v: string): Tree {
  return { t: "word", k, v };
}

function sign(n: number): string {
  return Object.is(n, -0) ? "-0" : String(n);
}

function short(text: string): string {
  return text.length <= treeTextCharsMax ? text : `${text.slice(0, treeTextCharsMax)}…`;
}

function bytes(c: string, all: Uint8Array): Tree {
  return { t: "bytes", c, n: all.length, v: hexOf(all.subarray(0, treeBytesMax)) };
}

function sizeOf(prototype: object, o: object): number {
  return Object.getOwnPropertyDescriptor(prototype, "size")?.get?.call(o) as number;
}

/** "" for a plain object. */
function classOf(o: object): string {
  const prototype: unknown = Object.getPrototypeOf(o);
  if (typeof prototype !== "object" || prototype === null || prototype === Object.prototype) return "";
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  if (typeof made !== "function") return "";
  const name: unknown = Object.getOwnPropertyDescriptor(made, "name")?.value;
  return typeof name === "string" ? short(name) : "";
}
