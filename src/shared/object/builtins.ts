/**
 * The classes of the language whose instances state may hold, as they are before any user's code runs: inside of
 * calls `Date` is another one.
 */
import type { Constructor } from "./registry.ts";

/** What an object is made of, beside its own properties. Part of the snapshot's format: the numbers stay. */
export const kind = { object: 0, array: 1, map: 2, set: 3, date: 4, regexp: 5, error: 6 } as const;
export type Kind = (typeof kind)[keyof typeof kind];

/** Makes an empty one of a kind; `newTarget` gives it its prototype, and its own constructor does not run. */
type Make = (args: readonly unknown[], newTarget: Constructor | null) => object;

function make(base: Constructor): Make {
  return (args, newTarget) => Reflect.construct(base, args, newTarget ?? base);
}

export const bases: Readonly<Record<Exclude<keyof typeof kind, "object">, Make>> = {
  array: make(Array),
  map: make(Map),
  set: make(Set),
  date: make(Date),
  regexp: make(RegExp),
  error: make(Error),
};

/** That of the agreed Date, too. */
export const datePrototype: object = Date.prototype;

export const errors: readonly Constructor[] = [
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
];

/** The kind that a class of the language gives to its instances; undefined for all that state may not hold. */
export const kinds: ReadonlyMap<unknown, Kind> = new Map<unknown, Kind>([
  [Object, kind.object],
  [Array, kind.array],
  [Map, kind.map],
  [Set, kind.set],
  [Date, kind.date],
  [RegExp, kind.regexp],
  [Error, kind.error],
  ...errors.map((error): [unknown, Kind] => [error, kind.error]),
]);

export type BufferView = {
  readonly buffer: unknown;
  readonly byteOffset: number;
  readonly byteLength: number;
};
type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => BufferView;

/** Views onto buffers, and the bytes of one item. Part of the snapshot's format: the places stay. */
export const views: readonly { readonly ctor: ViewConstructor; readonly itemBytes: number }[] = [
  { ctor: DataView, itemBytes: 1 },
  { ctor: Int8Array, itemBytes: 1 },
  { ctor: Uint8Array, itemBytes: 1 },
  { ctor: Uint8ClampedArray, itemBytes: 1 },
  { ctor: Int16Array, itemBytes: 2 },
  { ctor: Uint16Array, itemBytes: 2 },
  { ctor: Int32Array, itemBytes: 4 },
  { ctor: Uint32Array, itemBytes: 4 },
  { ctor: Float32Array, itemBytes: 4 },
  { ctor: Float64Array, itemBytes: 8 },
  { ctor: BigInt64Array, itemBytes: 8 },
  { ctor: BigUint64Array, itemBytes: 8 },
];

/** Milliseconds since 1970. @throws TypeError when `date` only looks like one */
export function millisOf(date: object): number {
  return Reflect.apply(Date.prototype.getTime, date, []);
}

/** @throws TypeError when `map` only looks like one */
export function entriesOf(map: object): MapIterator<[unknown, unknown]> {
  return Reflect.apply(Map.prototype.entries, map, []);
}

/** @throws TypeError when `set` only looks like one */
export function membersOf(set: object): SetIterator<unknown> {
  return Reflect.apply(Set.prototype.values, set, []);
}

function getter(owner: object, key: string): (this: unknown) => unknown {
  return Object.getOwnPropertyDescriptor(owner, key)?.get as (this: unknown) => unknown;
}

const mapSize = getter(Map.prototype, "size");
const setSize = getter(Set.prototype, "size");

/** @throws TypeError when `o` is neither a Map nor a Set */
export function sizeOf(o: object, of: Kind): number {
  return Number(Reflect.apply(of === kind.map ? mapSize : setSize, o, []));
}
