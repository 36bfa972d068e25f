/** The one class of error that concoord itself rejects with, and the errors of methods as their callers see them. */
import type { Code, ErrorData } from "../object/types.ts";

/** "no": the method did not run and never will; "unknown": it may have run, or will; "yes": it ran. */
export type Executed = "no" | "unknown" | "yes";

const retryableCodes: ReadonlySet<Code> = new Set<Code>([
  "TIMEOUT",
  "NO_QUORUM",
  "UNREACHABLE",
  "SESSION_EXPIRED",
  "NOT_EXECUTED",
  "BUSY",
  "STALE_CLASS",
]);

/**
 * What concoord refuses or fails with. An error that a method threw is not one of these.
 * @example if (error instanceof ConcoordError && error.executed === "no") await again();
 */
export class ConcoordError extends Error {
  /** What went wrong; the list is closed, docs/errors.md says what each means. */
  readonly code: Code;
  /** What became of the call: whether making it again may run the method a second time. */
  readonly executed: Executed;
  constructor(code: Code, message: string, executed: Executed, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.executed = executed;
  }

  /** Whether the same call may succeed later; look at `executed` before making it again. */
  get retryable(): boolean {
    return retryableCodes.has(this.code);
  }
}
define(ConcoordError.prototype, "name", "ConcoordError", false);

/** Why calls fail that did nothing wrong themselves. */
interface Why {
  readonly code: Code;
  readonly message: string;
  readonly cause?: unknown;
}

/** An error of one call's own. */
export function errorOf({ code, message, cause }: Why, executed: Executed): ConcoordError {
  return new ConcoordError(code, message, executed, cause);
}

/** Anything may be thrown. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** A mistake in the arguments of `connect` or `openSession`, with a code as all our errors have one. */
export function badBootstrap(message: string): TypeError & { readonly code: Code } {
  return Object.assign(new TypeError(message), { code: "UNREACHABLE" as const });
}

/** The error that a method threw: its name, message and own data, and a code only if it had one. */
export function thrownError(data: ErrorData): Error {
  const error = new Error(data.message);
  define(error, "name", data.name, false);
  for (const key of Object.keys(data.data)) if (!ownNames.has(key)) define(error, key, data.data[key], true);
  if (data.code !== null) define(error, "code", data.code, true);
  return error;
}

const ownNames: ReadonlySet<string> = new Set(["name", "message", "stack"]);

/** Not by assignment: a key may be `__proto__`. */
function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, configurable: true, writable: true });
}
