/** Loads users' classes: from a command line's words to the registry that a node executes. */
import { relative } from "node:path";
import { types } from "node:util";
import { isClass, lineage } from "../../shared/object/private-members.ts";
import {
  asksForPrivate,
  type ClassEntry,
  ClassError,
  type Constructor,
  classNameOf,
  describe,
  makeRegistry,
  type Registry,
} from "../../shared/object/registry.ts";
import { tryConstruct } from "../../shared/object/surround.ts";
import { type Declared, readDeclared } from "./declared.ts";
import { LoadError, oneLine } from "./load-error.ts";
import { type Located, locate } from "./locate.ts";
import { nestedClasses } from "./nested.ts";
import { fingerprint, readSources, type SourceFile } from "./source-graph.ts";
import { runModule } from "./user-module.ts";

export { LoadError } from "./load-error.ts";

/** A user's module, run and read. */
interface Loaded {
  /** Absolute. */
  readonly file: string;
  /** How messages name the file. */
  readonly shown: string;
  readonly sources: readonly SourceFile[];
  readonly declared: readonly Declared[];
  /** Classes by the name of their export. */
  readonly classes: ReadonlyMap<string, Constructor>;
  /** Classes whose instances objects of these may hold. */
  readonly nested: ReadonlyMap<string, Constructor>;
}

/**
 * Loads the classes that the specs name.
 *
 * @param specs each `module.Class`, `./file.ts`, `./file.ts#Class` or `concoord.object.module.Class`
 * @param cwd absolute; where relative paths and modules are looked for
 * @throws LoadError with one line for the user: no such file, class refused, two classes of one name
 * @example await loadObjects(["./counter.ts", "concoord.object.counter.Counter"], process.cwd())
 */
export async function loadObjects(specs: readonly string[], cwd: string): Promise<Registry> {
  return registryOf(await loadClasses(specs, cwd));
}

/** @throws LoadError when two classes have one name */
export function registryOf(classes: readonly LoadedClass[]): Registry {
  return refusing("", () => makeRegistry(classes.map(({ entry }) => entry)));
}

/** A class, and the text that its fingerprint stands for: its module first. */
export interface LoadedClass {
  readonly entry: ClassEntry;
  readonly sources: readonly SourceFile[];
}

/** The same, each with its text, also where several have one name. @throws LoadError */
export async function loadClasses(specs: readonly string[], cwd: string): Promise<readonly LoadedClass[]> {
  const modules = new Map<string, Loaded>();
  const classes: LoadedClass[] = [];
  for (const spec of specs) {
    const located = locate(spec, cwd);
    const module = modules.get(located.file) ?? (await load(located, cwd));
    modules.set(located.file, module);
    for (const ctor of pick(module, located.className))
      classes.push({ entry: admit(module, ctor), sources: module.sources });
  }
  return classes;
}

async function load(located: Located, cwd: string): Promise<Loaded> {
  const path = relative(cwd, located.file);
  const shown = path.startsWith("..") ? located.file : path;
  const sources = readSources(located.file);
  const modules = await runModule(located.file, shown, sources);
  const classes = new Map<string, Constructor>();
  for (const [name, value] of Object.entries(modules[0])) if (isClass(value)) classes.set(name, value);
  const declared = sources.filter((s) => /\.[cm]?ts$/.test(s.path)).map((s) => readDeclared(s.text));
  return { file: located.file, shown, sources, declared, classes, nested: nestedClasses(modules) };
}

const files = new WeakMap<ClassEntry, string>();

/** The file of the module that a class was loaded from, absolute; null for one that was not loaded here. */
export function fileOf(entry: ClassEntry): string | null {
  return files.get(entry) ?? null;
}

function sourceOf(ctor: Constructor): string {
  return Function.prototype.toString.call(ctor);
}

/** The classes that a spec means; errors and abstract classes are exported for other reasons than to be served. */
function pick(module: Loaded, name: string | null): readonly Constructor[] {
  const all = [...new Set(module.classes.values())];
  if (all.length === 0) throw new LoadError(`${module.shown}: exports no class`);
  if (name === null) {
    const served = all.filter((ctor) => !(ctor.prototype instanceof Error) && !isAbstract(module, ctor));
    if (served.length === 0) throw new LoadError(`${module.shown}: exports no class that can be served`);
    return served;
  }
  const found = module.classes.get(name) ?? all.find((ctor) => Reflect.get(ctor, "name") === name);
  if (found !== undefined) return [found];
  const names = [...module.classes.keys()].join(", ");
  throw new LoadError(`${module.shown}: exports no class ${name}; its classes: ${names}`);
}

/** The names under which the source may know a class: a compiler may put an underscore before one. */
function sourceNames(ctor: Constructor): readonly string[] {
  const written = /^class\s+([\w$]+)/.exec(sourceOf(ctor))?.[1] ?? "";
  return [written, written.replace(/^_/, ""), String(Reflect.get(ctor, "name"))];
}

function isAbstract(module: Loaded, ctor: Constructor): boolean {
  const names = sourceNames(ctor);
  return module.declared.some((declared) => names.some((name) => declared.abstract.has(name)));
}

function admit(module: Loaded, ctor: Constructor): ClassEntry {
  const { shown } = module;
  const version: unknown = Reflect.get(ctor, "version");
  const print = fingerprint(module.sources, typeof version === "function" ? undefined : version);
  const entry = refusing(`${shown}: `, () =>
    describe(ctor, classNameOf(ctor), shown, print, module.nested, types.isProxy),
  );
  refuseHidden(module, entry, ctor);
  refuseArguments(module, entry, ctor);
  if (entry.methods.size === 0)
    throw new LoadError(
      `${shown}: ${entry.name} has no method to call; name the classes to serve: ./file.ts#Class`,
    );
  // The state may hold instances of any class that the module knows; other uses of private members fail aloud.
  const asks = module.sources.some(({ text }) => asksForPrivate(text));
  const admitted = asks ? { ...entry, reads: [] } : entry;
  files.set(admitted, module.file);
  return admitted;
}

/** A method that TypeScript hides from callers is an ordinary one at run time, and anybody could call it. */
function refuseHidden(module: Loaded, entry: ClassEntry, ctor: Constructor): void {
  for (const name of lineage(ctor).classes.flatMap(sourceNames)) {
    for (const declared of module.declared) {
      for (const method of declared.hidden.get(name) ?? []) {
        if (!entry.methods.has(method)) continue;
        const advice = `name it #${method} or _${method}`;
        throw new LoadError(`${module.shown}: ${entry.name}.${method} is private or protected; ${advice}`);
      }
    }
  }
}

/** Objects are made at their first call, when there are no arguments to give. */
function refuseArguments(module: Loaded, entry: ClassEntry, ctor: Constructor): void {
  const owner = lineage(ctor).classes.find((c) => c.length > 0 || /\bconstructor\s*\(/.test(sourceOf(c)));
  const needed = owner?.length ?? 0;
  if (needed > 0) {
    const few = needed === 1 ? "an argument" : `${needed} arguments`;
    throw new LoadError(`${module.shown}: the constructor of ${entry.name} needs ${few}: give defaults`);
  }
  try {
    tryConstruct(ctor);
  } catch (error) {
    throw new LoadError(`${module.shown}: new ${entry.name}() failed: ${oneLine(error)}`, { cause: error });
  }
}

function refusing<T>(prefix: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof ClassError) throw new LoadError(prefix + error.message, { cause: error });
    throw error;
  }
}
