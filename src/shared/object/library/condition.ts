/** A condition variable that any program can share: an object of its own (sync/condition.ts). */
import { DCondition } from "../sync/condition.ts";

export class Condition extends DCondition {}
