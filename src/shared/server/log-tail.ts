/**
 * The end of the log as calls: what was called, by whom, and what became of it. Payloads are decoded here alone, and
 * only while somebody looks. Outcomes are known of calls that were executed since, and of those that their clients have
 * not acknowledged yet.
 */
import {
  callsPerCommandMax,
  logTailMax,
  logTailSlotsMax,
  logTextCharsMax,
  logValueBytesMax,
} from "../limits.ts";
import type { Heard } from "../object/heard.ts";
import { lastCommandsOf } from "../object/slot-commands.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type {
  Call,
  Calls,
  Command,
  ErrorData,
  ObjectCodec,
  Outcome,
  Seq,
  SessionId,
} from "../object/types.ts";
import type { Slot } from "../paxos/slot.ts";
import type { Proposal } from "../paxos/types.ts";

/** One call of the log, or one meta command. */
export interface LogRow {
  readonly slot: number;
  /** Of the row among those of its slot. */
  readonly at: number;
  readonly session: string;
  /** 0 for a meta command. */
  readonly seq: number;
  /** "Class/name"; empty for a meta command. */
  readonly object: string;
  readonly method: string;
  /** JSON, without the brackets; or what a meta command is about. */
  readonly args: string;
  readonly outcome: RowOutcome;
}

/** `text` is JSON for what was returned; unknown: its client has acknowledged it. */
export interface RowOutcome {
  readonly type: "returned" | "threw" | "refused" | "blocked" | "unknown" | "none";
  readonly text: string;
}

/** What the tail needs to show values. */
export interface Shower {
  /** One line of JSON. */
  json(value: unknown): string;
  value(bytes: Uint8Array): unknown;
  error(bytes: Uint8Array): ErrorData;
}

const unknown: RowOutcome = { type: "unknown", text: "" };
const none: RowOutcome = { type: "none", text: "" };

/** Outcomes that are kept until they are asked for; a power of two, above logTailMax. */
const ringLength = 256;

/** Remembers the newest outcomes while somebody looks. */
export class Outcomes implements Heard {
  private readonly ring: { session: SessionId; seq: Seq; outcome: Outcome }[] = [];
  private count = 0;

  executed({ session }: Calls, _call: Call, seq: Seq, outcome: Outcome): void {
    this.ring[this.count++ & (ringLength - 1)] = { session, seq, outcome: bounded(outcome) };
  }

  finished(session: SessionId, seq: Seq, outcome: Outcome): void {
    this.ring[this.count++ & (ringLength - 1)] = { session, seq, outcome: bounded(outcome) };
  }

  /** By session and seq, what was heard since the last time; of one call the newest. */
  take(): ReadonlyMap<string, Outcome> {
    const found = new Map<string, Outcome>();
    for (let n = Math.max(0, this.count - ringLength); n < this.count; n++) {
      const one = this.ring[n & (ringLength - 1)];
      if (one !== undefined) found.set(keyOf(one.session, one.seq), one.outcome);
    }
    this.ring.length = 0;
    this.count = 0;
    return found;
  }
}

/** A large result is not kept alive for a page that would not show it. */
function bounded(outcome: Outcome): Outcome {
  if (outcome.type !== "returned" || outcome.value.length <= logValueBytesMax) return outcome;
  return { type: "refused", code: "TOO_BIG", message: `${outcome.value.length} bytes`, executed: "yes" };
}

function keyOf(session: string, seq: number): string {
  return `${session}/${seq}`;
}

export class LogTail {
  private readonly codec: ObjectCodec;
  private readonly machine: StateMachine;
  private readonly show: Shower;
  /** Of a slot that the log holds; null when it does not. */
  private readonly read: (slot: Slot) => Proposal | null;
  private rows: LogRow[] = [];
  private upTo = 0;

  constructor(
    machine: StateMachine,
    codec: ObjectCodec,
    show: Shower,
    read: (slot: Slot) => Proposal | null,
  ) {
    this.machine = machine;
    this.codec = codec;
    this.show = show;
    this.read = read;
  }

  /** All that is shown, oldest first. */
  get all(): readonly LogRow[] {
    return this.rows;
  }

  /** @returns the rows that are new or have another outcome now, oldest first */
  update(heard: ReadonlyMap<string, Outcome>): readonly LogRow[] {
    const changed: LogRow[] = [];
    for (const [i, row] of this.rows.entries()) {
      const outcome = heard.get(keyOf(row.session, row.seq));
      if (outcome === undefined) continue;
      const next = { ...row, outcome: outcomeText(outcome, this.show) };
      this.rows[i] = next;
      changed.push(next);
    }
    const news = this.news(heard);
    this.rows = [...this.rows, ...news].slice(-logTailMax);
    return [...changed, ...news];
  }

  /** The rows of the slots since the last time: the newest logTailMax of them. */
  private news(heard: ReadonlyMap<string, Outcome>): readonly LogRow[] {
    const { executed } = this.machine;
    const from = Math.max(this.upTo, executed - logTailSlotsMax);
    this.upTo = executed;
    let rows: LogRow[] = [];
    for (let slot: number = executed; slot > from && rows.length < logTailMax; slot--) {
      const proposal = this.read(slot as Slot);
      if (proposal === null) break;
      const found = rowsOf(slot, proposal, this.codec, this.show, (call, seq) => {
        return heard.get(keyOf(call.session, seq)) ?? this.machine.outcomeOf(call.session, seq);
      });
      rows = [...found, ...rows];
    }
    return rows.slice(-logTailMax);
  }
}

/** Where an outcome is looked up; null where it is not known (any more). */
type OutcomeOf = (command: Calls, seq: Seq) => Outcome | null;

/** What one slot decided: its last logTailMax rows, oldest first. */
function rowsOf(
  slot: number,
  { body }: Proposal,
  codec: ObjectCodec,
  show: Shower,
  outcomeOf: OutcomeOf,
): readonly LogRow[] {
  const parts: (readonly LogRow[])[] = [];
  let count = 0;
  for (const [index, command] of lastCommandsOf(body, codec)) {
    const at = index * callsPerCommandMax;
    const calls = command.type === "calls";
    const rows = calls ? callRows(slot, at, command, codec, show, outcomeOf) : [metaRow(slot, at, command)];
    parts.push(rows);
    count += rows.length;
    if (count >= logTailMax) break;
  }
  return parts.reverse().flat().slice(-logTailMax);
}

function callRows(
  slot: number,
  first: number,
  command: Calls,
  codec: ObjectCodec,
  show: Shower,
  outcomeOf: OutcomeOf,
): readonly LogRow[] {
  const { session, firstSeq, payload, n } = command;
  const calls = callsOf(command, codec);
  if (calls === null) {
    const args = `${n} calls, ${payload.length} bytes`;
    const base = { slot, at: first, session, seq: firstSeq, object: "", method: "calls", args };
    return [{ ...base, outcome: unknown }];
  }
  const rows: LogRow[] = [];
  for (const [i, call] of calls.entries()) {
    if (i < calls.length - logTailMax) continue;
    const seq = (firstSeq + i) as Seq;
    const outcome = outcomeOf(command, seq);
    const args = cut(call.args.map((arg) => show.json(arg) || "undefined").join(", "));
    const [object, method] = [cut(call.object), cut(call.method)];
    const shown = outcome === null ? unknown : outcomeText(outcome, show);
    rows.push({ slot, at: first + i, session, seq, object, method, args, outcome: shown });
  }
  return rows;
}

/** Null when it is too much to show, or does not decode: then it was executed by none. */
function callsOf({ payload, n }: Calls, codec: ObjectCodec): readonly Call[] | null {
  if (payload.length > logValueBytesMax) return null;
  try {
    return codec.decodeCalls(payload, n);
  } catch {
    return null;
  }
}

function metaRow(slot: number, at: number, command: Exclude<Command, Calls>): LogRow {
  const session = "session" in command ? command.session : "";
  const args = cut(aboutOf(command));
  return { slot, at, session, seq: 0, object: "", method: command.type, args, outcome: none };
}

function aboutOf(command: Exclude<Command, Calls>): string {
  switch (command.type) {
    case "open":
      return `ttl ${command.ttl} ms${command.user === null ? "" : `, user ${command.user}`}`;
    case "keepAlive":
      return `${command.sessions.length} sessions`;
    case "cancel":
      return `calls ${command.seqs.join(", ")}`;
    case "found":
    case "upgrade":
      return command.classes.map(({ name }) => name).join(", ");
    default:
      return "";
  }
}

function outcomeText(outcome: Outcome, show: Shower): RowOutcome {
  switch (outcome.type) {
    case "returned": {
      const { value } = outcome;
      if (value.length > logValueBytesMax) return { type: "returned", text: `${value.length} bytes` };
      return { type: "returned", text: cut(show.json(show.value(value))) };
    }
    case "threw": {
      if (outcome.error.length > logValueBytesMax)
        return { type: "threw", text: `${outcome.error.length} bytes` };
      const { name, message } = show.error(outcome.error);
      return { type: "threw", text: cut(`${name}: ${message}`) };
    }
    case "blocked":
      return { type: "blocked", text: "" };
    default:
      return { type: "refused", text: cut(`${outcome.code}: ${outcome.message}`) };
  }
}

function cut(text: string): string {
  return text.length <= logTextCharsMax ? text : `${text.slice(0, logTextCharsMax).toWellFormed()}…`;
}
