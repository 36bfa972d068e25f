/** One level of the stack on which a graph is read: an object that was begun, and what of it is still to come. */
import { type Kind, kind } from "./builtins.ts";
import { bareClass, type KnownClass } from "./known-classes.ts";

const nothing = Object.freeze({});

export class ReadFrame {
  /** What comes next: elements and entries, or own properties, or what toSnapshot gave. */
  part: "content" | "properties" | "hook" = "content";
  kind: Kind = kind.object;
  known: KnownClass = bareClass;
  /** Its place among the objects. */
  id = 0;
  target: object = nothing;
  integrity = 0;
  hasProperties = false;
  /** Elements, entries or properties that are there, and how many there are to be. */
  at = 0;
  count = 0;
  /** Of the property that was begun. */
  name = "";
  attributes: number | null = null;
  /** What waits: the key of an entry for its value, or what toSnapshot gave. */
  waiting: unknown = undefined;
  waits = false;

  /** @param target null when only its class can make it */
  begin(id: number, target: object | null, known: KnownClass): void {
    this.part = target === null ? "hook" : "content";
    this.kind = known.kind;
    this.known = known;
    this.id = id;
    this.target = target ?? nothing;
    this.at = 0;
    this.count = 0;
    this.waits = false;
  }

  wait(value: unknown): void {
    this.waiting = value;
    this.waits = true;
  }
}
