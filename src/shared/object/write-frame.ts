/** One level of the stack on which a graph is written: an object that was begun, and how far it is written. */
import { type Kind, kind } from "./builtins.ts";

const nothing = Object.freeze({});

export class WriteFrame {
  /** What comes next: elements and entries, or own properties, or what toSnapshot gave. */
  part: "content" | "properties" | "hook" = "content";
  kind: Kind = kind.object;
  object: object = nothing;
  /** Own properties beside the content. */
  names: readonly string[] = [];
  integrity = 0;
  /** Elements, entries or properties that were begun. */
  at = 0;
  /** Those of a Map or Set. */
  entries: Iterator<unknown> | null = null;
  /** Of a Map: the key of the entry that was begun. */
  key: unknown = undefined;
  /** What still waits: the value of the entry whose key is being written, or what toSnapshot gave. */
  waiting: unknown = undefined;
  waits = false;
  /** The names of the elements of an array that has large holes. */
  indexes: readonly string[] | null = null;

  begin(object: object, of: Kind, part: WriteFrame["part"]): void {
    this.object = object;
    this.kind = of;
    this.part = part;
    this.at = 0;
  }

  /** Lets go of what it held. */
  clear(): void {
    this.object = nothing;
    this.names = [];
    this.entries = null;
    this.indexes = null;
    this.key = undefined;
    this.waiting = undefined;
    this.waits = false;
  }

  /** How a path goes on from the object to the value that is being written: `.list`, `[3]`, `.get("x")`. */
  step(): string {
    const last = this.at - 1;
    if (this.part === "hook") return ".toSnapshot()";
    if (this.part === "properties") return propertyStep(this.names[last] ?? "");
    if (this.kind === kind.array) return `[${last}]`;
    if (this.waits) return `.keys()[${last}]`;
    const { key } = this;
    if (this.kind === kind.map && typeof key === "string") return `.get(${short(key)})`;
    if (this.kind === kind.map && typeof key === "number") return `.get(${key})`;
    return `.values()[${last}]`;
  }
}

function short(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}

function propertyStep(name: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? `.${name}` : `[${short(name)}]`;
}
