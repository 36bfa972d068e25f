/** Brands: names and instants that must not be mixed up. The casts live here, in the factories, and nowhere else. */
declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** 16 hex digits, random, made at a node's first start. A node that lost its disk is a new node. */
export type NodeId = Brand<string, "NodeId">;
/** 32 hex digits, random, made with the first view. */
export type ClusterId = Brand<string, "ClusterId">;
/** Monotonic milliseconds of one machine: comparable only with each other. Handed in, never read. */
export type Millis = Brand<number, "Millis">;
/** Wall-clock milliseconds since 1970 of one machine. */
export type WallMillis = Brand<number, "WallMillis">;
/** Milliseconds of leadership since the cluster was founded: the clock of deadlines and sessions. */
export type LogTime = Brand<number, "LogTime">;

/** @throws RangeError when `text` is not 16 lower-case hex digits. */
export function nodeId(text: string): NodeId {
  if (!/^[0-9a-f]{16}$/.test(text))
    throw new RangeError(`not a node id: ${JSON.stringify(text.slice(0, 40))}`);
  return text as NodeId;
}

/** @throws RangeError when `text` is not 32 lower-case hex digits. */
export function clusterId(text: string): ClusterId {
  if (!/^[0-9a-f]{32}$/.test(text))
    throw new RangeError(`not a cluster id: ${JSON.stringify(text.slice(0, 40))}`);
  return text as ClusterId;
}

export function millis(n: number): Millis {
  return n as Millis;
}

export function wallMillis(n: number): WallMillis {
  return n as WallMillis;
}

export function logTime(n: number): LogTime {
  return n as LogTime;
}

/** The end of every `switch` over a tagged union: compiles only while all tags are handled. */
export function unreachable(value: never): never {
  throw new Error(`not handled: ${JSON.stringify(value)}`);
}

/** An invariant that does not hold is a bug: the node must stop, never go on from a wrong state. */
export class Broken extends Error {
  override readonly name = "Broken";
}

/** Asserts an invariant, in production too. `what` names the promise (P1..P10) or the invariant. */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Broken(what);
}
