/**
 * Which #private members the source of a class declares. Nothing can look at them from outside, so that the state of
 * an object that has them can only be told by the class itself.
 */
import { mask } from "./mask.ts";
import type { Constructor } from "./registry.ts";

export interface PrivateMembers {
  readonly fields: boolean;
  /** Methods and accessors: they hold no state, but only the constructor gives them to an object. */
  readonly methods: boolean;
}

/** A declaration of an instance's member: neither an access (`.#name`), nor a question (`#name in`), nor static. */
const declared =
  /(?<![\w$]|\.\s*|\bstatic\s+(?:\w+[^\S\n]+)?(?:\*\s*)?)#[\p{ID_Continue}$\\]+\s*(\(|in\b)?/gu;

function sourceOf(ctor: unknown): string {
  return typeof ctor === "function" ? Function.prototype.toString.call(ctor) : "";
}

/** Whether it is made with the word `class`. */
export function isClass(value: unknown): value is Constructor {
  return /^class\b/.test(sourceOf(value));
}

/** The class and those that it extends, as far as they are classes of users; then what the last one extends. */
export function lineage(ctor: Constructor): {
  readonly classes: readonly Constructor[];
  readonly base: unknown;
} {
  const classes: Constructor[] = [];
  let at: unknown = ctor;
  for (; isClass(at); at = Object.getPrototypeOf(at)) classes.push(at);
  return { classes, base: at };
}

/**
 * What a class and those that it extends declare.
 *
 * @example privateMembers(class { #n = 0; add() { this.#n++; } }) // { fields: true, methods: false }
 */
export function privateMembers(ctor: Constructor): PrivateMembers {
  let fields = false;
  let methods = false;
  for (const at of lineage(ctor).classes) {
    const source = sourceOf(at);
    if (!source.includes("#")) continue;
    for (const [, follows] of mask(source).matchAll(declared)) {
      if (follows === "(") methods = true;
      else if (follows === undefined) fields = true;
    }
  }
  return { fields, methods };
}
