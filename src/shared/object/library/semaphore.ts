/** A counting semaphore that any program can share: an object of its own (sync/semaphore.ts). */
import { DSemaphore } from "../sync/semaphore.ts";

export class Semaphore extends DSemaphore {}
