/**
 * What nodes say of watched objects, encoded once for all programs that watch the same one:
 *
 *   snapshot   [slot, version, may hold D-classes, calls that wait, state]
 *              of each waiting call its session and seq in turn; the state is state-table.ts, no bytes for an object
 *              that no call has made yet
 *   inputs     [hash, slots]; the hash of the state behind the last one, or null; of each slot with inputs:
 *              [slot, wall, log time, seed, inputs]; an input:
 *              [at, kind, call index, k, session, user, seq, told, payload]
 */

import { elementsMax, nameCharsMax } from "../limits.ts";
import { digestStart, mixBytes } from "../object/digest.ts";
import { type Input, type InputKind, inputKinds } from "../object/input.ts";
import type { Version } from "../object/registry.ts";
import type { Table } from "../object/state-table.ts";
import type { SlotContext } from "../object/surround.ts";
import type { Ticket } from "../object/ticket.ts";
import type { Call } from "../object/types.ts";
import type { Slot } from "../paxos/slot.ts";
import { bad } from "./bad-frame.ts";
import { decodeItem, decodeTagged, encodeItem } from "./codec.ts";
import { version } from "./feed-fields.ts";
import { bool, bytes, count, finite, list, session, slotField, text, tuple, word } from "./fields.ts";
import { decodeState, encodeState } from "./values.ts";

export interface FeedState {
  readonly slot: Slot;
  readonly version: Version;
  readonly hasDClass: boolean;
  readonly waiting: readonly Ticket[];
  /** Null when no call has made the object yet. */
  readonly table: Table | null;
}

/** An input and its place among those of the slot. */
export interface PlacedInput extends Input {
  readonly at: number;
}

export interface SlotInputs {
  readonly context: SlotContext;
  readonly inputs: readonly PlacedInput[];
}

export interface FeedInputs {
  /** Of the state behind the last one. */
  readonly hash: number | null;
  readonly slots: readonly SlotInputs[];
}

/** @throws NotSendable when the state holds what cannot be sent, or too much */
export function encodeFeedState(state: FeedState): Uint8Array {
  const waiting = state.waiting.flatMap((ticket) => [ticket.session, ticket.seq]);
  const table = state.table === null ? new Uint8Array(0) : encodeState(state.table);
  return encodeItem([state.slot, state.version, state.hasDClass, waiting, table]);
}

/** @throws BadFrame */
export function decodeFeedState(body: Uint8Array): FeedState {
  const [at, of, hasDClass, waiting, table] = tuple(decodeItem(body), "snapshot", 5);
  const flat = list(waiting, "snapshot", elementsMax, (item) => item);
  const tickets: Ticket[] = [];
  for (let i = 0; i < flat.length; i += 2)
    tickets.push({ session: session(flat[i], "snapshot"), seq: count(flat[i + 1], "snapshot") });
  const encoded = bytes(table, "snapshot");
  return {
    slot: slotField(at, "snapshot"),
    version: version(of, "snapshot"),
    hasDClass: bool(hasDClass, "snapshot"),
    waiting: tickets,
    table: encoded.length === 0 ? null : tableIn(decodeState(encoded)),
  };
}

function tableIn(v: unknown): Table {
  return list(v, "state", elementsMax, (row) => (Array.isArray(row) ? row : bad("state", "a list")));
}

/**
 * 32 bits, unsigned, of a state: to compare copies, not for safety. All codecs make the same bytes.
 *
 * @throws NotSendable
 */
export function hashOf(table: Table): number {
  return mixBytes(digestStart, encodeState(table));
}

/** @returns bytes that nothing overwrites later */
export function encodeFeedInputs({ hash, slots }: FeedInputs): Uint8Array {
  const all = slots.map(({ context: { slot, wall, logTime, seed }, inputs }) => {
    const tuples = inputs.map((i) => {
      const kind = inputKinds.indexOf(i.kind);
      return [i.at, kind, i.index, i.k, i.session, i.user, i.seq, i.told, i.payload];
    });
    return [slot, wall, logTime, seed, tuples];
  });
  return encodeItem([hash, all]);
}

/** Payloads are views onto `body`. No bytes are no inputs. @throws BadFrame */
export function decodeFeedInputs(body: Uint8Array): FeedInputs {
  if (body.length === 0) return { hash: null, slots: [] };
  const [hash, slots] = tuple(decodeItem(body), "inputs", 2);
  return {
    hash: hash === null ? null : word(hash, "inputs"),
    slots: list(slots, "inputs", elementsMax, slotInputs),
  };
}

/** The call of an input's payload, its arguments made anew; null where there is none. @throws BadFrame */
export function decodeCall(payload: Uint8Array): Call | null {
  if (payload.length === 0) return null;
  const [call] = list(decodeTagged(payload, 3), "calls", 1, (item) => tuple(item, "calls", 3));
  const [object, method, args] = call ?? bad("calls", "a list of 1");
  return {
    object: text(object, "calls", 2 * nameCharsMax + 1),
    method: text(method, "calls", nameCharsMax),
    args: Array.isArray(args) ? args : bad("calls", "a list"),
  };
}

function slotInputs(v: unknown): SlotInputs {
  const [slot, wall, logTime, seed, inputs] = tuple(v, "inputs", 5);
  const context = {
    slot: slotField(slot, "inputs"),
    wall: finite(wall, "inputs"),
    logTime: finite(logTime, "inputs"),
    seed: word(seed, "inputs"),
  };
  return { context, inputs: list(inputs, "inputs", elementsMax, input) };
}

function input(v: unknown): PlacedInput {
  const t = tuple(v, "inputs", 9);
  return {
    at: word(t[0], "inputs"),
    kind: kindOf(t[1]),
    index: count(t[2], "inputs"),
    k: count(t[3], "inputs"),
    session: session(t[4], "inputs"),
    user: t[5] === null ? null : text(t[5], "inputs", nameCharsMax),
    seq: count(t[6], "inputs"),
    told: bool(t[7], "inputs"),
    payload: bytes(t[8], "inputs"),
  };
}

function kindOf(v: unknown): InputKind {
  return inputKinds[count(v, "inputs", inputKinds.length - 1)] ?? bad("inputs", "a known kind");
}
