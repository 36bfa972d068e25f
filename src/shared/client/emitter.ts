/** Tells listeners what happened to a session; the part of the platform's EventTarget that works in every runtime. */
import type { Clock } from "../clock.ts";
import type { ListenerOptions, Listening, SessionEvents } from "./types.ts";

type Listener = (event: never) => void;

export class Emitter implements Listening {
  private readonly clock: Clock;
  private readonly listeners = new Map<keyof SessionEvents, Map<Listener, boolean>>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  addEventListener<K extends keyof SessionEvents>(
    type: K,
    listener: (event: SessionEvents[K]) => void,
    options?: ListenerOptions,
  ): void {
    let known = this.listeners.get(type);
    if (known === undefined) this.listeners.set(type, (known = new Map()));
    if (!known.has(listener)) known.set(listener, options?.once === true);
  }

  removeEventListener<K extends keyof SessionEvents>(type: K, listener: (event: SessionEvents[K]) => void): void {
    this.listeners.get(type)?.delete(listener);
  }

  emit<K extends keyof SessionEvents>(type: K, event: SessionEvents[K]): void {
    const known = this.listeners.get(type);
    if (known === undefined) return;
    for (const [listener, once] of [...known]) {
      if (once) known.delete(listener);
      this.tell(listener as (event: SessionEvents[K]) => void, event);
    }
  }

  /** A listener that throws must not stop the session: its error comes up in a turn of its own. */
  private tell<E>(listener: (event: E) => void, event: E): void {
    try {
      listener(event);
    } catch (error) {
      this.clock.soon(() => {
        throw error;
      });
    }
  }
}
