/**
 * One object goes over to other code. Where `static version` of the old class is another one than that of the new
 * class, `static migrate(state, fromVersion)` of the new one makes its fields of the old ones. Fields that the new
 * class begins with and the state lacks are as in a new object.
 */
import { kind } from "./builtins.ts";
import type { ByteSource } from "./byte-source.ts";
import { GraphReader } from "./graph-reader.ts";
import { type KnownClass, type KnownClasses, knownClassesOf, plainClasses } from "./known-classes.ts";
import type { ReadFrame } from "./read-frame.ts";
import type { ClassEntry } from "./registry.ts";
import { emptied, makeEmpty, setProperty } from "./revive.ts";

/** Reads what an old class told of an object, whatever that class was called and whether it had `toSnapshot`. */
class StateReader extends GraphReader {
  /** What toSnapshot of the old class gave. */
  told: { readonly data: unknown } | null = null;
  private readonly shell: object;
  private readonly top: KnownClass;
  private readonly keepsOpen: boolean;

  /**
   * @param shell becomes the object: what is read goes into it
   * @param top what the shell is
   * @param keepsOpen whether more fields come when it was read
   */
  constructor(
    source: ByteSource,
    classes: KnownClasses,
    hook: () => void,
    shell: object,
    top: KnownClass,
    keepsOpen: boolean,
  ) {
    super(source, classes, hook);
    this.shell = shell;
    this.top = top;
    this.keepsOpen = keepsOpen;
  }

  readState(): unknown {
    this.readGraph();
    return this.told === null ? this.shell : this.told.data;
  }

  protected override classOf(name: string, first: boolean): KnownClass {
    return first ? this.top : super.classOf(name, first);
  }

  protected override hookedClass(name: string, first: boolean): KnownClass {
    return first ? this.top : super.hookedClass(name, first);
  }

  protected override makeTop(): object {
    return this.shell;
  }

  protected override end(frame: ReadFrame): object {
    return frame.id === 0 && frame.part !== "hook" && this.keepsOpen ? frame.target : super.end(frame);
  }

  protected override toldBack(frame: ReadFrame): object {
    if (frame.id !== 0) return super.toldBack(frame);
    this.told = { data: frame.waiting };
    return this.shell;
  }
}

/**
 * Makes an object of the class `to` from what `from` told of it.
 *
 * @param hook is called before code of users runs
 * @throws what code of users throws; Error saying what does not fit
 */
export function readMoved(source: ByteSource, from: ClassEntry, to: ClassEntry, hook: () => void): object {
  const classes = knownClassesOf(to);
  const { top } = classes;
  if (top.problem !== null) throw new Error(`no object can be made of ${top.problem}`);
  const migrates = to.migrate !== null && from.version !== to.version;
  const { shell, fresh } = top.hooked ? { shell: {}, fresh: {} } : newObject(to, top, hook);
  const plain = plainClasses[top.kind] as KnownClass;
  const known = top.hooked ? plain : top;
  // As long as it is the state and not yet the object. What refers to it need not be told of another one.
  if (migrates && !top.hooked) Object.setPrototypeOf(shell, plain.prototype);
  const open = migrates || knownClassesOf(from).top.hooked;
  let state = new StateReader(source, classes, hook, shell, known, open).readState();
  if (migrates) {
    hook();
    state = to.migrate?.(state, from.version);
  }
  if (top.hooked) return toldTo(to, top, state, hook);
  if (state !== shell) fill(shell, top, state, migrates);
  if (Object.isExtensible(shell)) addMissing(shell, fresh);
  if (migrates) Object.setPrototypeOf(shell, top.prototype);
  return shell;
}

/** An empty object of the class, and the fields that a new one begins with. */
function newObject({ ctor }: ClassEntry, top: KnownClass, hook: () => void) {
  hook();
  const made = new ctor();
  const fresh: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(made);
  return { shell: emptied(made, top) ?? makeEmpty(top), fresh };
}

function addMissing(object: object, fresh: PropertyDescriptorMap): void {
  for (const [name, property] of Object.entries(fresh))
    if (!Object.hasOwn(object, name)) Object.defineProperty(object, name, property);
}

function toldTo({ ctor, name }: ClassEntry, { prototype }: KnownClass, state: unknown, hook: () => void) {
  hook();
  const made: unknown = Reflect.apply(Reflect.get(ctor, "fromSnapshot"), ctor, [state]);
  if (typeof made === "object" && made !== null && Object.getPrototypeOf(made) === prototype) return made;
  throw new Error(`what ${name}.fromSnapshot gave is no ${name}`);
}

/** Puts fields into an object that has none but those of an old one. */
function fill(shell: object, top: KnownClass, state: unknown, migrates: boolean): void {
  const gave = migrates ? "static migrate" : "toSnapshot of the old class";
  if (typeof state !== "object" || state === null || typeof Reflect.get(state, "then") === "function")
    throw new Error(`${gave} must return an object of fields`);
  if (top.kind !== kind.object)
    throw new Error(`${gave} must return what it was given, as the class is one of the language, too`);
  for (const key of Reflect.ownKeys(shell)) Reflect.deleteProperty(shell, key);
  for (const [name, value] of Object.entries(state)) setProperty(shell, top, name, null, value);
}
