/** Which members of a user's class are callable, as types; `registry.ts` decides the same at run time. */

/** Names that a proxy lacks, because programs and tools look for them on every object. */
export const lackingNames = [
  "then",
  "catch",
  "finally",
  "toJSON",
  "toString",
  "valueOf",
  "constructor",
  "prototype",
  "$$typeof",
  "nodeType",
  "asymmetricMatch",
] as const;

/** The one method with a leading underscore that may be called: it builds the object anew. */
export const initMethod = "__concoordinit__";

/** Methods that concoord itself calls on an object. */
export const hookNames = ["onSessionEnd", "onDeadline", "toSnapshot"] as const;

type NotCallable = (typeof lackingNames)[number] | (typeof hookNames)[number] | `_${string}`;

/** Of a union it is `boolean`, so that a method which may be missing, or has several types, is one. */
type IsMethod<F> = F extends (...args: never[]) => unknown ? true : false;

/** The names of the public methods of T: not those that a proxy lacks, not hooks, not names with a leading `_`. */
export type Methods<T> = {
  [K in keyof T]-?: K extends string
    ? K extends NotCallable
      ? never
      : true extends IsMethod<T[K]>
        ? K
        : never
    : never;
}[keyof T];

/**
 * The type of `static reads`: methods that only read, so that they need no entry in the log.
 *
 * @example static reads = ["getvalue"] satisfies Reads<Counter>;
 */
export type Reads<T> = readonly Methods<T>[];
