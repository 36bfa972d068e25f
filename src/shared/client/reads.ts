/**
 * Calls of declared reads that were sent and not answered. They have no numbers of the session: when a link is lost
 * they are simply asked again on the next one. Whether a call is a read is known from the answer that opens the
 * session; a replica whose class says otherwise refuses it, and it goes through the log.
 */
import { callsInFlightMax } from "../limits.ts";
import type { ClassInfo, Seq, SessionId } from "../object/types.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import type { ReadMessage } from "../wire/messages.ts";
import type { PendingCall, Waiting } from "./call.ts";
import type { Final } from "./outcome.ts";
import { joinParts } from "./payload.ts";

export class Reads implements Waiting {
  /** By the name of their class; without those of classes that declare none. */
  #declared: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  /** By id, oldest first. */
  readonly #open = new Map<number, PendingCall>();
  #lastId = 0;
  /** Taken to be sent, and not sent yet. */
  #leaving: PendingCall[] = [];
  #slot: Slot = slotZero;

  /** Reads that wait for their answers. */
  get size(): number {
    return this.#open.size + this.#leaving.length;
  }

  get hasRoom(): boolean {
    return this.size < callsInFlightMax;
  }

  /** What the cluster serves. */
  learn(classes: readonly ClassInfo[]): void {
    const some = classes.filter(({ reads }) => reads.length > 0);
    this.#declared = new Map(some.map(({ name, reads }) => [name, new Set(reads)]));
  }

  /** Whether `call` leaves as a read. What is marked local always does, if its class has any: to be refused. */
  wants(call: PendingCall): boolean {
    if (call.logged) return false;
    const reads = this.#declared.get(call.target.className);
    return reads !== undefined && (call.local || reads.has(call.target.method));
  }

  /** The latest slot whose state the program may have seen. */
  get seen(): Slot {
    return this.#slot;
  }

  saw(slot: Slot): void {
    if (slot > this.#slot) this.#slot = slot;
  }

  add(call: PendingCall): void {
    this.#leaving.push(call);
  }

  /** What was added, as at most two messages. @param after the session's numbered calls up to here come first */
  leave(session: SessionId, after: Seq): readonly ReadMessage[] {
    const messages: ReadMessage[] = [];
    for (const local of [false, true]) {
      const calls = this.#leaving.filter((call) => call.local === local);
      if (calls.length === 0) continue;
      const id = this.#lastId + 1;
      for (const call of calls) {
        call.readId = ++this.#lastId;
        call.waiting = this;
        this.#open.set(call.readId, call);
      }
      const slot = local ? this.#slot : null;
      const payload = joinParts(calls);
      messages.push({ type: "read", session, id, n: calls.length, after, local: slot, payload });
    }
    this.#leaving = [];
    return messages;
  }

  /** The call with this id, which is not awaited any more; null when it is not known. */
  answered(id: number): PendingCall | null {
    const call = this.#open.get(id) ?? null;
    this.#open.delete(id);
    if (call !== null) call.waiting = null;
    return call;
  }

  /** What becomes of a call that was answered as a read; null when it must go through the log. */
  judge(call: PendingCall, outcome: Final): Final | null {
    if (outcome.type !== "refused" || outcome.code !== "STALE_CLASS") return outcome;
    const { className, method } = call.target;
    const reads = this.#declared.get(className);
    call.logged = true;
    if (!call.local || reads?.has(method) !== false) return null;
    const message = `${className} does not declare ${method} as a read, but: ${[...reads].join(", ")}`;
    return { type: "refused", code: "UNKNOWN_METHOD", message, executed: "no" };
  }

  /** The program gave one up. */
  left(call: PendingCall): void {
    this.#open.delete(call.readId);
  }

  /** Takes all of them, oldest first: they are to be asked again. */
  take(): readonly PendingCall[] {
    const all = [...this.#open.values()];
    this.#open.clear();
    return all;
  }

  [Symbol.iterator](): Iterator<PendingCall> {
    return this.#open.values();
  }
}
