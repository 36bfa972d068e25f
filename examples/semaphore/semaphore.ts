/** So many at a time: a semaphore, built on the one that objects may hold as a field. */
import { type Blocked, DSemaphore } from "concoord/object";

export class Semaphore {
  semaphore: DSemaphore;

  constructor(count = 2) {
    this.semaphore = new DSemaphore(count);
  }

  /** Answers when the caller has a permit. What a session does not release returns when it ends. */
  acquire(): boolean | Blocked<boolean> {
    return this.semaphore.acquire();
  }

  release(): void {
    this.semaphore.release();
  }
}
