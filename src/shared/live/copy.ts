/**
 * One object as this program has it: made from a snapshot, and changed by the inputs that the cluster executed, by the
 * rules of object/frame.ts and as object/runs.ts does. Nobody waits here: a blocked call is only a ticket that lives.
 */

import { beginCall } from "../object/ambient.ts";
import { Frame } from "../object/frame.ts";
import { hooksOf, onCancel } from "../object/hooks.ts";
import type { Input } from "../object/input.ts";
import { disregard } from "../object/outcomes.ts";
import type { HookKey } from "../object/registry.ts";
import { stateHash } from "../object/state-hash.ts";
import { give, nowhere, type SlotContext, surround } from "../object/surround.ts";
import { isBlockedSign, keyOf, makeTicket, type Ticket } from "../object/ticket.ts";
import type { Call } from "../object/types.ts";
import { unreachable } from "../paxos/ids.ts";
import { decodeCall } from "../wire/feed-codec.ts";
import type { LiveClass } from "./classes.ts";
import { clone } from "./view.ts";

/** Inputs of one slot. */
interface InSlot<I> {
  readonly context: SlotContext;
  readonly inputs: readonly I[];
}

export class Copy {
  readonly #type: LiveClass;
  /** The tickets that live, by their keys. */
  readonly #living = new Map<string, Ticket>();
  readonly #frame = new Frame(this.#living);
  /** Null as long as no call has made it. */
  object: object | null;
  /** The stream of chance of what runs next in its slot. */
  #k = 0;

  /**
   * @param hasDClass whether the object may hold one
   * @param waiting the tickets that live
   */
  constructor(
    type: LiveClass,
    object: object | null = null,
    hasDClass = false,
    waiting: Iterable<Ticket> = [],
  ) {
    this.#type = type;
    this.object = object;
    this.#frame.hasDClass = hasDClass;
    for (const ticket of waiting) this.#living.set(keyOf(ticket), ticket);
  }

  /** Another one, which changes alone. */
  clone(): Copy {
    const object = this.object === null ? null : clone(this.object, this.#type.empty());
    return new Copy(this.#type, object, this.#frame.hasDClass, this.#living.values());
  }

  /** Null where there is no object. */
  hash(): number | null {
    return this.object === null ? null : stateHash(this.object);
  }

  /**
   * Executes inputs, in their order. The surroundings are exchanged once for all: that costs more than most methods.
   *
   * @param wants is asked of each before it is executed
   */
  apply<I extends Input>(
    slots: readonly InSlot<I>[],
    wants?: (input: I, context: SlotContext) => boolean,
  ): void {
    const each = () => {
      for (const { context, inputs } of slots) {
        give(context, this.#frame);
        for (const input of inputs) if (wants?.(input, context) !== false) this.#execute(input);
      }
    };
    surround(nowhere, each, this.#frame);
  }

  #execute({ kind, session, user, seq, index, k, payload, told }: Input): void {
    const living = this.#living;
    const frame = this.#frame;
    this.#k = k;
    frame.session = session;
    frame.user = user;
    frame.seq = seq;
    frame.index = index;
    if (kind === "call" || kind === "init") {
      const call = decodeCall(payload);
      if (call !== null) this.#call(call, kind === "init");
      return;
    }
    const ticket = makeTicket(session, seq);
    const key = keyOf(ticket);
    const waiting = living.get(key);
    switch (kind) {
      case "deadline":
        this.#tell("onDeadline", ticket);
        // The hook may have let it wait without a deadline.
        if (living.get(key) === waiting) living.delete(key);
        return;
      case "cancel":
        living.delete(key);
        return this.#tell(onCancel, ticket);
      case "sessionEnd":
        for (const [of, one] of living) if (one.session === session) living.delete(of);
        if (told) this.#tell("onSessionEnd", session);
        return;
      case "migrate": // a snapshot follows
        return;
      default:
        return unreachable(kind);
    }
  }

  /** The first call makes the object; `init` makes it anew. */
  #call({ method, args }: Call, init: boolean): void {
    this.#begin();
    const isNew = this.object === null;
    if (isNew || init) {
      if (!this.#build(init ? args : [])) return;
      if (!isNew) this.#living.clear();
    }
    const run = init ? null : this.#type.method(method);
    if (run !== null) this.#run(() => Reflect.apply(run, this.object, args));
  }

  #begin(): void {
    beginCall(this.#k++);
    this.#frame.mayBlock = false;
    this.#frame.hasBlocked = false;
  }

  #build(args: readonly unknown[]): boolean {
    try {
      this.object = new this.#type.ctor(...args);
      return true;
    } catch {
      // Its caller hears why. There is no object, or the one before.
      return false;
    }
  }

  /** What a method throws its caller hears; what it did before stays done. */
  #run(method: () => unknown): void {
    const frame = this.#frame;
    frame.mayBlock = true;
    try {
      const value = method();
      if (!isBlockedSign(value)) frame.release();
      disregard(value);
    } catch {
      frame.release();
    }
  }

  /** What hooks throw interests nobody. */
  #tell(key: HookKey, argument: unknown): void {
    const object = this.object;
    if (object === null) return;
    for (const [target, hook] of hooksOf(object, this.#type.hook(key), this.#frame.hasDClass, key)) {
      this.#begin();
      try {
        disregard(Reflect.apply(hook, target, [argument]));
      } catch {
        // See above.
      }
    }
  }
}
