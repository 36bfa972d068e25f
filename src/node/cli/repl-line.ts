/** A line of the shell: what it means, and how Tab goes on with it. */
import { formatObject, parseObject } from "../../shared/object/address.ts";
import { callArgument } from "./arguments.ts";
import { usage } from "./failure.ts";
import type { ServedClass } from "./served.ts";

/** The commands of the shell itself. */
export const ownCommands = [".exit", ".help", ".objects", ".status"] as const;
type OwnCommand = (typeof ownCommands)[number];

export type ReplLine =
  | { readonly type: "nothing" }
  | { readonly type: "own"; readonly command: OwnCommand }
  | {
      readonly type: "call";
      /** "Class/name" */
      readonly object: string;
      readonly method: string;
      readonly args: readonly unknown[];
    };

/**
 * @param object what a method without an object is called on; null when it must be named
 * @throws Failure in one line
 * @example parseLine('deposit "ann" 20', "Bank/main") // { type: "call", object: "Bank/main", method: "deposit", ... }
 * @example parseLine("Counter/visits.getvalue", null) // { type: "call", object: "Counter/visits", ... }
 */
export function parseLine(line: string, object: string | null): ReplLine {
  const [first, ...rest] = words(line);
  if (first === undefined) return { type: "nothing" };
  if (first.startsWith(".")) {
    const command = ownCommands.find((known) => known === first);
    if (command === undefined) throw usage(`there is no ${first}; .help lists what there is`);
    if (rest.length > 0) throw usage(`${first} takes no arguments: ${rest.join(" ")}`);
    return { type: "own", command };
  }
  const dot = first.lastIndexOf(".");
  const method = first.slice(dot + 1);
  if (method === "") throw usage(`"${first}" names no method; write Class.METHOD or Class/name.METHOD`);
  const args = rest.map(callArgument);
  if (dot >= 0) return { type: "call", object: named(first.slice(0, dot)), method, args };
  if (object === null)
    throw usage(`several classes are served: write Class.${method} or Class/name.${method}`);
  return { type: "call", object, method, args };
}

/**
 * What Tab offers: commands, methods of the shell's object, classes; behind `Class.` or `Class/name.` their methods.
 * @returns the lines that this one may become, and the part that they replace, as node:readline wants it
 */
export function completions(
  line: string,
  object: string | null,
  classes: readonly ServedClass[],
): [string[], string] {
  const dot = line.lastIndexOf(".");
  const before = dot < 0 ? object : line.slice(0, dot);
  const target = before === null ? undefined : parseObject(before)?.class;
  const methods = classes.find((c) => c.name === target)?.methods ?? [];
  const offers =
    dot > 0
      ? methods.map((method) => `${before}.${method}`)
      : [...ownCommands, ...methods, ...classes.map((c) => `${c.name}.`)];
  return [offers.filter((offer) => offer.startsWith(line)), line];
}

function named(text: string): string {
  const address = parseObject(text);
  if (address === null) throw usage(`"${text}" is not Class or Class/name, as Counter or Counter/visits`);
  return formatObject(address);
}

function words(line: string): readonly string[] {
  const found: string[] = [];
  for (let at = 0; ; ) {
    while (/\s/.test(line[at] ?? "")) at++;
    if (at >= line.length) return found;
    const end = wordEnd(line, at);
    found.push(line.slice(at, end));
    at = end;
  }
}

/** A word ends at a space; one that begins as a text, a list or an object of JSON ends where that is closed. */
function wordEnd(line: string, from: number): number {
  const isJson = '"[{'.includes(line[from] as string);
  let quoted = false;
  let depth = 0;
  for (let at = from; at < line.length; at++) {
    const c = line[at] as string;
    if (quoted && c === "\\") at++;
    else if (isJson && c === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (depth <= 0 && /\s/.test(c)) return at;
    else if (isJson && "[{".includes(c)) depth++;
    else if (isJson && "]}".includes(c)) depth--;
  }
  if (quoted || depth > 0) throw usage(`this is not closed: ${line.slice(from)}`);
  return line.length;
}
