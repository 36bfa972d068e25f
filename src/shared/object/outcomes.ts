/** What becomes of runs, as runs see it: replicas encode it (outcome.ts), programs that watch an object do not. */
import type { Code, Outcome } from "./types.ts";

/** Makes outcomes of what code of users gave. It may run getters of theirs: only within a run. */
export interface Outcomes {
  /** Of a method of the class `of` that returned `value`; `method` is null for the answer to a blocked call. */
  returned(value: unknown, of: string, method: string | null): Outcome;
  /** Of a method that threw; anything may be thrown. */
  threw(thrown: unknown): Outcome;
}

export function refuse(code: Code, message: string, executed: "yes" | "no"): Outcome {
  return { type: "refused", code, message, executed };
}

function ignore(): void {
  // The call was answered; what becomes of its promise interests nobody.
}

/** What becomes of a promise that a method or hook returned interests nobody. Unhandled it would end the process. */
export function disregard(value: unknown): void {
  if (value instanceof Promise) Promise.prototype.then.call(value, ignore, ignore);
}
