/**
 * What nodes say of watched objects, encoded once for all programs that watch the same one:
 *
 *   snapshot   [slot, version, may hold D-classes, calls that wait, state]
 *              of each waiting call [session, seq]; the state is state-table.ts, no bytes for an object
 *              that no call has made yet
 *   inputs     [hash, slots]; the hash of the state behind the last one, or null; of each slot with inputs:
 *              [slot, wall, log time, seed, inputs]; an input:
 *              [at, kind, call index, k, session, user, seq, told, payload]
 */

import { elementsMax } from "../limits.ts";
import { type Input, inputKinds } from "../object/input.ts";
import type { Version } from "../object/registry.ts";
import type { Table } from "../object/state-table.ts";
import type { SlotContext } from "../object/surround.ts";
import type { Ticket } from "../object/ticket.ts";
import type { Call } from "../object/types.ts";
import type { Slot } from "../paxos/slot.ts";
import { bad } from "./bad-frame.ts";
import { decodeItem, decodeTagged, encodeItem } from "./codec.ts";
import { version } from "./feed-fields.ts";
import { bool, bytes, count, finite, list, session, slotField, tuple, word } from "./fields.ts";
import { array, listOf, name, objectName, orNull, type Readers, record } from "./record.ts";
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
  const waiting = state.waiting.map((ticket) => [ticket.session, ticket.seq]);
  const table = state.table === null ? new Uint8Array(0) : encodeState(state.table);
  return encodeItem([state.slot, state.version, state.hasDClass, waiting, table]);
}

const snapshot = record("snapshot", {
  slot: slotField,
  version,
  hasDClass: bool,
  waiting: listOf(elementsMax, record<Pick<Ticket, "session" | "seq">>("waiting", { session, seq: count })),
  table: (v, what) => {
    const encoded = bytes(v, what);
    return encoded.length === 0 ? null : listOf(elementsMax, array)(decodeState(encoded), what);
  },
} satisfies Readers<FeedState>);

/** @throws BadFrame */
export function decodeFeedState(body: Uint8Array): FeedState {
  return snapshot(decodeItem(body));
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

// By hand: records would take nearly twice as long, and nothing comes more often.
function placed(v: unknown, what: string): PlacedInput {
  const [at, kind, index, k, of, user, seq, told, payload] = tuple(v, what, 9);
  return {
    at: word(at, what),
    index: count(index, what),
    k: count(k, what),
    seq: count(seq, what),
    kind: inputKinds[count(kind, what)] ?? bad(what, "a known kind"),
    session: session(of, what),
    user: user === null ? null : name(user, what),
    told: bool(told, what),
    payload: bytes(payload, what),
  };
}

function inSlot(v: unknown, what: string): SlotInputs {
  const [slot, wall, logTime, seed, inputs] = tuple(v, what, 5);
  return {
    context: {
      slot: slotField(slot, what),
      wall: finite(wall, what),
      logTime: finite(logTime, what),
      seed: word(seed, what),
    },
    inputs: list(inputs, what, elementsMax, placed),
  };
}

const slotsAndHash = record<FeedInputs>("inputs", { hash: orNull(word), slots: listOf(elementsMax, inSlot) });

/** Payloads are views onto `body`. No bytes are no inputs. @throws BadFrame */
export function decodeFeedInputs(body: Uint8Array): FeedInputs {
  return body.length === 0 ? { hash: null, slots: [] } : slotsAndHash(decodeItem(body));
}

const oneCall = record<Call>("call", { object: objectName, method: name, args: array });

/** The call of an input's payload, its arguments made anew; null where there is none. @throws BadFrame */
export function decodeCall(payload: Uint8Array): Call | null {
  if (payload.length === 0) return null;
  return oneCall(tuple(decodeTagged(payload, 3), "calls", 1)[0]);
}
