/**
 * The state of one object as a table of plain values, for programs that watch it: small to read and to write, where
 * snapshots (graph-writer.ts) are made for large states and for every kind of property. All that can be reached from
 * the object is numbered in the order in which it is met, breadth first; the object itself is 0. A row is
 *
 *   [kind + what may be done to it, class, n, n items of content, then names and values of own properties]
 *
 * A value is itself, or [number of an object]; [] is the hole of an array. A class is a place in `natives`, a name, or
 * null for objects without a prototype; "" is the class of the object itself. A name is a text, or [text, attributes].
 * A class with `toSnapshot` tells its state: that is the only content then.
 */
import type { Constructor } from "./registry.ts";
import { surround } from "./surround.ts";

export type Table = readonly (readonly unknown[])[];

/** The classes of users and of concoord whose instances may be in the state. */
export interface ClassNames {
  /** @throws Error saying why instances of the class cannot be told */
  nameOf(prototype: object): string;
  /** @throws Error when there is none */
  named(name: string): Constructor;
}

const kinds = {
  object: 0,
  array: 1,
  map: 2,
  set: 3,
  date: 4,
  regexp: 5,
  error: 6,
  buffer: 7,
  view: 8,
  told: 9,
};
/** The kind is below; the rest is what may still be done to the object: all, not adding, only writing, nothing. */
const kindEnd = 16;
const closings = [(o: object) => o, Object.preventExtensions, Object.seal, Object.freeze];
const usual = 7;

/** The first ones by kind. Part of the format: the places stay. */
const natives: readonly Constructor[] = [
  ...[Object, Array, Map, Set, Date, RegExp, Error, ArrayBuffer, DataView],
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
  ...[EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError],
];

function kindOf(o: object): number {
  if (Array.isArray(o)) return kinds.array;
  if (ArrayBuffer.isView(o)) return kinds.view;
  for (let kind = kinds.map; kind <= kinds.buffer; kind++)
    if (o instanceof (natives[kind] as Constructor)) return kind;
  return kinds.object;
}

/** In which code of users runs for tables: it must ask for nothing that is agreed. */
const nowhere = { slot: 0, wall: 0, logTime: 0, seed: 0 };

/** @throws Error saying what in the state cannot be told */
export function tableOf(object: object, names: ClassNames): Table {
  return surround(nowhere, () => tell(object, names));
}

function tell(object: object, names: ClassNames): Table {
  const rows: unknown[][] = [];
  const met = new Map<object, number>();
  const objects: object[] = [];
  const value = (v: unknown): unknown => {
    if (typeof v === "function" || typeof v === "symbol") throw new Error(`a ${typeof v}`);
    if (typeof v !== "object" || v === null) return v;
    let id = met.get(v);
    if (id === undefined) {
      id = objects.push(v) - 1;
      met.set(v, id);
    }
    return [id];
  };
  value(object);
  // Objects are added while it goes on.
  for (const o of objects) rows.push(rowOf(o, rows.length === 0, names, value));
  return rows;
}

function rowOf(o: object, first: boolean, names: ClassNames, value: (v: unknown) => unknown): unknown[] {
  const prototype: object | null = Object.getPrototypeOf(o);
  const native = natives.findIndex((n) => n.prototype === prototype);
  const kind = kindOf(o);
  let named: unknown = native < 0 && prototype !== null ? names.nameOf(prototype) : native;
  if (prototype === null) named = null;
  if (first) named = "";
  const tell: unknown = native < 0 ? Reflect.get(o, "toSnapshot") : undefined;
  if (typeof tell === "function") return [kinds.told, named, 1, value(Reflect.apply(tell, o, []))];
  const content = contentOf(o, kind, value);
  const row = [kind + kindEnd * closingOf(o), named, content.length, ...content];
  if (Object.getOwnPropertySymbols(o).length > 0) throw new Error("a property named by a symbol");
  for (const name of ownNames(o, kind)) {
    const { writable, enumerable, configurable, value: v, get } = descriptor(o, name);
    if (get !== undefined || writable === undefined) throw new Error(`the getter or setter ${name}`);
    const attributes = Number(writable) + 2 * Number(enumerable) + 4 * Number(configurable);
    row.push(attributes === usual ? name : [name, attributes], value(v));
  }
  return row;
}

function closingOf(o: object): number {
  if (Object.isExtensible(o)) return 0;
  return Object.isFrozen(o) ? 3 : Object.isSealed(o) ? 2 : 1;
}

function descriptor(o: object, name: string): PropertyDescriptor {
  return Object.getOwnPropertyDescriptor(o, name) ?? {};
}

/** Arrays that are asked for properties beside their elements; with longer ones it would cost too much. */
const namedLengthMost = 1_000;

function ownNames(o: object, kind: number): readonly string[] {
  if (kind === kinds.buffer || kind === kinds.view) return [];
  if (Array.isArray(o)) {
    if (o.length > namedLengthMost) return [];
    return Object.keys(o).filter((name) => String(Number(name) >>> 0) !== name);
  }
  const names = Object.getOwnPropertyNames(o);
  const left = kind === kinds.error ? "stack" : kind === kinds.regexp ? "lastIndex" : null;
  return left === null ? names : names.filter((name) => name !== left);
}

function contentOf(o: object, kind: number, value: (v: unknown) => unknown): unknown[] {
  switch (kind) {
    case kinds.array:
      return Array.from(o as unknown[], (v, i) => (v === undefined && !Object.hasOwn(o, i) ? [] : value(v)));
    case kinds.map:
      return [...Map.prototype.entries.call(o as Map<unknown, unknown>)].flat().map(value);
    case kinds.set:
      return [...Set.prototype.values.call(o as Set<unknown>)].map(value);
    case kinds.date:
      return [(o as Date).getTime()];
    case kinds.regexp: {
      const { source, flags, lastIndex } = o as RegExp;
      return [source, flags, lastIndex];
    }
    case kinds.buffer:
      return [new Uint8Array(o as ArrayBuffer)];
    case kinds.view: {
      const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT = 1 } = o as Uint8Array;
      return [value(buffer), byteOffset, byteLength / BYTES_PER_ELEMENT];
    }
    default:
      return [];
  }
}

/**
 * The object that a table tells of, made anew.
 *
 * @param makeTop makes an empty object of the class; its fields come from the table
 * @throws Error when the table makes no sense, or a class is not known
 */
export function objectOf(table: Table, names: ClassNames, makeTop: () => object): object {
  return surround(nowhere, () => read(table, names, makeTop));
}

function read(table: Table, names: ClassNames, makeTop: () => object): object {
  const made: (object | undefined)[] = [];
  const filled: boolean[] = [];
  const value = (item: unknown): unknown => (Array.isArray(item) ? get(item[0]) : item);
  /** It may be empty yet. */
  const get = (id: number): object => {
    const object = made[id] ?? make(id, rowIn(table, id));
    made[id] = object;
    return object;
  };
  const make = (id: number, [of, named, , ...items]: readonly unknown[]): object => {
    const kind = Number(of) % kindEnd;
    if (kind === kinds.told) return back(items[0], classIn(names, named));
    if (id === 0) return makeTop();
    if (named === null) return Object.create(null);
    const ctor = classIn(names, named);
    if (kind === kinds.view) return Reflect.construct(ctor, [value(items[0]), items[1], items[2]]);
    return shellOf(kind, ctor, items);
  };
  const back = (item: unknown, ctor: Constructor): object => {
    const told = value(item);
    if (Array.isArray(item)) settle(item[0]);
    return Reflect.apply(Reflect.get(ctor, "fromSnapshot"), ctor, [told]);
  };
  /** Fills an object and all that can be reached from it; with a list of its own, so that no depth is too deep. */
  const settle = (from: number): void => {
    const left = [from];
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      if (filled[id]) continue;
      filled[id] = true;
      const row = rowIn(table, id);
      const object = get(id);
      if (row[0] !== kinds.told) fill(object, row, value);
      for (const item of row) if (Array.isArray(item) && typeof item[0] === "number") left.push(item[0]);
    }
  };
  settle(0);
  for (const [id, [of]] of table.entries()) closings[Math.floor(Number(of) / kindEnd)]?.(get(id));
  return get(0);
}

function rowIn(table: Table, id: number): readonly unknown[] {
  const row = table[id];
  if (row === undefined) throw new Error(`the state has no object ${id}`);
  return row;
}

function classIn(names: ClassNames, named: unknown): Constructor {
  return typeof named === "number" ? (natives[named] as Constructor) : names.named(String(named));
}

/** An object without what it holds, but for what cannot be added. */
function shellOf(kind: number, ctor: Constructor, items: readonly unknown[]): object {
  if (kind === kinds.object) return Object.create(ctor.prototype);
  if (kind === kinds.buffer) return (items[0] as Uint8Array).slice().buffer;
  const args = kind === kinds.date ? [items[0]] : kind === kinds.regexp ? [items[0], items[1]] : [];
  return Reflect.construct(natives[kind] as Constructor, args, ctor);
}

function fill(o: object, row: readonly unknown[], value: (item: unknown) => unknown): void {
  const kind = Number(row[0]) % kindEnd;
  const end = 3 + Number(row[2]);
  for (let i = 3; i < end; i++) {
    const item = row[i];
    if (kind === kinds.map) Map.prototype.set.call(o as never, value(item), value(row[++i]));
    else if (kind === kinds.set) Set.prototype.add.call(o as never, value(item));
    else if (kind === kinds.array && Array.isArray(item) && item.length === 0)
      (o as unknown[]).length = i - 2;
    else if (kind === kinds.array) (o as unknown[])[i - 3] = value(item);
  }
  if (kind === kinds.regexp) Reflect.set(o, "lastIndex", row[5]);
  for (let i = end; i < row.length; i += 2) define(o, row[i], value(row[i + 1]));
}

function define(o: object, name: unknown, value: unknown): void {
  const [text, attributes] = Array.isArray(name) ? name : [name, usual];
  const has = (bit: number) => (attributes & bit) !== 0;
  Object.defineProperty(o, text, { value, writable: has(1), enumerable: has(2), configurable: has(4) });
}
