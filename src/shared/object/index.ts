/** The entry `concoord/object`: what a user's class may import. */
export { block, resume } from "./block.ts";
export { type Invocation, invocation } from "./invocation.ts";
export type { Methods, Reads } from "./surface.ts";
export { DBarrier, DBoundedSemaphore, DCondition, DLock, DRLock, DSemaphore } from "./sync/index.ts";
export type { Blocked, Deadline, Ticket } from "./ticket.ts";
export { Tickets } from "./tickets.ts";
export type { SessionId } from "./types.ts";
