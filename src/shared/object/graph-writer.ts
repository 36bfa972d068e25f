/**
 * Writes all that one object of the cluster holds: values as they are, cycles and shared parts as such. Depth first,
 * with a stack of its own, so that no depth is too deep and a large state can be written piece by piece.
 *
 * What a graph cannot hold is a problem that names the path; then what was written means nothing.
 */
import { entriesOf, kind, membersOf, views } from "./builtins.ts";
import type { ByteSink } from "./byte-sink.ts";
import { flag, tag, usualAttributes } from "./graph-format.ts";
import { describeStranger, type KnownClass, type KnownClasses } from "./known-classes.ts";
import { MetObjects } from "./met-objects.ts";
import { attributesOf, integrityOf, namesOf, nextElement, stableBytes } from "./own-properties.ts";
import { ScalarWriter } from "./scalar-writer.ts";
import { writeContent } from "./write-content.ts";
import { WriteFrame } from "./write-frame.ts";

export interface GraphEvents {
  /** What cannot be taken, and its path from the object on: `.list[3]`; empty for the object itself. */
  problem(path: string, what: string): void;
  /** A toSnapshot is called next. */
  hook(): void;
}

export class GraphWriter {
  private readonly sink: ByteSink;
  private readonly events: GraphEvents;
  private readonly scalars: ScalarWriter;
  private classes: KnownClasses | null = null;
  private isProxy: (value: object) => boolean = () => false;
  private readonly met = new MetObjects();
  /** One for each level; those above `depth` wait to be used again. */
  private readonly frames: WriteFrame[] = [];
  private depth = -1;
  /** Objects whose toSnapshot was called and is being written: nothing in it may refer to them. */
  private readonly telling = new Set<object>();

  constructor(sink: ByteSink, events: GraphEvents) {
    this.sink = sink;
    this.events = events;
    this.scalars = new ScalarWriter(sink);
  }

  /** Begins an object of the cluster; `run` writes it. */
  begin(object: object, classes: KnownClasses, isProxy: (value: object) => boolean): void {
    this.classes = classes;
    this.isProxy = isProxy;
    this.met.clear();
    this.scalars.reset();
    this.guarded(() => {
      this.met.add(object);
      if (isProxy(object)) this.refuse("is a proxy");
      else if (Object.getPrototypeOf(object) === classes.top.prototype) this.open(object, classes.top);
      else this.refuse("is not of its class any more");
    });
  }

  /** Goes on. @returns true when the object is written, false when a chunk is full */
  run(): boolean {
    this.guarded(() => {
      while (this.depth >= 0 && !this.sink.ready) this.advance(this.frames[this.depth] as WriteFrame);
    });
    return this.depth < 0;
  }

  /** Objects may be such that looking at them throws. */
  private guarded(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.events.problem(this.path(), `cannot be read: ${messageOf(error)}`);
      while (this.depth >= 0) this.pop();
      this.telling.clear();
    }
  }

  private path(): string {
    return this.frames
      .slice(0, this.depth + 1)
      .map((frame) => frame.step())
      .join("");
  }

  private refuse(what: string): false {
    this.events.problem(this.path(), what);
    this.sink.byte(tag.undefined);
    return false;
  }

  private push(object: object, known: KnownClass, part: WriteFrame["part"]): WriteFrame {
    this.depth++;
    const frame = this.frames[this.depth] ?? new WriteFrame();
    this.frames[this.depth] = frame;
    frame.begin(object, known.kind, part);
    return frame;
  }

  private pop(): void {
    (this.frames[this.depth--] as WriteFrame).clear();
  }

  private advance(frame: WriteFrame): void {
    if (frame.part === "properties") this.properties(frame);
    else if (frame.part === "hook") this.told(frame);
    else if (frame.kind === kind.array) this.elements(frame);
    else this.entries(frame);
  }

  /** @returns true when the value is an object that was begun: it comes before all else */
  private value(v: unknown): boolean {
    switch (typeof v) {
      case "string":
        this.scalars.text(v);
        return false;
      case "number":
        this.scalars.number(v);
        return false;
      case "object":
        if (v !== null) return this.reference(v);
        this.sink.byte(tag.null);
        return false;
      case "boolean":
        this.sink.byte(v ? tag.true : tag.false);
        return false;
      case "undefined":
        this.sink.byte(tag.undefined);
        return false;
      case "bigint":
        return this.scalars.bigint(v) ? false : this.refuse("is a bigint that is too large");
      default:
        return this.refuse(`is a ${typeof v}`);
    }
  }

  private reference(o: object): boolean {
    if (!this.met.add(o)) return this.again(o);
    if (this.isProxy(o)) return this.refuse("is a proxy");
    const prototype: object | null = Object.getPrototypeOf(o);
    const known = this.classes?.find(prototype);
    if (known !== undefined) return this.open(o, known);
    if (prototype === ArrayBuffer.prototype) return this.buffer(o, o);
    const view = views.findIndex(({ ctor }) => ctor.prototype === prototype);
    return view >= 0 || prototype === null ? this.view(o, view) : this.refuse(describeStranger(prototype));
  }

  /** An object that was met before. */
  private again(o: object): false {
    if (this.telling.has(o)) return this.refuse("is the object itself, which toSnapshot must not give");
    this.scalars.tagged(tag.ref, this.met.idOf(o));
    return false;
  }

  private open(o: object, known: KnownClass): boolean {
    if (known.problem !== null) return this.refuse(`is of ${known.problem}`);
    if (known.hooked) return this.tell(o, known);
    const [symbol] = Object.getOwnPropertySymbols(o);
    if (symbol !== undefined) return this.refuse(`has a property named by a symbol: ${String(symbol)}`);
    const names = namesOf(o, known.kind);
    const integrity = integrityOf(o);
    const classed = known.name === "" ? 0 : flag.classed;
    const bare = known.prototype === null ? flag.bare : 0;
    this.sink.byte(tag.object + known.kind);
    this.sink.byte(integrity | classed | bare | (names.length > 0 ? flag.properties : 0));
    if (classed !== 0) this.scalars.name(known.name, false);
    const entries = writeContent(this.sink, this.scalars, o, known.kind);
    if (!entries && names.length === 0) return false;
    const frame = this.push(o, known, "content");
    frame.names = names;
    frame.integrity = integrity;
    if (!entries) this.beginProperties(frame);
    else if (known.kind === kind.map) frame.entries = entriesOf(o);
    else if (known.kind === kind.set) frame.entries = membersOf(o);
    return true;
  }

  private elements(frame: WriteFrame): void {
    const array = frame.object as readonly unknown[];
    while (frame.at < array.length) {
      if (this.sink.ready) return;
      const i = frame.at;
      const v = array[i];
      if (v === undefined && !Object.hasOwn(array, i)) {
        frame.at = nextElement(array, i, frame);
        this.scalars.tagged(tag.holes, frame.at - i);
        continue;
      }
      frame.at = i + 1;
      if (this.value(v)) return;
    }
    this.beginProperties(frame);
  }

  private entries(frame: WriteFrame): void {
    const isMap = frame.kind === kind.map;
    for (;;) {
      if (frame.waits) {
        const value = frame.waiting;
        frame.waits = false;
        frame.waiting = undefined;
        if (this.value(value)) return;
      }
      if (this.sink.ready) return;
      const next = frame.entries?.next();
      if (next === undefined || next.done === true) return this.beginProperties(frame);
      frame.at++;
      if (!isMap) {
        if (this.value(next.value)) return;
        continue;
      }
      const [key, value] = next.value as [unknown, unknown];
      frame.key = key;
      frame.waits = true;
      frame.waiting = value;
      if (this.value(key)) return;
    }
  }

  private beginProperties(frame: WriteFrame): void {
    if (frame.names.length === 0) return this.pop();
    this.sink.count(frame.names.length);
    frame.part = "properties";
    frame.at = 0;
  }

  private properties(frame: WriteFrame): void {
    const { object, names } = frame;
    const usual = usualAttributes[frame.integrity];
    while (frame.at < names.length) {
      if (this.sink.ready) return;
      const name = names[frame.at++] as string;
      const property = Object.getOwnPropertyDescriptor(object, name);
      const attributes = attributesOf(property);
      const marked = attributes !== usual;
      this.scalars.name(name, marked);
      if (marked) this.sink.byte(attributes);
      if (property === undefined || property.writable === undefined) this.refuse("is a getter or a setter");
      else if (this.value(property.value)) return;
    }
    this.pop();
  }

  /** The object's class tells its state. */
  private tell(o: object, known: KnownClass): boolean {
    this.sink.byte(tag.hooked);
    this.scalars.name(known.name, false);
    const frame = this.push(o, known, "hook");
    this.telling.add(o);
    this.events.hook();
    frame.waiting = Reflect.apply(Reflect.get(o, "toSnapshot"), o, []);
    frame.waits = true;
    return true;
  }

  private told(frame: WriteFrame): void {
    if (frame.waits) {
      frame.waits = false;
      if (this.value(frame.waiting)) return;
    }
    this.telling.delete(frame.object);
    this.pop();
  }

  private view(o: object, index: number): boolean {
    const { buffer, byteOffset, byteLength } = o as ArrayBufferView;
    this.sink.byte(tag.view);
    this.sink.byte(index);
    this.sink.count(byteOffset);
    this.sink.count(byteLength);
    return this.met.add(buffer) ? this.buffer(buffer, o) : this.again(buffer);
  }

  /** @param seen the buffer, or the view through which it is met first */
  private buffer(buffer: object, seen: object): boolean {
    const bytes = stableBytes(buffer, seen);
    if (bytes === null) return this.refuse("has a buffer that is shared, resizable or detached");
    this.sink.byte(tag.buffer);
    this.sink.bytes(bytes);
    return false;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "it throws";
}
