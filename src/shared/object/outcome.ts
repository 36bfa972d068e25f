/** What became of a call, as data: results and errors are encoded at once, for the object may change later. */
import { resultBytesMax } from "../limits.ts";
import { disregard, type Outcomes, refuse } from "./outcomes.ts";
import { type ErrorData, NotSendable, type ObjectCodec, type Outcome } from "./types.ts";

/** Characters of a name, message or code that are kept when an error is too big to be sent whole. */
const shortCharsMax = 1_000;

const nothing: Outcome = { type: "returned", value: new Uint8Array(0) };

/** The outcome of a call that was cancelled before its turn. */
export const skipped = refuse("NOT_EXECUTED", "the call was cancelled before it was executed", "no");
/** That of a call that was cancelled while it was blocked: it got nothing, and will not get anything. */
export const cancelled = refuse("NOT_EXECUTED", "the call was cancelled while it was blocked", "no");
/** That of a call whose object was built anew while it was blocked. */
export const rebuilt = refuse("NOT_EXECUTED", "the object was built anew while the call was blocked", "no");

/** The outcome of a method of class `of` that returned `value`. It runs getters of the value: only within a call. */
export function returned(codec: ObjectCodec, value: unknown, of: string, method: string | null): Outcome {
  if (value === undefined) return nothing;
  try {
    if (isThenable(value)) return returnedPromise(value, of, method);
    const bytes = codec.encodeValue(value);
    if (bytes.length <= resultBytesMax) return { type: "returned", value: bytes };
    const size = `${bytes.length} bytes of at most ${resultBytesMax}`;
    return refuse("TOO_BIG", `${resultOf(of, method)} has ${size}`, "yes");
  } catch (error) {
    const why = error instanceof NotSendable ? error.message : "reading it failed";
    return refuse("NOT_SENDABLE", `${resultOf(of, method)}: ${why}`, "yes");
  }
}

/** As replicas make them. */
export function outcomesOf(codec: ObjectCodec): Outcomes {
  return {
    returned: (value, of, method) => returned(codec, value, of, method),
    threw: (thrown) => threw(codec, thrown),
  };
}

function resultOf(of: string, method: string | null): string {
  return method === null ? `the answer to a blocked call of ${of}` : `the result of ${of}.${method}`;
}

function isThenable(value: unknown): value is object {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return typeof Reflect.get(value, "then") === "function";
}

function returnedPromise(value: object, of: string, method: string | null): Outcome {
  disregard(value);
  const what = method === null ? `${resultOf(of, method)} is` : `${of}.${method} returned`;
  return refuse("RETURNED_PROMISE", `${what} a promise: methods must be synchronous`, "yes");
}

/** The outcome of a method that threw; anything may be thrown. */
export function threw(codec: ObjectCodec, thrown: unknown): Outcome {
  const error = describeError(thrown);
  try {
    const bytes = codec.encodeError(error);
    if (bytes.length <= resultBytesMax) return { type: "threw", error: bytes };
  } catch {
    // What cannot be sent whole is sent short.
  }
  const short = (text: string): string => text.slice(0, shortCharsMax);
  const code = error.code === null ? null : short(error.code);
  const kept = { name: short(error.name), message: short(error.message), code, data: {} };
  return { type: "threw", error: codec.encodeError(kept) };
}

function describeError(thrown: unknown): ErrorData {
  try {
    if (typeof thrown !== "object" || thrown === null)
      return { name: "Error", message: String(thrown), code: null, data: {} };
    const name = textOf(thrown, "name");
    const code = textOf(thrown, "code");
    const data = ownData(thrown, code !== null);
    // Without words of its own, what it holds says the most.
    const message = textOf(thrown, "message") ?? (name === null ? jsonOf(data) : "");
    return { name: name ?? "Error", message, code, data };
  } catch {
    return { name: "Error", message: "an error whose properties cannot be read", code: null, data: {} };
  }
}

function jsonOf(data: object): string {
  try {
    return JSON.stringify(data).slice(0, shortCharsMax).toWellFormed();
  } catch {
    return "an object that JSON cannot hold";
  }
}

function textOf(owner: object, key: string): string | null {
  const value: unknown = Reflect.get(owner, key);
  return typeof value === "string" ? value : null;
}

/** Own enumerable properties but for those that travel on their own; the encoder leaves out what cannot travel. */
function ownData(thrown: object, hasCode: boolean): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const key of Object.keys(thrown)) {
    if (key === "name" || key === "message" || key === "stack" || key === "__proto__") continue;
    if (key !== "code" || !hasCode) data[key] = Reflect.get(thrown, key);
  }
  return data;
}
