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
import { isObject } from "./is-object.ts";
import type { Constructor } from "./registry.ts";
import { nowhere, surround } from "./surround.ts";
import {
  arrayKind,
  bufferKind,
  dateKind,
  errorKind,
  kindEnd,
  mapKind,
  natives,
  objectKind,
  regexpKind,
  setKind,
  toldKind,
  usual,
  viewKind,
} from "./table-kinds.ts";

export type Table = readonly (readonly unknown[])[];

/** The name of a class of users or of concoord. @throws Error saying why its instances cannot be told */
export type NameOf = (prototype: object) => string;
/** The class of a name. @throws Error when there is none */
export type Named = (name: string) => Constructor;

/** What may still be done to an object. */
const closings = [null, Object.preventExtensions, Object.seal, Object.freeze];

type Tell = (value: unknown) => unknown;

/** @throws Error saying what in the state cannot be told */
export function tableOf(object: object, nameOf: NameOf): Table {
  return surround(nowhere, () => tell(object, nameOf));
}

function tell(object: object, nameOf: NameOf): Table {
  const rows: unknown[][] = [];
  const met = new Map<object, number>();
  const value: Tell = (v) => {
    if (typeof v === "function" || typeof v === "symbol") throw new Error(`a ${typeof v}`);
    if (!isObject(v)) return v;
    const id = met.get(v) ?? met.size;
    met.set(v, id);
    return [id];
  };
  value(object);
  // More are met while it goes on.
  for (const [o, id] of met) rows.push(rowOf(o, id === 0, nameOf, value));
  return rows;
}

function rowOf(o: object, first: boolean, nameOf: NameOf, value: Tell): unknown[] {
  const prototype: object | null = Object.getPrototypeOf(o);
  const native = natives.findIndex((n) => n.prototype === prototype);
  const named = first ? "" : prototype === null ? null : native < 0 ? nameOf(prototype) : native;
  const tell: unknown = native < 0 ? Reflect.get(o, "toSnapshot") : undefined;
  if (typeof tell === "function") return [toldKind, named, 1, value(Reflect.apply(tell, o, []))];
  const kind = kindOf(o);
  const content = contentOf(o, kind, value);
  const closing = Object.isFrozen(o) ? 3 : Object.isSealed(o) ? 2 : Object.isExtensible(o) ? 0 : 1;
  const row = [kind + kindEnd * closing, named, content.length, ...content];
  if (Object.getOwnPropertySymbols(o).length > 0) throw new Error("a property named by a symbol");
  for (const name of ownNames(o, kind)) {
    const property = Object.getOwnPropertyDescriptor(o, name) as PropertyDescriptor;
    const { writable, enumerable, configurable } = property;
    if (writable === undefined) throw new Error(`the getter or setter ${name}`);
    const attributes = Number(writable) + 2 * Number(enumerable) + 4 * Number(configurable);
    row.push(attributes === usual ? name : [name, attributes], value(property.value));
  }
  return row;
}

function kindOf(o: object): number {
  if (Array.isArray(o)) return arrayKind;
  if (ArrayBuffer.isView(o)) return viewKind;
  for (let kind = mapKind; kind <= bufferKind; kind++)
    if (o instanceof (natives[kind] as Constructor)) return kind;
  return objectKind;
}

function ownNames(o: object, kind: number): readonly string[] {
  if (kind === bufferKind || kind === viewKind) return [];
  if (Array.isArray(o)) {
    return Object.keys(o).filter((name) => String(Number(name) >>> 0) !== name);
  }
  const left = kind === errorKind ? "stack" : kind === regexpKind ? "lastIndex" : null;
  return Object.getOwnPropertyNames(o).filter((name) => name !== left);
}

function contentOf(o: object, kind: number, value: Tell): unknown[] {
  switch (kind) {
    case arrayKind:
      return Array.from(o as unknown[], (v, i) => (v === undefined && !Object.hasOwn(o, i) ? [] : value(v)));
    case mapKind:
      return [...Map.prototype.entries.call(o as Map<unknown, unknown>)].flat().map(value);
    case setKind:
      return [...Set.prototype.values.call(o as Set<unknown>)].map(value);
    case regexpKind: {
      const { source, flags, lastIndex } = o as RegExp;
      return [source, flags, lastIndex];
    }
    case dateKind:
    case bufferKind:
      return [o];
    case viewKind: {
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
export function objectOf(table: Table, named: Named, makeTop: () => object): object {
  return surround(nowhere, () => read(table, named, makeTop));
}

function read(table: Table, named: Named, makeTop: () => object): object {
  const made: (object | undefined)[] = [];
  const filled = new Set<number>();
  const row = (id: number): readonly unknown[] => table[id] ?? [];
  const value = (item: unknown): unknown => (Array.isArray(item) ? get(item[0]) : item);
  /** It may be empty yet. */
  const get = (id: number): object => {
    const object = made[id] ?? make(id, row(id));
    made[id] = object;
    return object;
  };
  const make = (id: number, [of, name, n, ...items]: readonly unknown[]): object => {
    const kind = Number(of) % kindEnd;
    if (id === 0 && kind !== toldKind) return makeTop();
    if (name === null) return Object.create(null);
    const ctor = typeof name === "number" ? (natives[name] as Constructor) : named(String(name));
    if (kind === toldKind) return back(items[0], ctor);
    if (kind === bufferKind) return (items[0] as ArrayBuffer).slice();
    const native = kind === viewKind ? ctor : (natives[kind] as Constructor);
    const args = kind < dateKind ? [] : items.slice(0, Number(n)).map(value);
    return Reflect.construct(native, args, ctor);
  };
  const back = (item: unknown, ctor: Constructor): object => {
    const told = value(item);
    if (Array.isArray(item)) settle(item[0]);
    return Reflect.apply(Reflect.get(ctor, "fromSnapshot"), ctor, [told]);
  };
  /** Fills an object and all that can be reached from it; with a list of its own, so that no depth is too deep. */
  const settle = (from: number): void => {
    const left = new Set([from]);
    // More are added while it goes on.
    for (const id of left) {
      if (filled.has(id)) continue;
      filled.add(id);
      const object = get(id);
      if (row(id)[0] !== toldKind) fill(object, row(id), value);
      for (const item of row(id)) if (Array.isArray(item) && typeof item[0] === "number") left.add(item[0]);
    }
  };
  settle(0);
  for (const [id, [of]] of table.entries()) closings[Math.floor(Number(of) / kindEnd)]?.(get(id));
  return get(0);
}

function fill(o: object, row: readonly unknown[], value: Tell): void {
  const kind = Number(row[0]) % kindEnd;
  const end = 3 + Number(row[2]);
  for (let i = 3; i < end; i++) {
    const item = row[i];
    if (kind === mapKind) Map.prototype.set.call(o as never, value(item), value(row[++i]));
    else if (kind === setKind) Set.prototype.add.call(o as never, value(item));
    else if (kind === arrayKind && Array.isArray(item) && item.length === 0) (o as unknown[]).length = i - 2;
    else if (kind === arrayKind) (o as unknown[])[i - 3] = value(item);
  }
  if (kind === regexpKind) Reflect.set(o, "lastIndex", row[5]);
  for (let i = end; i < row.length; i += 2) {
    const name = row[i];
    const [text, attributes] = Array.isArray(name) ? name : [name, usual];
    const has = (bit: number) => (attributes & bit) > 0;
    const allowed = { writable: has(1), enumerable: has(2), configurable: has(4) };
    Object.defineProperty(o, text, { value: value(row[i + 1]), ...allowed });
  }
}
