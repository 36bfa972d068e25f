/** Who is at the other end of a connection, and what that one may do there. */

/** What a right lets one do; each stands for itself, none contains another. docs/security.md says more. */
export const rights = ["read", "call", "state", "admin"] as const;
/**
 * - `read`: call methods that their class declares to only read
 * - `call`: call any method
 * - `state`: see the state of objects: watch them, and the page of a node
 * - `admin`: what operators do: let members go, end sessions, take backups, give the cluster other code
 */
export type Right = (typeof rights)[number];

export interface Identity {
  /** What methods see as `invocation().user`; null for who has no name. */
  readonly user: string | null;
  readonly rights: readonly Right[];
}

/** One thing that somebody wants to do, as `authorize` is asked about it. */
export interface Action {
  readonly user: string | null;
  readonly kind: Right;
  /** "Class/name"; null for what concerns no single object: what operators do, and the page with all calls. */
  readonly object: string | null;
  /** The method, or what an operator does: "leave", "evict", "endSession", "backup", "upgrade"; else null. */
  readonly method: string | null;
  /** Decoded when they are looked at. */
  readonly args: readonly unknown[];
}

/** Why the action is refused, in words for who wants it; null when it is not. */
export type Refuse = (action: Action) => string | null;

/** Where no secret is asked for, everybody may do everything. */
export const everybody: Identity = { user: null, rights };
/** Who knows the clients' token. */
export const client: Identity = { user: null, rights: ["read", "call", "state"] };
/** Who knows the readers' token. */
export const reader: Identity = { user: null, rights: ["read", "state"] };

/** @returns why they may not, in words for them; null when they may */
export function lacks({ rights: given }: Identity, right: Right): string | null {
  return given.includes(right) ? null : `this needs the right "${right}"`;
}
