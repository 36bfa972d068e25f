/** A lock that any program can share: an object of its own (sync/lock.ts). */
import { DLock } from "../sync/lock.ts";

export class Lock extends DLock {}
