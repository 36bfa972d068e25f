/**
 * Names of properties that are refused on whatever they are asked of. Names cannot be computed (keys.ts), so each
 * that a module uses stands in its source, and no other name of a variable hides what it is asked of.
 */

const escapes = "it leads to the code and the prototypes of the language";
const prototypes = "prototypes are shared by all objects of the process";
const stacks = "the stack of an error is not the same on every replica";
const locale = "it depends on the machine's locale";
const zone = "it depends on the machine's time zone: use the UTC one";
const later = "it runs later, outside of the log";

function table(reason: string, names: string): (readonly [string, string])[] {
  return names.split(" ").map((name) => [name, reason] as const);
}

/** Never, not even where a class declares them. */
const never: ReadonlyMap<string, string> = new Map([
  ...table(escapes, "constructor __proto__"),
  ...table(prototypes, "prototype __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__"),
]);

/** But for a member of a class that declares it itself, asked of `this`. */
const foreign: ReadonlyMap<string, string> = new Map([
  ...table(escapes, "getPrototypeOf getOwnPropertyDescriptor getOwnPropertyDescriptors"),
  ...table(prototypes, "setPrototypeOf defineProperty defineProperties"),
  ...table("functions do not show who calls them", "caller callee arguments"),
  ...table(stacks, "stack captureStackTrace prepareStackTrace stackTraceLimit"),
  ...table(locale, "localeCompare toLocaleString toLocaleDateString toLocaleTimeString"),
  ...table(locale, "toLocaleLowerCase toLocaleUpperCase"),
  ...table(zone, "getDate getDay getFullYear getHours getMinutes getMonth getYear getTimezoneOffset"),
  ...table(zone, "setDate setFullYear setHours setMinutes setMonth setYear toDateString toTimeString"),
  ...table(later, "fromAsync"),
]);

/** How functions are called, also those of the language. */
const calling: ReadonlySet<string> = new Set(["apply", "bind", "call"]);

/** Why a property may not be set, nor be a field: an object may be given to a class as one of its own. */
export function whyNotField(name: string): string | null {
  return calling.has(name) ? `.${name} is set: all functions of the process are called by it` : null;
}

/**
 * Why a property may not be asked for; null when it may.
 * @param own whether it is asked of `this` in a class that declares it
 */
export function whyNotProperty(name: string, own: boolean): string | null {
  const reason = never.get(name) ?? (own ? undefined : foreign.get(name));
  return reason === undefined ? null : `.${name}: ${reason}`;
}
