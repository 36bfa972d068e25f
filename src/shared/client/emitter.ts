/** Tells listeners what happened to a session; the part of the platform's EventTarget that works in every runtime. */
import type { Clock } from "../clock.ts";
import { asSignal, whenAborted } from "./abort.ts";
import type { ListenerOptions, SessionEvents } from "./types.ts";

type Names = keyof SessionEvents;
type Told<E> = ((event: E) => void) | { handleEvent(event: E): void };

export class Emitter {
  readonly #clock: Clock;
  /** Each listener of each event, and whether it is told once only. */
  readonly #listeners = new Map<Names, Map<Told<never>, boolean>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A listener that was added before is not added again. */
  add<K extends Names>(type: K, listener: Told<SessionEvents[K]>, options: ListenerOptions = {}): void {
    if (options.signal !== undefined && asSignal(options.signal).aborted) return;
    const known = this.#listeners.get(type) ?? new Map<Told<never>, boolean>();
    this.#listeners.set(type, known);
    if (!known.has(listener)) known.set(listener, options.once === true);
    if (options.signal !== undefined) whenAborted(options.signal, () => this.remove(type, listener));
  }

  remove<K extends Names>(type: K, listener: Told<SessionEvents[K]>): void {
    this.#listeners.get(type)?.delete(listener);
  }

  emit<K extends Names>(type: K, event: SessionEvents[K]): void {
    const known = this.#listeners.get(type);
    if (known === undefined) return;
    for (const [listener, once] of [...known]) {
      if (once) known.delete(listener);
      tell(this.#clock, listener as Told<SessionEvents[K]>, event);
    }
  }
}

/** A listener that throws stops neither us nor other listeners: its error comes up in a turn of its own. */
export function tell<E>(clock: Clock, listener: Told<E>, event: E): void {
  try {
    if (typeof listener === "function") listener(event);
    else listener.handleEvent(event);
  } catch (error) {
    clock.soon(() => {
      throw error;
    });
  }
}
