/**
 * Objects that block, in the project's own worlds, and what their clients were told of them. A turnstile has a few
 * permits and a long queue; a post hands items to whoever waits for one. Both note what they gave to whom, so that a
 * wake-up that was lost or doubled shows at the end.
 */
import { block, resume } from "../object/block.ts";
import { invocation } from "../object/invocation.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { Blocked, Ticket } from "../object/ticket.ts";
import { Tickets } from "../object/tickets.ts";
import { type SessionId, seq } from "../object/types.ts";
import { must } from "../paxos/ids.ts";

const permits = 2;

/** What `enter` answers: which permit, and a number that rises with each; null when the patience was over. */
export type Pass = readonly [permit: number, serial: number] | null;

export class Turnstile {
  readonly free: number[] = Array.from({ length: permits }, (_, i) => i);
  /** Who has a permit. */
  readonly holders = new Map<number, { readonly id: number; readonly session: SessionId }>();
  readonly waiting = new Tickets<Pass>();
  /** By the seq of their ticket, for each session: the ids of calls that wait. */
  readonly wanted = new Map<SessionId, Map<number, number>>();
  readonly given = new Map<number, Pass>();
  serial = 0;
  /** What must never happen. */
  readonly faults: string[] = [];

  /** @param patience ms of log time; null is for ever */
  enter(id: number, patience: number | null): Pass | Blocked<Pass> {
    const { session, seq: of } = invocation();
    const permit = this.free.pop();
    if (permit !== undefined) return this._give(permit, id, session);
    const ids = this.wanted.get(session) ?? new Map<number, number>();
    this.wanted.set(session, ids.set(of, id));
    return patience === null
      ? block<Pass>(this.waiting)
      : block<Pass>(this.waiting, { after: patience, then: null });
  }

  /** Gives back what `enter` with this id got, or is still to get. */
  leave(id: number): boolean {
    for (const [permit, holder] of this.holders) {
      if (holder.id !== id) continue;
      this._pass(permit);
      return true;
    }
    for (const ticket of this.waiting) {
      if (this.wanted.get(ticket.session)?.get(ticket.seq) !== id) continue;
      this.waiting.delete(ticket);
      resume(ticket, null);
    }
    return false;
  }

  onSessionEnd(session: SessionId): void {
    this.wanted.delete(session);
    for (const [permit, holder] of [...this.holders]) if (holder.session === session) this._pass(permit);
  }

  onDeadline(ticket: Ticket): void {
    if (!this.waiting.delete(ticket)) this.faults.push(`the deadline of ${ticket.seq}, which does not wait`);
  }

  private _pass(permit: number): void {
    this.holders.delete(permit);
    for (let ticket = this.waiting.shift(); ticket !== undefined; ticket = this.waiting.shift()) {
      const { session, seq: of } = ticket;
      const id = this.wanted.get(session)?.get(of) ?? -1;
      if (!resume(ticket, [permit, this.serial + 1])) continue;
      this._give(permit, id, session);
      return;
    }
    this.free.push(permit);
  }

  private _give(permit: number, id: number, session: SessionId): Pass {
    if (this.holders.has(permit)) this.faults.push(`permit ${permit} is given twice`);
    if (this.given.has(id)) this.faults.push(`call ${id} is given two permits`);
    const pass: Pass = [permit, ++this.serial];
    this.holders.set(permit, { id, session });
    this.given.set(id, pass);
    return pass;
  }
}

export class Post {
  readonly items: number[] = [];
  readonly waiting: Ticket<number | null>[] = [];
  /** Items that were handed over. */
  readonly handed: number[] = [];

  put(item: number): void {
    if (resume(this.waiting, item)) this.handed.push(item);
    else this.items.push(item);
  }

  take(patience: number): number | Blocked<number | null> {
    const item = this.items.shift();
    if (item === undefined) return block<number | null>(this.waiting, { after: patience, then: null });
    this.handed.push(item);
    return item;
  }
}

type Executed = "no" | "unknown" | "yes";

/** What the clients of a world were told. */
export class WaitingLedger {
  private readonly entered: { answer: { readonly executed: Executed; readonly pass: Pass } | null }[] = [];
  private readonly takes: { readonly executed: Executed; readonly item: number | null }[] = [];
  private taking = 0;
  private readonly puts: { executed: Executed | null }[] = [];

  /** @returns the id of the call */
  enter(): number {
    return this.entered.push({ answer: null }) - 1;
  }

  /** @param pass null when there was none, or nobody knows */
  passed(id: number, executed: Executed, pass: Pass): void {
    const call = this.entered[id];
    must(call?.answer === null, "a call was answered twice");
    call.answer = { executed, pass };
  }

  put(): number {
    return this.puts.push({ executed: null }) - 1;
  }

  wasPut(item: number, executed: Executed): void {
    const call = this.puts[item];
    must(call?.executed === null, "a call was answered twice");
    call.executed = executed;
  }

  take(): void {
    this.taking++;
  }

  took(executed: Executed, item: number | null): void {
    this.takes.push({ executed, item });
  }

  check(machine: StateMachine): void {
    const [turnstile, post] = [machine.peek("Turnstile/main"), machine.peek("Post/main")];
    this.checkPasses(machine, turnstile instanceof Turnstile ? turnstile : new Turnstile());
    this.checkItems(post instanceof Post ? post : new Post());
  }

  private checkPasses(machine: StateMachine, { free, holders, waiting, given, faults }: Turnstile): void {
    must(faults.length === 0, `a turnstile: ${faults.join("; ")}`);
    must(free.length + holders.size === permits, "a permit is lost");
    this.entered.forEach(({ answer }, id) => {
      must(answer !== null, `enter ${id} was never answered`);
      const pass = given.get(id) ?? null;
      if (answer.executed === "no") must(pass === null, `enter ${id} did not run, but got a permit`);
      if (answer.executed !== "yes") return;
      must(pass?.[1] === answer.pass?.[1], `enter ${id} was told of ${answer.pass}, but it got ${pass}`);
    });
    for (const { session } of holders.values())
      must(machine.session(session) !== null, "a permit of a session that ended is not given back");
    const waits = [...waiting].some((t) => machine.outcomeOf(t.session, seq(t.seq))?.type === "blocked");
    must(!waits || free.length === 0, "a call waits although there is a permit");
  }

  /** Who got an item was told so, unless it gave up or its session ended; nobody else got it. */
  private checkItems({ items, handed }: Post): void {
    must(this.takes.length === this.taking, "a take was never answered");
    const told = this.takes.flatMap(({ item }) => (item === null ? [] : [item]));
    must(
      new Set([...handed, ...items]).size === handed.length + items.length,
      "an item was handed over twice",
    );
    must(new Set(told).size === told.length, "two were told of one item");
    must(
      told.every((item) => handed.includes(item)),
      "an item was told of and not handed over",
    );
    const unsure = this.takes.filter(({ executed }) => executed === "unknown").length;
    must(handed.length <= told.length + unsure, "an item was handed over, and nobody was told");
    this.puts.forEach(({ executed }, item) => {
      const there = items.includes(item) || handed.includes(item);
      must(executed !== "yes" || there, `item ${item} is lost`);
      must(executed !== "no" || !there, `item ${item} was put, its client was told that it was not`);
    });
  }
}
