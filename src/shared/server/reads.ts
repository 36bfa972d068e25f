/**
 * Declared reads of this node's clients, until they may run: after the session's writes that were made before them,
 * and after all that was decided when they came (P8). What that is, the core asks for; one question serves all reads
 * that came before it left. Reads marked local wait for no question, only for what their session saw elsewhere.
 */
import { callsInFlightMax } from "../limits.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { Call, Code, ObjectCodec, Outcome } from "../object/types.ts";
import type { Millis } from "../paxos/ids.ts";
import type { Slot } from "../paxos/slot.ts";
import type { ReadAt } from "../paxos/types.ts";
import type { ReadMessage } from "../wire/messages.ts";
import type { Attachment, Connection } from "./connection.ts";
import type { Guard } from "./guard.ts";
import type { Meters } from "./meters.ts";

/** Questions under way. One is asked while the next one gathers behind it; more would only make the queue longer. */
const askedMax = 2;
const tooMany = `more than ${callsInFlightMax} reads of one session are under way: wait for answers`;

/** The reads of one message: they run together. */
interface Group {
  readonly connection: Connection;
  readonly attachment: Attachment;
  readonly message: ReadMessage;
  readonly calls: readonly Call[];
  /** When they came. */
  readonly at: Millis;
  /** They may run after this slot; null while that is not known. */
  slot: Slot | null;
  /** Where it waits. */
  holder: Set<Group>;
}

export class Reads {
  private readonly machine: StateMachine;
  private readonly codec: ObjectCodec;
  private readonly ask: (token: number) => void;
  private readonly seed: () => number;
  private readonly meters: Meters | null;
  private readonly guard: Guard | null;
  private readonly byConnection = new Map<Connection, Set<Group>>();
  /** By the token of their question, oldest first. */
  private readonly asked = new Map<number, Set<Group>>();
  /** The question that has not left yet: reads may still join it. */
  private leaving: Set<Group> | null = null;
  /** For the next question. */
  private gathering = new Set<Group>();
  /** Only the log is waited for. */
  private readonly due = new Set<Group>();
  private tokens = 0;

  /**
   * @param ask for the slot after which reads that came so far may run; answered by `confirmed`
   * @param seed for the dice of reads, 32 bits
   */
  constructor(
    machine: StateMachine,
    codec: ObjectCodec,
    ask: (token: number) => void,
    seed: () => number,
    meters: Meters | null = null,
    guard: Guard | null = null,
  ) {
    this.machine = machine;
    this.codec = codec;
    this.ask = ask;
    this.seed = seed;
    this.meters = meters;
    this.guard = guard;
  }

  /** @param connection one that owns the session. @throws Error when the payload does not decode */
  add(connection: Connection, message: ReadMessage): void {
    const { n, payload, local } = message;
    const why = this.guard?.calls(connection.identity, "read", payload, n) ?? null;
    if (why !== null) return refuse(connection, message, "DENIED", why);
    const attachment = connection.sessions.get(message.session) as Attachment;
    const calls = this.codec.decodeCalls(payload, n);
    const busy = attachment.reads + n > callsInFlightMax ? tooMany : connection.crowded(payload.length);
    if (busy !== null) return refuse(connection, message, "BUSY", busy);
    attachment.reads += n;
    connection.load(payload.length);
    const holder = local === null ? this.question() : this.due;
    const { heardAt: at } = connection;
    const group: Group = { connection, attachment, message, calls, at, slot: local, holder };
    holder.add(group);
    const groups = this.byConnection.get(connection);
    if (groups === undefined) this.byConnection.set(connection, new Set([group]));
    else groups.add(group);
    if (local !== null) this.tryRun(group);
  }

  /** The core's answers to `ask`. */
  confirmed(reads: readonly ReadAt[]): void {
    for (const { token, slot } of reads) {
      for (const group of this.asked.get(token) ?? []) {
        group.slot = slot;
        group.holder = this.due;
        this.due.add(group);
      }
      this.asked.delete(token);
    }
    if (this.gathering.size === 0 || this.asked.size >= askedMax) return;
    this.begin(this.gathering);
    this.gathering = new Set();
  }

  /** After each turn: questions have left, and slots may have been executed. */
  turned(): void {
    this.leaving = null;
    for (const group of this.due) this.tryRun(group);
  }

  /** Nobody would hear the answers. */
  drop(connection: Connection): void {
    for (const group of this.byConnection.get(connection) ?? []) this.forget(group);
  }

  /** The question that reads of this moment join. */
  private question(): Set<Group> {
    if (this.leaving !== null) return this.leaving;
    if (this.asked.size >= askedMax) return this.gathering;
    this.leaving = new Set();
    this.begin(this.leaving);
    return this.leaving;
  }

  private begin(groups: Set<Group>): void {
    this.asked.set(++this.tokens, groups);
    this.ask(this.tokens);
  }

  private tryRun(group: Group): void {
    const { connection, message, calls, slot, at } = group;
    const { executed } = this.machine;
    const state = this.machine.session(message.session);
    if (state !== null && (state.next <= message.after || slot === null || executed < slot)) return;
    this.forget(group);
    if (state === null) return connection.send({ type: "ended", session: message.session });
    answer(connection, message, (i) => {
      // Each takes what the last ones left: who does not read is told no more.
      const busy = connection.crowded(0);
      if (busy !== null) return { type: "refused", code: "BUSY", message: busy, executed: "no" };
      const call = calls[i] as Call;
      const [outcome] = this.machine.read([call], message.session, this.seed());
      this.meters?.read(call, outcome as Outcome, at);
      return outcome as Outcome;
    });
  }

  private forget(group: Group): void {
    const { connection, attachment, message } = group;
    attachment.reads -= message.n;
    connection.load(-message.payload.length);
    group.holder.delete(group);
    const groups = this.byConnection.get(connection);
    groups?.delete(group);
    if (groups?.size === 0) this.byConnection.delete(connection);
  }
}

/** None of them runs. */
function refuse(connection: Connection, read: ReadMessage, code: Code, message: string): void {
  answer(connection, read, () => ({ type: "refused", code, message, executed: "no" }));
}

function answer(connection: Connection, message: ReadMessage, outcome: (i: number) => Outcome): void {
  const { session, id, n } = message;
  for (let i = 0; i < n; i++)
    connection.send({ type: "readAnswer", session, id: id + i, outcome: outcome(i) });
}
