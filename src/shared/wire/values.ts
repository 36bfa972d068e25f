/**
 * Users' values as bytes: arguments, results, errors. `sendable.ts` looks at each value before anything is
 * encoded. An empty byte string is `undefined`. The payload of a command is one list of [object, method,
 * arguments], where null stands for the object or method of the call before.
 */

import { callsPerCommandMax, frameBytesMax, liveStepsMax, nameCharsMax } from "../limits.ts";
import { isObject } from "../object/is-object.ts";
import { type Call, type ErrorData, NotSendable, type ObjectCodec } from "../object/types.ts";
import { bad } from "./bad-frame.ts";
import { decodeItem, decodeTagged, encodeItem, encodeOwn } from "./codec.ts";
import { decodeCommand, encodeCommand } from "./command-codec.ts";
import { list, text, tuple } from "./fields.ts";
import { views, viewsTuple } from "./paxos-fields.ts";
import { quickArguments, quickCall } from "./quick-read.ts";
import { orNull, record, textOf } from "./record.ts";
import { sendable, sendableArguments } from "./sendable.ts";

const nothing = /* @__PURE__ */ new Uint8Array(0);

/**
 * Encodes a value that a method returned or that a client sends.
 * @returns no bytes for `undefined`
 * @throws NotSendable naming the path of what cannot be sent
 * @example encodeValue({ total: 3n, at: new Date() })
 */
export function encodeValue(value: unknown): Uint8Array {
  if (value === undefined) return nothing;
  if (typeof value === "number") {
    // Most results are small numbers: three bytes by hand cost a fifth of a round through the encoder.
    if (value >>> 0 === value && value < 65_536 && !Object.is(value, -0)) {
      if (value < 24) return Uint8Array.of(value);
      return value < 256 ? Uint8Array.of(0x18, value) : Uint8Array.of(0x19, value >> 8, value & 255);
    }
  } else if (value === true || value === false || value === null) {
    return Uint8Array.of(value === null ? 0xf6 : value ? 0xf5 : 0xf4);
  }
  return encodeOwn(sendable(value));
}

/**
 * Decodes what `encodeValue` made. The value shares no memory with `bytes`.
 * @throws BadFrame
 */
export function decodeValue(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  if (bytes.length === 1) {
    const head = bytes[0] as number;
    if (head < 24) return head;
  }
  return decodeTagged(bytes, 0);
}

/** The state of an object that is watched, which may be larger than other values. @throws NotSendable */
export function encodeState(value: unknown): Uint8Array {
  return encodeOwn(sendable(value, liveStepsMax));
}

/** Decodes what `encodeState` made. @throws BadFrame */
export function decodeState(bytes: Uint8Array): unknown {
  return decodeTagged(bytes, 0, liveStepsMax);
}

/**
 * Encodes the payload of a command.
 * @throws NotSendable with a path like `args[0].list[3]`
 * @example encodeCalls([{ object: "Counter/main", method: "increment", args: [] }])
 */
export function encodeCalls(calls: readonly Call[]): Uint8Array {
  const items: unknown[] = [];
  let object: string | null = null;
  let method: string | null = null;
  for (const call of calls) {
    items.push([
      call.object === object ? null : call.object,
      call.method === method ? null : call.method,
      sendableArguments(call.args),
    ]);
    object = call.object;
    method = call.method;
  }
  return encodeItem(items);
}

/**
 * Decodes the payload of a command of `n` calls.
 * @throws BadFrame when it is not `n` calls
 */
export function decodeCalls(payload: Uint8Array, n: number): readonly Call[] {
  if (n === 1) {
    const one = quickCall(payload);
    if (one !== null) {
      const { object, method } = one;
      return [{ object, method, args: isNever(object, method) ? [] : argumentsOf(one.args) }];
    }
  }
  let object: string | null = null;
  let method: string | null = null;
  const calls = list(decodeTagged(payload, 3), "calls", callsPerCommandMax, (item): Call => {
    const [o, m, args] = tuple(item, "calls[]", 3);
    object = o === null && object !== null ? object : text(o, "calls[].object", 2 * nameCharsMax + 1);
    method = m === null && method !== null ? method : text(m, "calls[].method", nameCharsMax);
    return { object, method, args: Array.isArray(args) ? args : bad("calls[].args", "a list") };
  });
  return calls.length === n ? calls : bad("calls", `a list of ${n}`);
}

/** Whether no class can have the name, or the method: the call is refused by name, whatever its arguments are. */
function isNever(object: string, method: string): boolean {
  if (method.charCodeAt(0) === 0x5f) return method !== "__concoordinit__";
  return method === "constructor" || object.startsWith("__proto__");
}

function argumentsOf(bytes: Uint8Array): readonly unknown[] {
  const args = quickArguments(bytes) ?? decodeTagged(bytes, 1);
  return Array.isArray(args) ? args : bad("calls[].args", "a list");
}

/**
 * Encodes an error that a method threw. Of its own data stays what can be sent, so that an error always
 * arrives.
 * @example
 * encodeError({ name: "RangeError", message: "too low", code: null, data: { least: 3 } })
 */
export function encodeError({ name, message, code, data }: ErrorData): Uint8Array {
  const head = [name.toWellFormed(), message.toWellFormed(), code?.toWellFormed() ?? null];
  return encodeOwn([...head.map((part) => sendable(part)), sendableData(data)]);
}

function sendableData(data: Readonly<Record<string, unknown>>): unknown {
  const kept: Record<string, unknown> = {};
  for (const key of Object.keys(data)) {
    try {
      // A key can be unfit, too, so the pair is looked at, not the value alone.
      Object.assign(kept, sendable({ [key]: data[key] }));
    } catch (error) {
      if (!(error instanceof NotSendable)) throw error;
    }
  }
  return kept;
}

const words = /* @__PURE__ */ textOf(frameBytesMax);

const error = /* @__PURE__ */ record<ErrorData>("error", {
  name: words,
  message: words,
  code: /* @__PURE__ */ orNull(words),
  data: (v, what) => (isRecord(v) ? v : bad(what, "an object")),
});

/** @throws BadFrame */
export function decodeError(bytes: Uint8Array): ErrorData {
  return error(decodeTagged(bytes, 2));
}

function isRecord(v: unknown): v is Readonly<Record<string, unknown>> {
  return isObject(v) && Object.getPrototypeOf(v) === Object.prototype;
}

/** What the object layer needs of this one. */
export const objectCodec: ObjectCodec = {
  decodeCommand,
  encodeCommand,
  decodeCalls,
  encodeCalls,
  encodeValue,
  encodeError,
  encodeViews: (all) => encodeItem(viewsTuple(all)),
  decodeViews: (bytes) => views(decodeItem(bytes)),
};
