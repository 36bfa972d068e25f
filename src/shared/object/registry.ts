/** The classes that a node was given: which of their methods may be called, and which code they are. */
import { isName } from "./address.ts";
import { onCancel } from "./hooks.ts";
import { mask } from "./mask.ts";
import { lineage } from "./private-members.ts";
import { hookNames, lackingNames } from "./surface.ts";
import type { ClassInfo } from "./types.ts";

/** Raised when the same class and log would give another state than before; part of every fingerprint. */
export const objectCodeVersion = 3;

export type Constructor = new (...args: never) => object;
export type Method = (this: object, ...args: unknown[]) => unknown;
/** Hooks that hear of sessions and tickets. */
export type HookKey = "onSessionEnd" | "onDeadline" | typeof onCancel;
export const hookKeys: readonly HookKey[] = ["onSessionEnd", "onDeadline", onCancel];

/** What distinguishes versions of a class whose state differs in form. */
export type Version = number | string;

export interface ClassEntry {
  readonly name: string;
  readonly ctor: new (...args: unknown[]) => object;
  readonly methods: ReadonlySet<string>;
  /** The methods themselves, as the prototypes had them at load: a field of the same name changes nothing. */
  readonly functions: ReadonlyMap<string, Method>;
  /** What concoord itself calls on the objects. */
  readonly hooks: ReadonlyMap<HookKey, Method>;
  /** `static version`; 0 without one. */
  readonly version: Version;
  /** `static migrate`: makes the state of this version from that of another one. */
  readonly migrate: ((state: unknown, from: Version) => unknown) | null;
  /** What may be read without a log entry: the declared reads, none where private members forbid it. */
  readonly reads: readonly string[];
  /** SHA-256, hex, of the class's code. */
  readonly fingerprint: string;
  /** Where the class came from, for messages. */
  readonly source: string;
  /** By name: classes whose instances its objects may hold, as far as they are exported where it is defined. */
  readonly nested: ReadonlyMap<string, Constructor>;
  /** Whether programs may watch its objects: not with `static live = false`. */
  readonly live: boolean;
  /** Only the platform knows; where it does not tell, a proxy counts as what it shows. */
  readonly isProxy: (value: object) => boolean;
}

export type Registry = ReadonlyMap<string, ClassEntry>;

/** A class that cannot be served; the message says why, in one line, and names the class. */
export class ClassError extends Error {
  override readonly name = "ClassError";
}

const never = new Set<string>([...lackingNames, ...hookNames]);
/** With one of these, `await object` would call it. */
const refused = ["then", "catch", "finally"];
const asynchronous = ["AsyncFunction", "GeneratorFunction", "AsyncGeneratorFunction"];

function isMethod(value: unknown): value is Method {
  return typeof value === "function";
}

function kindOf(method: Method): string {
  return Object.prototype.toString.call(method).slice(8, -1);
}

function isAsynchronous(method: Method): boolean {
  return asynchronous.includes(kindOf(method));
}

/** All that is known of a constructor at load is that `new` works on it: the cast is checked by the loader. */
function asConstructor(ctor: Constructor): ClassEntry["ctor"] {
  return ctor as ClassEntry["ctor"];
}

/** The name under which a class is registered: `static name`, else the name in its source. @throws ClassError */
export function classNameOf(ctor: Constructor): string {
  const name: unknown = Reflect.get(ctor, "name");
  if (typeof name !== "string" || name === "" || name === "default")
    throw new ClassError('a class without a name cannot be served: name it, or give it static name = "Name"');
  if (!isName(name) || name.includes("/"))
    throw new ClassError(`class name ${JSON.stringify(name.slice(0, 40))} cannot be used in an address`);
  return name;
}

/** Own functions of the prototype chain below Object.prototype; the most derived one of each name. */
function findMethods(ctor: Constructor, name: string): Map<string, Method> {
  const seen = new Set<string>();
  const methods = new Map<string, Method>();
  let prototype: unknown = ctor.prototype;
  while (typeof prototype === "object" && prototype !== null && prototype !== Object.prototype) {
    for (const key of Object.getOwnPropertyNames(prototype)) {
      if (seen.has(key)) continue;
      seen.add(key);
      const value: unknown = Object.getOwnPropertyDescriptor(prototype, key)?.value;
      if (!isMethod(value)) continue;
      if (refused.includes(key))
        throw new ClassError(`class ${name} has a method named ${key}: \`await\` would call it; rename it`);
      if (key.startsWith("_") || never.has(key) || !isName(key)) continue;
      if (isAsynchronous(value))
        throw new ClassError(
          `${name}.${key} is ${kindOf(value)}: methods must be synchronous (RETURNED_PROMISE)`,
        );
      methods.set(key, value);
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return methods;
}

/** @throws ClassError */
function findHooks(ctor: Constructor, name: string): Map<HookKey, Method> {
  const hooks = new Map<HookKey, Method>();
  for (const key of hookKeys) {
    const value: unknown = Reflect.get(ctor.prototype, key);
    if (!isMethod(value)) continue;
    if (isAsynchronous(value)) throw new ClassError(`${name}.${String(key)} must be synchronous`);
    hooks.set(key, value);
  }
  return hooks;
}

/** @throws ClassError */
function findVersion(ctor: Constructor, name: string): Version {
  const version: unknown = Reflect.get(ctor, "version");
  if (version === undefined || typeof version === "function") return 0;
  if (typeof version === "number" || typeof version === "string") return version;
  throw new ClassError(`${name}.version must be a number or a text`);
}

/** @throws ClassError */
function findMigrate(ctor: Constructor, name: string): ClassEntry["migrate"] {
  const migrate: unknown = Reflect.get(ctor, "migrate");
  if (migrate === undefined) return null;
  if (!isMethod(migrate) || isAsynchronous(migrate))
    throw new ClassError(`${name}.migrate must be a synchronous function: static migrate(state, from)`);
  return (state, from) => Reflect.apply(migrate, ctor as never, [state, from]);
}

function findReads(ctor: Constructor, name: string, methods: ReadonlyMap<string, Method>): readonly string[] {
  const reads: unknown = Reflect.get(ctor, "reads");
  if (reads === undefined || typeof reads === "function") return [];
  if (!Array.isArray(reads)) throw new ClassError(`${name}.reads must be an array of method names`);
  return reads.map((read: unknown) => {
    if (typeof read === "string" && methods.has(read)) return read;
    throw new ClassError(`${name}.reads names ${JSON.stringify(read)}, which is not a callable method`);
  });
}

/** Whether code asks for private members by `#x in o`, which says no of everything but the object itself. */
export function asksForPrivate(code: string): boolean {
  return code.includes("#") && /#[\p{ID_Start}$_][\p{ID_Continue}$]*\s+in\b/u.test(mask(code));
}

/**
 * Whether code uses private members. They know the object itself alone, not the read-only view that declared reads are
 * given, so that these must go through the log.
 */
function usesPrivate(code: string): boolean {
  return code.includes("#") && (asksForPrivate(code) || /\.\s*#[\p{ID_Start}$_]/u.test(mask(code)));
}

/**
 * Describes a class for the registry.
 *
 * @param source where the class came from, for messages
 * @param fingerprint of its code, SHA-256 in hex
 * @param nested classes whose instances its objects may hold, by name
 * @throws ClassError when it cannot be served
 * @example describe(Counter, "Counter").methods // Set { "increment", "getvalue" }
 */
export function describe(
  ctor: Constructor,
  name = classNameOf(ctor),
  source = "",
  fingerprint = "",
  nested: ReadonlyMap<string, Constructor> = new Map(),
  isProxy: (value: object) => boolean = () => false,
): ClassEntry {
  const functions = findMethods(ctor, name);
  const reads = findReads(ctor, name, functions);
  return {
    name,
    ctor: asConstructor(ctor),
    methods: new Set(functions.keys()),
    functions,
    hooks: findHooks(ctor, name),
    version: findVersion(ctor, name),
    migrate: findMigrate(ctor, name),
    reads: lineage(ctor).classes.some((c) => usesPrivate(Function.prototype.toString.call(c))) ? [] : reads,
    fingerprint,
    source,
    nested,
    live: Reflect.get(ctor, "live") !== false,
    isProxy,
  };
}

/** Joins entries; the same class twice counts once. @throws ClassError when two classes have one name. */
export function makeRegistry(entries: Iterable<ClassEntry>): Registry {
  const registry = new Map<string, ClassEntry>();
  for (const entry of entries) {
    const other = registry.get(entry.name);
    if (other !== undefined && other.ctor !== entry.ctor)
      throw new ClassError(`two classes are named ${entry.name}: in ${other.source} and in ${entry.source}`);
    registry.set(entry.name, other ?? entry);
  }
  return registry;
}

/** What the log and the clients learn of a registry, in the order of names. */
export function classInfos(registry: Registry): readonly ClassInfo[] {
  const infos = [...registry.values()].map((entry) => ({
    name: entry.name,
    fingerprint: entry.fingerprint,
    methods: [...entry.methods].sort(),
    reads: [...entry.reads].sort(),
  }));
  return infos.sort((a, b) => (a.name < b.name ? -1 : 1));
}
