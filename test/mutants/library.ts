/** Bugs planted in the objects of the library. */
import type { Mutant } from "./mutant.ts";

const sync = "src/shared/object/sync";
const library = "src/shared/object/library";

export const libraryMutants: readonly Mutant[] = [
  {
    name: "a queue wakes two getters with one item",
    rule: "Queue: an item is taken once",
    killer: "linear: Queue",
    edits: [
      {
        file: `${library}/queue.ts`,
        find: "if (resume<unknown>(this.getting, item)) return;",
        replace: "if (resume<unknown>(this.getting, item)) return void resume<unknown>(this.getting, item);",
      },
    ],
  },
  {
    name: "a semaphore gives a permit to a call that was given up",
    rule: "Semaphore: no permit is lost",
    killer: "semaphore: who waited and is gone takes no permit",
    edits: [
      {
        file: `${sync}/semaphore.ts`,
        find: "[onCancel](ticket: Ticket): void {\n    takeOut(this.line, ticket);",
        replace: "[onCancel](): void {",
      },
      {
        file: `${sync}/line.ts`,
        find: "if (waits(waiter.ticket)) return waiter;",
        replace: "return waiter;",
      },
    ],
  },
  {
    name: "a permit that was given back returns again when its session ends",
    rule: "Semaphore: no permit comes from nowhere",
    killer: "semaphore: a permit comes back once",
    edits: [{ file: `${sync}/semaphore.ts`, find: "else this._takePlain(owner.session, n);", replace: "" }],
  },
  {
    name: "nobody is woken when the owner of a lock is gone",
    rule: "Lock: no wake-up is lost",
    killer: "lock: it goes to the next one when its owner is gone",
    edits: [
      {
        file: `${sync}/lock.ts`,
        find: "if (this.owner?.session === session) pass(this);",
        replace: "if (this.owner?.session === session) this.owner = null;",
      },
    ],
  },
  {
    name: "a lock is handed on when one who waits for it is gone",
    rule: "Lock: one owner at a time",
    killer: "lock: who waited and is gone hands nothing on",
    edits: [
      {
        file: `${sync}/lock.ts`,
        find: "takeOutAll(this.claims, session);\n    if (this.owner",
        replace: "if (takeOutAll(this.claims, session)) pass(this);\n    if (this.owner",
      },
    ],
  },
  {
    name: "a bank looks at the balance of its first account, whichever it draws from",
    rule: "Bank: nothing is drawn below zero",
    killer: "linear: Bank",
    edits: [
      {
        file: `${library}/bank.ts`,
        find: "if (balance < 0) return false;",
        replace:
          "for (const first of [...this.balances.values()].slice(0, 1)) if (first < sum) return false;",
      },
    ],
  },
];
