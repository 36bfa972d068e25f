/**
 * What lets a class be a part of users' objects and still hear of sessions and deadlines: concoord calls the hooks of
 * each D-class that is one of an object's own fields. A marked prototype says so, in every copy of concoord alike.
 */
import { mark } from "./hooks.ts";
import { execution } from "./invocation.ts";

export { onCancel } from "./hooks.ts";

/** @example export class DLock extends DClass { onSessionEnd(session: SessionId) { ... } } */
export abstract class DClass {
  constructor() {
    // The object that is running may hold it from now on.
    execution.current?.madeDClass();
  }

  get [mark](): true {
    return true;
  }
}
