/**
 * One object as this program has it: made from a snapshot, and changed by the inputs that the cluster executed, with
 * the same code (object/runs.ts). Nobody waits here: a blocked call is only a ticket that is alive.
 */

import { onCancel } from "../object/d-class.ts";
import type { Input } from "../object/input.ts";
import type { Instance } from "../object/instances.ts";
import { disregard, type Outcomes } from "../object/outcomes.ts";
import type { ClassEntry } from "../object/registry.ts";
import { initMethod, Runs, type RunsWakes } from "../object/runs.ts";
import { objectOf, type Table, tableOf } from "../object/state-table.ts";
import type { SlotContext } from "../object/surround.ts";
import { makeTicket, type Ticket } from "../object/ticket.ts";
import type { Call } from "../object/types.ts";
import { BlockedCall, type Caller, neverDue } from "../object/waiting-calls.ts";
import { unreachable } from "../paxos/ids.ts";
import { decodeCall } from "../wire/feed-codec.ts";
import type { LiveClass } from "./classes.ts";

/** What a copy is made from. */
export interface CopyState {
  readonly hasDClass: boolean;
  readonly waiting: Iterable<Ticket>;
  /** Null for an object that no call has made yet. */
  readonly table: Table | null;
}

type Waiting = BlockedCall<Caller>;

const noObject = Object.freeze({});

/** Nobody is answered here. */
const nothing = { type: "returned", value: new Uint8Array(0) } as const;
const outcomes: Outcomes = {
  returned: (value) => {
    disregard(value);
    return nothing;
  },
  threw: () => ({ type: "threw", error: nothing.value }),
};

class CopyRuns extends Runs<Caller> {
  enter(context: SlotContext, { k, index }: Input): void {
    this.begin(context);
    this.k = k;
    this.callIndex = index;
  }

  /** As Execution does. @returns the object; null when there is none, as its constructor threw */
  execute(
    known: Instance | null,
    entry: ClassEntry,
    call: Call,
    caller: Caller,
    seq: number,
  ): Instance | null {
    this.beginRun(caller, seq, null);
    const init = call.method === initMethod;
    const instance = known ?? { entry, object: noObject, order: 0, hasDClass: false, tap: null };
    const made = known === null ? this.build(instance, init ? call.args : []) : null;
    const method = entry.functions.get(call.method);
    if (made === null && init && method === undefined) this.rebuild(instance, call);
    else if (made?.type !== "threw" && method !== undefined) this.run(instance, method, call, caller);
    this.frame.instance = null;
    return made?.type === "threw" ? null : instance;
  }
}

export class Copy implements RunsWakes<Caller> {
  readonly #type: LiveClass;
  readonly #runs = new CopyRuns(outcomes, 0, this);
  readonly #waiting = new Map<string, Waiting>();
  #instance: Instance | null = null;

  /** @param strict whether all classes must be known. @throws Error when the state cannot be made */
  constructor(type: LiveClass, { hasDClass, waiting, table }: CopyState, strict = true) {
    this.#type = type;
    const { entry } = type;
    if (table === null) return;
    const object = objectOf(table, strict ? type : type.lenient, type.empty);
    const instance: Instance = { entry, object, order: 0, hasDClass, tap: null };
    this.#instance = instance;
    for (const { session: id, seq } of waiting)
      this.block(
        new BlockedCall<Caller>({ id, user: null }, seq as Waiting["seq"], instance, neverDue, null),
      );
  }

  get object(): object | null {
    return this.#instance?.object ?? null;
  }

  /** What another copy is made from. @throws Error when the state holds what cannot be told */
  tell(): CopyState {
    const instance = this.#instance;
    const tickets = [...this.#waiting.values()].map(({ session, seq }) => makeTicket(session.id, seq));
    const table = instance === null ? null : tableOf(instance.object, this.#type);
    return { hasDClass: instance?.hasDClass ?? false, waiting: tickets, table };
  }

  /** Executes one input. */
  apply(context: SlotContext, input: Input): void {
    this.#runs.enter(context, input);
    try {
      this.#execute(input);
    } finally {
      this.#runs.end();
    }
  }

  #execute(input: Input): void {
    const runs = this.#runs;
    const instance = this.#instance;
    const { session: id, user, seq, payload, kind } = input;
    const caller: Caller = { id, user };
    const ticket = makeTicket(id, seq);
    const waiting = this.find(ticket);
    switch (kind) {
      case "call":
      case "init": {
        const call = decodeCall(payload);
        if (call !== null) this.#instance = runs.execute(instance, this.#type.entry, call, caller, seq);
        return;
      }
      case "deadline":
        if (instance !== null) runs.tell(instance, "onDeadline", caller, seq, ticket);
        // The hook may have let it wait without a deadline.
        if (waiting !== undefined && this.find(ticket) === waiting) this.unblock(waiting);
        return;
      case "cancel":
        if (waiting !== undefined) this.unblock(waiting);
        if (instance !== null) runs.tell(instance, onCancel, caller, seq, ticket);
        return;
      case "sessionEnd":
        for (const call of this.#waiting.values()) if (call.session.id === id) this.unblock(call);
        if (instance !== null && input.told) runs.tell(instance, "onSessionEnd", caller, 0, id);
        return;
      case "migrate": // a snapshot follows
        return;
      default:
        return unreachable(kind);
    }
  }

  find({ session, seq }: Ticket): Waiting | undefined {
    return this.#waiting.get(`${session}/${seq}`);
  }

  block(call: Waiting): void {
    this.#waiting.set(`${call.session.id}/${call.seq}`, call);
  }

  unblock(call: Waiting): void {
    this.#waiting.delete(`${call.session.id}/${call.seq}`);
  }

  waitOn(call: Waiting): void {
    this.block(new BlockedCall(call.session, call.seq, call.instance, neverDue, null));
  }

  finish(call: Waiting): void {
    this.unblock(call);
  }

  rebuilt(): void {
    this.#waiting.clear();
  }
}
