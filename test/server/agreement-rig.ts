/** Replicas that execute one log with classes of their own, and compare: state machines and beats, no Paxos. */
import type { Constructor } from "../../src/shared/object/registry.ts";
import type { SessionId } from "../../src/shared/object/types.ts";
import { type Millis, millis, type NodeId } from "../../src/shared/paxos/ids.ts";
import { type Slot, slot, slotZero } from "../../src/shared/paxos/slot.ts";
import type { Proposal } from "../../src/shared/paxos/types.ts";
import type { Role, View } from "../../src/shared/paxos/view.ts";
import { Agreement, type ObjectHashes } from "../../src/shared/server/agreement.ts";
import type { PeerMessage } from "../../src/shared/wire/messages.ts";
import { objectCodec } from "../../src/shared/wire/values.ts";
import { calls, Log, open, registryOf } from "../object/machine.ts";
import { id, member } from "../paxos/case.ts";

/** A class of one name whose outcomes depend on what the replica was given. */
export function moodOf(mood: number): Constructor {
  return class Mood {
    n = 0;
    add(): number {
      return ++this.n;
    }
    tell(): number {
      return this.n + mood;
    }
  };
}

export interface Seat {
  /** One letter. */
  readonly name: string;
  /** Null: it executes nothing. */
  readonly mood: number | null;
  readonly role: Role;
  readonly log: Log;
  readonly agreement: Agreement;
  snapshot: Slot;
  stateHash: number;
  /** It neither beats nor answers. */
  silent: boolean;
  /** It gets nothing decided. */
  late: boolean;
  stopped: string | null;
}

const everyMillis = 10;
const beatMillis = 50;

export class Table {
  readonly seats: Seat[] = [];
  readonly session: SessionId;
  private now: Millis = millis(0);
  private readonly decided: Proposal[] = [];
  private seq = 1;

  /** @param moods of the replicas a, b, c, ...; null: it executes nothing */
  constructor(moods: readonly (number | null)[], roles: readonly Role[] = []) {
    for (const [i, mood] of moods.entries()) this.sit("abcdef"[i] as string, mood, roles[i] ?? "replica");
    const opened = this.decide(this.log.proposal([open(1, 10_000_000)]));
    this.session = opened;
  }

  seat(name: string): Seat {
    return this.seats.find((s) => s.name === name) as Seat;
  }

  /** One slot: a call of each method, "Mood/main.add" or "add" for the object main. */
  call(...methods: readonly string[]): void {
    const list = methods.map((text) => {
      const [object, method] = text.includes(".") ? text.split(".") : ["Mood/main", text];
      return { object: object as string, method: method as string, args: [] };
    });
    const command = calls(this.session, this.seq, list, this.seq - 1);
    this.seq += list.length;
    this.decide(this.log.proposal([command]));
  }

  /** Lets time pass: each node beats and looks, each at moments of its own. */
  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end; this.now = millis(this.now + everyMillis)) {
      for (const [i, seat] of this.seats.entries()) {
        this.turn(seat);
        if ((this.now / everyMillis + i) % (beatMillis / everyMillis) === 0) this.beat(seat);
      }
    }
  }

  /** All that is late is executed. */
  catchUp(): void {
    for (const seat of this.seats) {
      seat.late = false;
      this.execute(seat);
    }
  }

  snapshot(name: string, at: number, stateHash: number, objects: ObjectHashes): void {
    const seat = this.seat(name);
    [seat.snapshot, seat.stateHash] = [slot(at), stateHash];
    seat.agreement.snapshot(slot(at), stateHash, objects);
  }

  /** Who stopped, by letter. */
  get stopped(): string {
    return this.seats.flatMap((s) => (s.stopped === null ? [] : [s.name])).join("");
  }

  private get log(): Log {
    return (this.seats[0] as Seat).log;
  }

  private get view(): View {
    return { number: 1, first: slot(1), members: this.seats.map((s) => member(s.name, s.role)) };
  }

  private sit(name: string, mood: number | null, role: Role): void {
    const log = new Log(registryOf(moodOf(mood ?? 0)));
    const agreement = new Agreement({
      id: id(name),
      codec: objectCodec,
      trail: log.machine.trail,
      executed: () => (mood === null ? slotZero : log.machine.executed),
      newestView: () => this.view,
      decidedIn: (s) => this.decided[s - 2] ?? null, // slot 1 told the classes
      send: (to, message) => this.send(id(name), to, message),
    });
    const rest = { snapshot: slotZero, stateHash: 0, silent: false, late: false, stopped: null };
    this.seats.push({ name, mood, role, log, agreement, ...rest });
  }

  private decide(proposal: Proposal): SessionId {
    this.decided.push(proposal);
    for (const seat of this.seats) if (!seat.late) this.execute(seat);
    return this.log.machine.sessionByHash("1".padStart(64, "0")) as SessionId;
  }

  private execute({ log, mood }: Seat): void {
    const { machine } = log;
    while (mood !== null && machine.executed <= this.decided.length)
      log.raw(this.decided[machine.executed - 1] as Proposal);
  }

  private turn(seat: Seat): void {
    if (seat.stopped !== null) return;
    try {
      seat.agreement.turned(this.now);
    } catch (error) {
      seat.stopped = error instanceof Error ? error.message : String(error);
    }
  }

  /** Learners hear beats and send none. */
  private beat({ name, role, agreement, snapshot, stateHash, silent, stopped }: Seat): void {
    if (silent || role === "learner" || stopped !== null) return;
    const { at: digestAt, digest } = agreement.checkpoint;
    const beat = { digestAt, digest, snapshot, stateHash };
    for (const other of this.seats) if (other.name !== name) other.agreement.heard(id(name), beat);
  }

  private send(from: NodeId, to: readonly NodeId[], message: PeerMessage): void {
    const seat = this.seats.find((s) => id(s.name) === to[0]) as Seat;
    const sender = this.seats.find((s) => id(s.name) === from) as Seat;
    if (seat.silent || (seat.stopped ?? sender.stopped) !== null) return;
    if (message.type === "askDigests" || message.type === "askHashes") seat.agreement.asked(from, message);
    if (message.type === "digests" || message.type === "hashes") seat.agreement.answered(from, message);
  }
}
