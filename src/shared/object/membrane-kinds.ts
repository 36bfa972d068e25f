/**
 * The built-in objects whose methods work on nothing but the real one (maps, sets, dates, bytes): which of their
 * members only read, and what a read-only proxy of the object answers instead. A member that is not listed fails on
 * the proxy with a TypeError.
 */
import { views } from "./builtins.ts";

/** What the members need of the membrane around the object. */
export interface Guard {
  wrap(value: unknown): unknown;
  mutated(what: string): never;
  unfit(what: string): never;
}

/** What a proxy has under one name. `raw` is of the kind that the member is listed for. */
export type Member = (raw: object, guard: Guard, proxy: unknown) => unknown;
type Key = string | symbol;

export type Kind =
  | { readonly members: ReadonlyMap<Key, Member>; readonly copy?: undefined }
  /** A copy instead of a proxy: cheap, and the platform takes it for the real thing. */
  | { readonly copy: (raw: object, guard: Guard) => object };

/** Under this key a proxy answers with what it stands for. */
export const rawKey = Symbol("raw");

/** What a proxy stands for; anything else is itself. */
export function rawOf(value: unknown): unknown {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return value;
  return Reflect.get(value, rawKey) ?? value;
}

function writes(name: string): Member {
  return (_raw, guard) => () => guard.mutated(name);
}

/** Asking for it tells of a use that a proxy cannot stand for. */
function unfit(what: string): Member {
  return (_raw, guard) => guard.unfit(what);
}

const value =
  (key: string): Member =>
  (raw, guard) =>
    guard.wrap(Reflect.get(raw, key, raw));

/** A method whose arguments and results are no part of the state, but for callbacks that are handed the object. */
function reads(name: string): Member {
  return (raw, _guard, proxy) =>
    (...args: unknown[]) =>
      Reflect.apply(
        Reflect.get(raw, name),
        raw,
        args.map((arg) => (isCallback(arg) ? shielding(arg, raw, proxy) : arg)),
      );
}

type Callback = (this: unknown, ...args: unknown[]) => unknown;

function isCallback(value: unknown): value is Callback {
  return typeof value === "function";
}

/** `callback`, which sees the proxy where it would see the object. */
function shielding(callback: Callback, raw: object, proxy: unknown): Callback {
  return function (...args) {
    return Reflect.apply(
      callback,
      this,
      args.map((arg) => (arg === raw ? proxy : arg)),
    );
  };
}

/** Names that are treated alike. */
type Group = readonly [readonly Key[], (name: string) => Member];

function membersOf(...groups: readonly Group[]): ReadonlyMap<Key, Member> {
  return new Map(groups.flatMap(([keys, member]) => keys.map((key) => [key, member(String(key))] as const)));
}

type Entries = Iterable<readonly [unknown, unknown]>;

/** Both of maps and of sets: pairs, of which a set has the same twice. */
function pairs(raw: object): Entries {
  return (raw as ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>).entries();
}

type Pick = (key: unknown, value: unknown) => unknown;

function iterates(pick: Pick): () => Member {
  return () => (raw, guard) =>
    function* () {
      for (const [k, v] of pairs(raw)) yield pick(guard.wrap(k), guard.wrap(v));
    };
}

const both: Pick = (k, v) => [k, v];
const second: Pick = (_k, v) => v;

const forEach: Member = (raw, guard, proxy) => (callback: Callback, self?: unknown) => {
  for (const [k, v] of pairs(raw)) Reflect.apply(callback, self, [guard.wrap(v), guard.wrap(k), proxy]);
};

const finds = (name: string): Member => {
  return (raw, guard) => (key: unknown) =>
    guard.wrap(Reflect.apply(Reflect.get(raw, name), raw, [rawOf(key)]));
};

/** Makes or compares sets: done with a copy, whose items are proxies. */
const compares = (name: string): Member => {
  return (raw, guard) =>
    (...args: unknown[]) => {
      const copy = new Set([...(raw as ReadonlySet<unknown>)].map((item) => guard.wrap(item)));
      return Reflect.apply(Reflect.get(copy, name), copy, args);
    };
};

const collection: readonly Group[] = [
  [["size"], value],
  [["get", "has"], finds],
  [["forEach"], () => forEach],
  [["keys"], iterates((k) => k)],
  [["values"], iterates(second)],
  [["entries"], iterates(both)],
  [["set", "add", "delete", "clear", "getOrInsert", "getOrInsertComputed"], writes],
];

const map = membersOf(...collection, [[Symbol.iterator], iterates(both)]);

const comparisons = ["union", "intersection", "difference", "symmetricDifference"];
const relations = ["isSubsetOf", "isSupersetOf", "isDisjointFrom"];
const set = membersOf(
  ...collection,
  [[Symbol.iterator], iterates(second)],
  [[...comparisons, ...relations], compares],
);

const order = [
  "at",
  "entries",
  "every",
  "filter",
  "find",
  "findIndex",
  "findLast",
  "findLastIndex",
  "forEach",
];
const looks = ["includes", "indexOf", "join", "keys", "lastIndexOf", "map", "reduce", "reduceRight", "slice"];
const makes = ["some", "toLocaleString", "toReversed", "toSorted", "toString", "values", "with"];
const texts = ["toBase64", "toHex"];
const numbers = membersOf(
  [[...order, ...looks, ...makes, ...texts], reads],
  [[Symbol.iterator], () => reads("values")],
  [["length", "byteLength", "byteOffset", "buffer"], value],
  [[Symbol.toStringTag], () => (raw) => Reflect.get(raw, Symbol.toStringTag, raw)],
  // It shares the bytes.
  [
    ["subarray"],
    () =>
      (raw, guard) =>
      (...args: unknown[]) =>
        guard.wrap(subarray(raw, args)),
  ],
  [["set", "fill", "sort", "reverse", "copyWithin", "setFromBase64", "setFromHex"], writes],
);

function subarray(raw: object, args: readonly unknown[]): unknown {
  return Reflect.apply(Reflect.get(raw, "subarray"), raw, args);
}

const buffer = membersOf(
  [["slice"], reads],
  [["byteLength", "maxByteLength", "resizable", "detached"], value],
  [["resize", "transfer", "transferToFixedLength"], writes],
  // Typed arrays ask for it when they are made of something that is no buffer.
  [[Symbol.iterator], () => unfit("look at a buffer through a new typed array")],
);

const viewNames = Object.getOwnPropertyNames(DataView.prototype);
const view = membersOf(
  [viewNames.filter((name) => name.startsWith("get")), reads],
  [viewNames.filter((name) => name.startsWith("set")), writes],
  [["byteLength", "byteOffset", "buffer"], value],
);

const guardKey = Symbol("guard");

/** A date that refuses to be changed, since it would not be the one of the state. */
class ReadOnlyDate extends Date {
  constructor(time: number, guard: Guard) {
    super(time);
    Object.defineProperty(this, guardKey, { value: guard });
  }
}
for (const name of Object.getOwnPropertyNames(Date.prototype)) {
  if (!name.startsWith("set")) continue;
  const refuse = function (this: { readonly [guardKey]: Guard }): never {
    return this[guardKey].mutated(name);
  };
  Object.defineProperty(ReadOnlyDate.prototype, name, { value: refuse });
}
Object.defineProperty(ReadOnlyDate.prototype, "constructor", { value: Date });

function copyDate(raw: object, guard: Guard): object {
  return new ReadOnlyDate(Date.prototype.getTime.call(raw), guard);
}

/** It is copied; but one that keeps its place would move on in the copy alone. */
function copyPattern(raw: object, guard: Guard): object {
  const pattern = new RegExp(raw as RegExp);
  return pattern.global || pattern.sticky ? guard.unfit("use an expression that keeps its place") : pattern;
}

/** By prototype: a class that extends one of these has methods of its own, which only the real object can run. */
const kinds: ReadonlyMap<object, Kind> = new Map<object, Kind>([
  [Map.prototype, { members: map }],
  [Set.prototype, { members: set }],
  [Date.prototype, { copy: copyDate }],
  [RegExp.prototype, { copy: copyPattern }],
  [ArrayBuffer.prototype, { members: buffer }],
  ...views.map(({ ctor }): [object, Kind] => [
    ctor.prototype,
    { members: ctor === DataView ? view : numbers },
  ]),
]);

/** Null for plain objects, lists and instances of classes. */
export function kindOf(raw: object): Kind | null {
  const prototype: unknown = Object.getPrototypeOf(raw);
  return typeof prototype === "object" && prototype !== null ? (kinds.get(prototype) ?? null) : null;
}
