/** How methods of the library let their callers wait. Timeouts are milliseconds of log time; null is for ever. */
import { block } from "../../block.ts";
import { join, type Line, type Waiter } from "../../sync/line.ts";
import type { Blocked, Ticket } from "../../ticket.ts";
import type { Tickets } from "../../tickets.ts";

/**
 * Blocks the caller of the running method at the end of a queue.
 *
 * @param millis more than 0, or null
 * @param then what the call answers, or throws, when they have passed
 * @returns what the method must return
 */
export function wait<T>(
  queue: Tickets<T> | Ticket<T>[],
  millis: number | null,
  then: NoInfer<T> | Error,
): Blocked<T> {
  return millis === null ? block(queue) : block(queue, { after: millis, then });
}

/** The same in a line, where `waiter` says more of the call than its ticket does. */
export function waitAs<T, W extends Waiter>(
  line: Line<W>,
  millis: number | null,
  then: NoInfer<T> | Error,
  waiter: (ticket: Ticket<T>) => W,
): Blocked<T> {
  const queue: Ticket<T>[] = [];
  const blocked = wait(queue, millis, then);
  for (const ticket of queue) join(line, waiter(ticket));
  return blocked;
}
