/** A barrier that any program can share: an object of its own (sync/barrier.ts). */
import { DBarrier } from "../sync/barrier.ts";

export class Barrier extends DBarrier {}
