/** The D-classes: sync primitives for objects to hold as own fields. */
export { DBarrier } from "./barrier.ts";
export { DCondition } from "./condition.ts";
export { DLock } from "./lock.ts";
export { DRLock } from "./rlock.ts";
export { DBoundedSemaphore, DSemaphore } from "./semaphore.ts";
