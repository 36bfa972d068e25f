/**
 * This program's own calls that are not confirmed yet: they run at once, on a copy of the confirmed state, in their
 * order, and again whenever that changes. There time is an estimate and chance is local; a call that blocks leaves the
 * state as its method did, one that throws what it changed until then. Nobody is answered by such a run.
 */

import type { PendingCall } from "../client/call.ts";
import { ConcoordError } from "../client/errors.ts";
import { joinParts } from "../client/payload.ts";
import { never } from "../clock.ts";
import type { Input } from "../object/input.ts";
import { initMethod } from "../object/surface.ts";
import type { SlotContext } from "../object/surround.ts";
import { nobody } from "../object/types.ts";
import type { Moment } from "../paxos/types.ts";
import type { Copy } from "./copy.ts";

interface Own {
  readonly call: PendingCall;
  /** Stands for its seq as long as it has none: waiting lines take each ticket for another one. */
  readonly place: number;
  readonly payload: Uint8Array;
  readonly wall: number;
  readonly seed: number;
  /** It ran, in this slot or before: when all is known up to here, it is part of what is confirmed. */
  ranBy: number;
}

export class Pending {
  #own: Own[] = [];
  /** Above all seqs that are in use. */
  #places = 2 ** 48;

  get size(): number {
    return this.#own.length;
  }

  /**
   * @param seen the slot that answers showed last
   * @param over is called when it is known whether it ran
   */
  add(call: PendingCall, { wall, random }: Moment, seen: () => number, over: () => void): void {
    const payload = joinParts([call]);
    const own: Own = { call, place: this.#places++, payload, wall, seed: random, ranBy: never };
    this.#own.push(own);
    // Its input may come under the name of a session that has ended since: then the slot tells that it came.
    const settled = (ran: boolean) => {
      own.ranBy = ran ? seen() : 0;
      over();
    };
    call.promise.then(
      () => settled(true),
      (error: unknown) => settled(!(error instanceof ConcoordError) || error.executed === "yes"),
    );
  }

  /** A call of the session that is open was confirmed. */
  confirmed(seq: number): void {
    this.#keep(({ call }) => call.seq !== seq);
  }

  /** All that ran up to the slot is confirmed. @returns whether any of these did, or never will */
  confirmedBy(slot: number): boolean {
    const { size } = this;
    this.#keep(({ ranBy }) => ranBy > slot);
    return this.size < size;
  }

  /** All calls of the session below `next` were confirmed. */
  confirmedBelow(next: number): void {
    this.#keep(({ call }) => call.seq === 0 || call.seq >= next);
  }

  #keep(isPending: (one: Own) => boolean): void {
    this.#own = this.#own.filter(isPending);
  }

  /**
   * Runs them.
   * @param last the context of the last confirmed slot
   * @param from -1: only the newest one, after the others
   */
  run(copy: Copy, last: SlotContext, session = nobody, from = 0): void {
    for (const { call, place, payload, wall, seed } of this.#own.slice(from)) {
      const context = { ...last, slot: last.slot + 1, wall: Math.max(wall, last.wall), seed };
      const kind: Input["kind"] = call.target.method === initMethod ? "init" : "call";
      const whose = { session, user: null, seq: call.seq || place };
      copy.apply([{ context, inputs: [{ kind, index: 0, k: 0, ...whose, told: true, payload }] }]);
    }
  }
}
