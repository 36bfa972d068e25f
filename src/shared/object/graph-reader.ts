/**
 * Reads what graph-writer.ts wrote, with a stack of its own. Everything is checked, since the bytes may come from
 * another node: what comes out is what one of the known classes may hold, and its memory is in proportion to the
 * bytes. Code of users runs only in `new Class()` and `fromSnapshot`.
 */
import { bases, kind, views } from "./builtins.ts";
import type { ByteSource } from "./byte-source.ts";
import { flag, tag } from "./graph-format.ts";
import { bareClass, type KnownClass, type KnownClasses, plainClasses } from "./known-classes.ts";
import { ReadFrame } from "./read-frame.ts";
import {
  addMember,
  applyIntegrity,
  emptied,
  hasEntries,
  leaveHoles,
  makeEmpty,
  running,
  setEntry,
  setProperty,
} from "./revive.ts";
import { ScalarReader } from "./scalar-reader.ts";

/** What `value` gives when the value is an object of which more is to come. */
const begun = Symbol("begun");

/** The longest array of the language. */
const arrayLengthMost = 2 ** 32 - 1;

export class GraphReader {
  private readonly source: ByteSource;
  private readonly scalars: ScalarReader;
  private readonly classes: KnownClasses;
  private readonly hook: () => void;
  /** By id; undefined while it is not there yet. */
  private readonly objects: (object | undefined)[] = [];
  /** One for each level; those above `depth` wait to be used again. */
  private readonly frames: ReadFrame[] = [];
  private depth = -1;

  /** @param hook is called before code of users runs */
  constructor(source: ByteSource, classes: KnownClasses, hook: () => void) {
    this.source = source;
    this.classes = classes;
    this.hook = hook;
    this.scalars = new ScalarReader(source);
  }

  /** Reads one object of the cluster. @throws BadSnapshot, and what the language throws at nonsense */
  read(): object {
    const object = this.readGraph();
    const { top } = this.classes;
    return object !== undefined && Object.getPrototypeOf(object) === top.prototype
      ? object
      : this.source.bad(`an object that is no ${top.name}`);
  }

  /** @returns the object with which it begins */
  protected readGraph(): object | undefined {
    this.value(this.source.byte());
    while (this.depth >= 0) {
      const frame = this.frames[this.depth] as ReadFrame;
      if (!this.advance(frame)) continue;
      const whole = this.end(frame);
      this.depth--;
      if (this.depth >= 0) this.deliver(this.frames[this.depth] as ReadFrame, whole);
    }
    return this.objects[0];
  }

  private push(id: number, target: object | null, known: KnownClass): ReadFrame {
    this.depth++;
    const frame = this.frames[this.depth] ?? new ReadFrame();
    this.frames[this.depth] = frame;
    frame.begin(id, target, known);
    return frame;
  }

  /** The value that begins with the byte `of`. */
  private value(of: number): unknown {
    if (of < tag.ref) return this.scalars.value(of);
    switch (of) {
      case tag.ref:
        return this.objects[this.source.count()] ?? this.source.bad("an object that was not given before");
      case tag.buffer:
        return this.buffer();
      case tag.view:
        return this.view();
      case tag.hooked: {
        const known = this.hookedClass(this.scalars.name(), this.objects.length === 0);
        this.push(this.objects.push(undefined) - 1, null, known);
        return begun;
      }
      default:
        return this.begin(of - tag.object);
    }
  }

  private classNamed(name: string): KnownClass {
    const known = this.classes.named(name);
    if (known === undefined) this.source.bad(`a value of the class ${name}, which is not known here,`);
    return known.problem === null ? known : this.source.bad(`a value of ${known.problem}`);
  }

  /** @param first whether it is the class of the object itself */
  protected hookedClass(name: string, _first: boolean): KnownClass {
    const known = this.classNamed(name);
    return known.hooked ? known : this.source.bad(`a ${known.name}, which has no toSnapshot,`);
  }

  /** Begins an object of a kind: it exists at once, so that what it holds may refer to it. */
  private begin(of: number): unknown {
    const flags = this.source.byte();
    const plain = (flags & flag.bare) === 0 ? plainClasses[of] : bareClass;
    if (plain === undefined) this.source.bad(`an object of an unknown kind ${of}`);
    const first = this.objects.length === 0;
    const known = (flags & flag.classed) === 0 ? plain : this.classOf(this.scalars.name(), first);
    if (known.kind !== of || known.hooked) this.source.bad("an object of another kind than its class");
    const target = first ? this.makeTop(known) : this.make(known);
    const frame = this.push(this.objects.push(target) - 1, target, known);
    frame.integrity = flags & 3;
    frame.hasProperties = (flags & flag.properties) !== 0;
    if (hasEntries(known.kind)) frame.count = this.source.count(arrayLengthMost);
    return begun;
  }

  protected classOf(name: string, first: boolean): KnownClass {
    const { top } = this.classes;
    if (!first || name !== top.name) return this.classNamed(name);
    return top.problem === null ? top : this.source.bad(`an object of ${top.problem}`);
  }

  protected makeTop(known: KnownClass): object {
    const { ctor } = known;
    if (ctor === null || known !== this.classes.top) this.source.bad("an object of another class");
    this.hook();
    const made = running(`new ${known.name}()`, () => Reflect.construct(ctor, []));
    return emptied(made, known) ?? makeEmpty(known);
  }

  private make(known: KnownClass): object {
    const { source, scalars } = this;
    if (known.kind === kind.date) return bases.date([scalars.number(source.byte())], known.ctor);
    if (known.kind !== kind.regexp) return makeEmpty(known);
    const args = [source.text(), source.text()];
    const made = running("a regular expression", () => bases.regexp(args, known.ctor));
    Reflect.set(made, "lastIndex", scalars.number(source.byte()));
    return made;
  }

  private buffer(): ArrayBuffer {
    const { buffer } = this.source.bytes().slice();
    this.objects.push(buffer);
    return buffer;
  }

  private view(): object {
    const id = this.objects.push(undefined) - 1;
    const of = views[this.source.byte()];
    const offset = this.source.count();
    const length = this.source.count();
    const head = this.source.byte();
    const buffer = head === tag.ref || head === tag.buffer ? this.value(head) : null;
    if (of === undefined || !(buffer instanceof ArrayBuffer)) this.source.bad("a view onto no buffer");
    const { ctor, itemBytes } = of;
    if (offset % itemBytes !== 0 || length % itemBytes !== 0 || offset + length > buffer.byteLength)
      this.source.bad("a view beyond its buffer");
    const made = new ctor(buffer, offset, length / itemBytes);
    this.objects[id] = made;
    return made;
  }

  /** Reads on in an object. @returns false when a part of it was begun that comes before all else */
  private advance(frame: ReadFrame): boolean {
    if (frame.part === "hook") return frame.waits || this.part(frame);
    if (frame.part === "content") {
      while (frame.at < frame.count) if (!this.part(frame)) return false;
      frame.part = "properties";
      frame.at = 0;
      frame.count = frame.hasProperties ? this.source.count() : 0;
    }
    while (frame.at < frame.count) {
      frame.name = this.scalars.name();
      frame.attributes = this.scalars.marked ? this.source.byte() : null;
      if (!this.part(frame)) return false;
    }
    return true;
  }

  private part(frame: ReadFrame): boolean {
    const of = this.source.byte();
    if (of === tag.holes && frame.part === "content" && Array.isArray(frame.target)) {
      frame.at += this.source.count(frame.count - frame.at);
      leaveHoles(frame.target, frame.at);
      return true;
    }
    const value = this.value(of);
    if (value === begun) return false;
    this.deliver(frame, value);
    return true;
  }

  private deliver(frame: ReadFrame, value: unknown): void {
    const { part, target, known } = frame;
    if (part === "hook") return frame.wait(value);
    if (part === "properties") {
      setProperty(target, known, frame.name, frame.attributes, value);
    } else if (frame.kind === kind.map) {
      if (!frame.waits) return frame.wait(value);
      setEntry(target, frame.waiting, value);
      frame.waits = false;
    } else if (frame.kind === kind.set) addMember(target, value);
    else (target as unknown[])[frame.at] = value;
    frame.at++;
  }

  /** The object is whole. */
  protected end(frame: ReadFrame): object {
    if (frame.part === "hook") return this.toldBack(frame);
    applyIntegrity(frame.target, frame.integrity);
    return frame.target;
  }

  protected toldBack(frame: ReadFrame): object {
    const { ctor, name, prototype } = frame.known;
    this.hook();
    const made: unknown = running(`${name}.fromSnapshot`, () =>
      Reflect.apply(Reflect.get(ctor ?? frame, "fromSnapshot"), ctor, [frame.waiting]),
    );
    if (typeof made !== "object" || made === null || Object.getPrototypeOf(made) !== prototype)
      this.source.bad(`what ${name}.fromSnapshot gave is no ${name}, as it must be,`);
    this.objects[frame.id] = made;
    return made;
  }
}
