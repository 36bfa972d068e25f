/**
 * The white-list: the globals that a class may use, and which of their members. All of it is of the language itself and
 * gives every replica the same; what is not here is refused, with a reason where one can be told.
 */

/** May be used as they are, anywhere. */
export const values: ReadonlySet<string> = new Set(["undefined", "NaN", "Infinity"]);

/** May be called, made with `new`, and stand right of `instanceof`. */
const typedArrays = [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
];

const errors = [
  "Error",
  "AggregateError",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
];

/** May be handed over, as in `list.filter(Boolean)`: they have no members that could be changed then. */
export const converters: ReadonlySet<string> = new Set([
  "Boolean",
  "decodeURI",
  "decodeURIComponent",
  "encodeURI",
  "encodeURIComponent",
  "isFinite",
  "isNaN",
  "parseFloat",
  "parseInt",
  "structuredClone",
]);

/** May be extended. */
export const bases: ReadonlySet<string> = new Set(["Array", "Map", "Set", ...errors]);

/** May be called or made. `Function`, `Promise`, `Proxy`, `Reflect`, `WeakRef` and the like are not among them. */
export const callables: ReadonlySet<string> = new Set([
  ...converters,
  ...bases,
  ...typedArrays,
  "ArrayBuffer",
  "BigInt",
  "DataView",
  "Date",
  "Number",
  "Object",
  "RegExp",
  "String",
  "Symbol",
  "TextDecoder",
  "TextEncoder",
]);

const ofTypedArrays = ["BYTES_PER_ELEMENT", "from", "of"];

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}

/** Members by global. Agreed ones are in `agreed`. */
export const members: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["Array", words("from isArray of")],
  ["ArrayBuffer", words("isView")],
  ["BigInt", words("asIntN asUintN")],
  ["Date", words("UTC parse")],
  ["JSON", words("parse stringify")],
  ["Map", words("groupBy")],
  [
    "Math",
    words(
      "E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32 cos cosh" +
        " exp expm1 floor fround hypot imul log log10 log1p log2 max min pow round sign sin sinh sqrt tan tanh trunc",
    ),
  ],
  [
    "Number",
    words(
      "EPSILON MAX_SAFE_INTEGER MAX_VALUE MIN_SAFE_INTEGER MIN_VALUE NEGATIVE_INFINITY NaN POSITIVE_INFINITY isFinite" +
        " isInteger isNaN isSafeInteger parseFloat parseInt",
    ),
  ],
  [
    "Object",
    words(
      "assign create entries freeze fromEntries getOwnPropertyNames getOwnPropertySymbols groupBy hasOwn is" +
        " isExtensible isFrozen isSealed keys preventExtensions prototype seal values",
    ),
  ],
  ["String", words("fromCharCode fromCodePoint raw")],
  ["Symbol", words("for hasInstance iterator keyFor toPrimitive toStringTag")],
  ...typedArrays.map((name) => [name, new Set(ofTypedArrays)] as const),
]);

/** Clock and chance: the same on every replica while a method runs, its own outside of one. */
export const agreed: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["Date", words("now")],
  ["Math", words("random")],
  ["crypto", words("getRandomValues randomUUID")],
  ["performance", words("now")],
]);

const code = "it makes code from text";
const outside = "it reaches outside of the object";
const later = "it runs later, outside of the log";
const collected = "it shows when garbage was collected";
const locale = "it depends on the machine's locale";
const aliased = "every global can be reached through it";

const reasons: ReadonlyMap<string, string> = new Map([
  ["eval", code],
  ["Function", code],
  ["globalThis", aliased],
  ["global", aliased],
  ["window", aliased],
  ["self", aliased],
  ["frames", aliased],
  ["Reflect", "it reaches any property by a computed name"],
  ["Proxy", "what is read from it is decided when it is read"],
  ["WeakRef", collected],
  ["FinalizationRegistry", collected],
  ["WeakMap", "what it holds is in no snapshot"],
  ["WeakSet", "what it holds is in no snapshot"],
  ["Intl", locale],
  ["Temporal", "its clock and its time zone are the machine's own"],
  ["Promise", later],
  ["setTimeout", later],
  ["setInterval", later],
  ["setImmediate", later],
  ["queueMicrotask", later],
  ["clearTimeout", later],
  ["clearInterval", later],
  ["clearImmediate", later],
  ["Atomics", "other threads may change what it looks at"],
  ["SharedArrayBuffer", "other threads may change it"],
  ...["process", "require", "module", "exports", "fetch", "console", "Buffer", "navigator", "document"].map(
    (name) => [name, outside] as const,
  ),
  ...["XMLHttpRequest", "WebSocket", "EventSource", "Worker", "BroadcastChannel", "WebAssembly"].map(
    (name) => [name, outside] as const,
  ),
]);

/** Why a global is refused. */
export function whyNot(name: string): string {
  const reason = reasons.get(name) ?? "it is not among the globals that are the same on every replica";
  return `${name}: ${reason}`;
}
