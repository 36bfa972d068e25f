/** A re-entrant lock that any program can share: an object of its own (sync/rlock.ts). */
import { DRLock } from "../sync/rlock.ts";

export class RLock extends DRLock {}
