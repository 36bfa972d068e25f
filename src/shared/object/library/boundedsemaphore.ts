/** A semaphore that is released no more often than acquired: an object of its own (sync/semaphore.ts). */
import { DBoundedSemaphore } from "../sync/semaphore.ts";

export class BoundedSemaphore extends DBoundedSemaphore {}
