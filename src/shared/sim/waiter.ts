/** What a simulated client does with objects that block. */
import { ConcoordError } from "../client/errors.ts";
import type { Session } from "../client/types.ts";
import type { Agenda, Owner } from "./agenda.ts";
import type { Dice } from "./dice.ts";
import type { Pass, WaitingLedger } from "./waiting-work.ts";

/** Mean times in ms: how long a permit is held, and how long a call waits that does not wait for ever. */
const holdMillis = 80;
const patienceMillis = 500;

export class Waiter {
  /** Calls, and permits that are held. */
  open = 0;
  private readonly agenda: Agenda;
  private readonly owner: Owner;
  private readonly dice: Dice;
  private readonly ledger: WaitingLedger;
  private readonly broke: (error: unknown) => void;

  constructor(agenda: Agenda, owner: Owner, dice: Dice, ledger: WaitingLedger, broke: (e: unknown) => void) {
    this.agenda = agenda;
    this.owner = owner;
    this.dice = dice;
    this.ledger = ledger;
    this.broke = broke;
  }

  /**
   * @param timeout of the call; undefined without one
   * @param oneByOne whether a call that blocks keeps the session from giving back what it holds: then it must not
   *   wait for ever
   */
  act(session: Session, timeout: number | undefined, oneByOne: boolean): void {
    if (this.dice.chance(0.5)) this.enter(session, timeout, oneByOne);
    else this.exchange(session, timeout);
  }

  private enter(session: Session, timeout: number | undefined, oneByOne: boolean): void {
    const { dice, ledger } = this;
    const id = ledger.enter();
    const patience = oneByOne || dice.chance(0.4) ? dice.exponential(patienceMillis) : null;
    this.track(
      session.call("Turnstile", "enter", [id, patience], { timeout }).then(
        (answer) => {
          const pass = answer as Pass;
          ledger.passed(id, "yes", pass);
          if (pass !== null) this.leaveLater(session, id);
        },
        (error: unknown) => {
          const executed = executedOf(error);
          ledger.passed(id, executed, null);
          // It may have a permit, or may get one.
          if (executed !== "no") this.leaveLater(session, id);
        },
      ),
    );
  }

  private leaveLater(session: Session, id: number): void {
    this.open++;
    this.agenda.after(this.dice.exponential(holdMillis), this.owner, () => {
      this.open--;
      // What cannot leave any more belongs to a session that has ended.
      this.track(session.call("Turnstile", "leave", [id]).then(() => undefined, executedOf));
    });
  }

  private exchange(session: Session, timeout: number | undefined): void {
    const { dice, ledger } = this;
    if (dice.chance(0.5)) {
      const item = ledger.put();
      return this.track(
        session.call("Post", "put", [item], { timeout }).then(
          () => ledger.wasPut(item, "yes"),
          (error: unknown) => ledger.wasPut(item, executedOf(error)),
        ),
      );
    }
    ledger.take();
    this.track(
      session.call("Post", "take", [dice.exponential(patienceMillis)], { timeout }).then(
        (item) => ledger.took("yes", item as number | null),
        (error: unknown) => ledger.took(executedOf(error), null),
      ),
    );
  }

  private track(promise: Promise<unknown>): void {
    this.open++;
    void promise.then(
      () => {
        this.open--;
      },
      (error: unknown) => this.broke(error),
    );
  }
}

/** @throws what is no error of concoord: the objects throw none */
function executedOf(error: unknown): "no" | "unknown" | "yes" {
  if (error instanceof ConcoordError) return error.executed;
  throw error;
}
