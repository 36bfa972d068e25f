/** Tells in which slot a call is executed. */
import { invocation } from "concoord/object";

export class Slots {
  where(): number {
    return invocation().slot;
  }
}
