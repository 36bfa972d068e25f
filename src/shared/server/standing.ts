/** Who waits for whom: the calls that are blocked, and who holds what. Looked up when somebody asks, within bounds. */
import { pageListMax, pageObjectsMax } from "../limits.ts";
import { dFieldsOf } from "../object/hooks.ts";
import type { Instances } from "../object/instances.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { SessionId } from "../object/types.ts";

export interface BlockedStatus {
  readonly session: SessionId;
  readonly seq: number;
  /** "Class/name" */
  readonly object: string;
  /** Milliseconds of log time until it is answered anyway; null for ever. */
  readonly left: number | null;
}

export interface LockStatus {
  /** "Class/name", and the field where a part of the object is the lock. */
  readonly object: string;
  readonly holders: readonly { readonly session: string; readonly name: string; readonly times: number }[];
  /** The fencing token of the holder; null where there is none. */
  readonly token: number | null;
  /** How many wait for it. */
  readonly waiting: number;
}

/** Those that wait longest, at most pageListMax. */
export function blockedOf(machine: StateMachine): readonly BlockedStatus[] {
  const { waiting, execution } = machine.turns;
  const list: BlockedStatus[] = [];
  for (const { session, seq, instance, deadline, atDeadline } of waiting) {
    if (list.length >= pageListMax) break;
    const left = atDeadline === null ? null : Math.max(0, Math.round(deadline - machine.logTime));
    list.push({ session: session.id, seq, object: execution.objects.nameOf(instance), left });
  }
  return list;
}

/** Locks that are held, and semaphores whose permits are, among the first pageObjectsMax objects. */
export function locksOf(objects: Instances): readonly LockStatus[] {
  const list: LockStatus[] = [];
  let looked = 0;
  for (const [key, { object, hasDClass, entry }] of objects) {
    if (looked++ >= pageObjectsMax || list.length >= pageListMax) break;
    const own = lockOf(key, object);
    if (own !== null) list.push(own);
    if (!hasDClass || entry.isProxy(object)) continue;
    for (const part of dFieldsOf(object)) {
      const found = lockOf(`${key}.${fieldOf(object, part)}`, part);
      if (found !== null) list.push(found);
    }
  }
  return list;
}

function fieldOf(object: object, part: object): string {
  return Object.keys(object).find((name) => field(object, name) === part) ?? "?";
}

/** By their fields, not by their class: users' modules may bring a copy of concoord of their own. */
function lockOf(object: string, lock: object): LockStatus | null {
  const token = field(lock, "lastToken");
  const last = typeof token === "number" ? token : null;
  const named = (holders: LockStatus["holders"], line: string): LockStatus | null =>
    holders.length === 0 ? null : { object, holders, token: last, waiting: waitersOf(field(lock, line)) };
  const owner = field(lock, "owner");
  if (isOwner(owner) && last !== null) return named([holder(owner, field(lock, "levels"))], "claims");
  const writing = field(lock, "writing");
  if (isOwner(writing)) return named([holder(writing, 1)], "line");
  const reading = field(lock, "reading");
  if (reading instanceof Map) return named(readersOf(reading), "line");
  const leading = field(lock, "leading");
  if (isOwner(leading)) return named([holder(leading, 1)], "candidates");
  const [plain, under] = [field(lock, "plain"), field(lock, "named")];
  if (plain instanceof Map && under instanceof Map) return named(permitsOf(plain, under), "line");
  return null;
}

function readersOf(reading: ReadonlyMap<unknown, unknown>): LockStatus["holders"] {
  return first([...values(reading)].filter(isLevels).map(({ owner, levels }) => holder(owner, levels)));
}

function permitsOf(plain: ReadonlyMap<unknown, unknown>, under: ReadonlyMap<unknown, unknown>) {
  const all = [...plain].slice(0, pageListMax).map(([session, n]) => holder({ session: String(session) }, n));
  for (const [session, names] of [...under].slice(0, pageListMax)) {
    if (!(names instanceof Map)) continue;
    for (const [name, n] of [...names].slice(0, pageListMax))
      all.push(holder({ session: String(session), holder: String(name) }, n));
  }
  return first(all);
}

function first<T>(all: readonly T[]): readonly T[] {
  return all.slice(0, pageListMax);
}

function* values(map: ReadonlyMap<unknown, unknown>): Iterable<unknown> {
  let n = 0;
  for (const value of map.values()) if (n++ < pageListMax) yield value;
}

interface Owning {
  readonly session: string;
  readonly holder?: unknown;
}

function holder({ session, holder: name }: Owning, times: unknown) {
  return {
    session,
    name: typeof name === "string" ? name : "",
    times: typeof times === "number" ? times : 1,
  };
}

function isOwner(value: unknown): value is Owning {
  return typeof value === "object" && value !== null && typeof field(value, "session") === "string";
}

function isLevels(value: unknown): value is { readonly owner: Owning; readonly levels: number } {
  return typeof value === "object" && value !== null && isOwner(field(value, "owner"));
}

function waitersOf(line: unknown): number {
  const waiters = typeof line === "object" && line !== null ? field(line, "waiters") : null;
  return waiters instanceof Map ? waiters.size : 0;
}

function field(of: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(of, name)?.value;
}
