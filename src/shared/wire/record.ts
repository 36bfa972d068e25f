/**
 * Tuples whose items are the fields of a record: each field is named and read once, in its place. Who is in a hurry
 * reads tuples by hand; messages that are rare, or that browsers must know, are read with these.
 */
import { addrCharsMax, nameCharsMax, reasonCharsMax } from "../limits.ts";
import { bad } from "./bad-frame.ts";
import { hex, list, text, tuple } from "./fields.ts";

/** Checks a field. @param what names it. @throws BadFrame */
export type Reader<T> = (v: unknown, what: string) => T;

/** In the order of the items. */
export type Readers<T> = { readonly [K in keyof T]-?: Reader<T[K]> };

/**
 * Makes what reads a tuple as a record.
 *
 * @param what names the record in errors; a field is then `what.field`
 * @example const point = record<Point>("point", { x: finite, y: finite });
 */
export function record<T>(what: string, readers: Readers<T>): (v: unknown) => T {
  const fields = Object.entries<Reader<unknown>>(readers);
  return (v) => {
    const items = tuple(v, what, fields.length);
    const made: Record<string, unknown> = {};
    let i = 0;
    for (const [name, read] of fields) made[name] = read(items[i++], `${what}.${name}`);
    return asRecord<T>(made);
  };
}

/** Each field went through its reader; only the types know which these were. */
function asRecord<T>(made: object): T {
  return made as T;
}

export type MessageReaders<M extends { readonly type: string }> = {
  readonly [T in M["type"]]: Readers<Omit<Extract<M, { readonly type: T }>, "type">>;
};

/**
 * Makes what reads messages, whose first item is a tag.
 *
 * @returns of each tag what reads its messages
 */
export function messages<M extends { readonly type: string }>(
  tags: Readonly<Record<M["type"], number>>,
  readers: MessageReaders<M>,
): ReadonlyMap<unknown, (v: unknown) => M> {
  const entries = Object.entries<Readers<object>>(readers).map(([type, fields]) => {
    const read = record<object>(type, { type: () => type, ...fields } as Readers<object>);
    return [Reflect.get(tags, type), read as (v: unknown) => M] as const;
  });
  return new Map(entries);
}

/** At most `max` items. */
export function listOf<T>(max: number, each: Reader<T>): Reader<readonly T[]> {
  return (v, what) => list(v, what, max, each);
}

export function orNull<T>(read: Reader<T>): Reader<T | null> {
  return (v, what) => (v === null ? null : read(v, what));
}

export function array(v: unknown, what: string): readonly unknown[] {
  return Array.isArray(v) ? v : bad(what, "a list");
}

/** At most `max` characters. */
export function textOf(max: number): Reader<string> {
  return (v, what) => text(v, what, max);
}

export const name = /* @__PURE__ */ textOf(nameCharsMax);
/** "Class/name". */
export function objectName(v: unknown, what: string): string {
  return text(v, what, 2 * nameCharsMax + 1);
}
export const addr = /* @__PURE__ */ textOf(addrCharsMax);
/** Why something is refused. */
export const sentence = /* @__PURE__ */ textOf(reasonCharsMax);

/** SHA-256, hex. */
export function hash(v: unknown, what: string): string {
  return hex(v, what, 64);
}
