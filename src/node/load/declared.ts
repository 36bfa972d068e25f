/**
 * What TypeScript says of classes and Node forgets when it strips the types: which methods are private or
 * protected, which classes are abstract. Found by patterns at member level; comments, strings and bodies are blanked.
 */
import { mask } from "../../shared/object/mask.ts";

export interface Declared {
  /** By the class's name in the source. */
  readonly hidden: ReadonlyMap<string, ReadonlySet<string>>;
  readonly abstract: ReadonlySet<string>;
}

const hiddenMethod =
  /\b(?:private|protected)\s+(?:(?:override|abstract|async|public)\s+)*\*?\s*([\w$]+)\s*\??\s*(?=[(<])/g;

/** The name before `= class {`. */
const assignedName = /([\w$]+)\s*(?::[^=;{}]*)?=\s*$/;

/** Where the body of a class begins whose heritage starts at `from`; -1 when there is none. */
function bodyStart(code: string, from: number): number {
  let depth = 0;
  for (let i = from; i < code.length; i++) {
    const char = code.charAt(i);
    if (char === "(" || char === "<") depth++;
    else if (char === ")" || (char === ">" && code.charAt(i - 1) !== "=")) depth--;
    else if (char === "{" && depth === 0) return i;
    else if (char === ";" && depth === 0) return -1;
  }
  return -1;
}

/** The text of the body that begins at `from`, at member level: what stands within nested brackets is left out. */
function memberLevel(code: string, from: number): string {
  let depth = 0;
  let out = "";
  for (let i = from; i < code.length; i++) {
    const char = code.charAt(i);
    if (char === "}" || char === ")" || char === "]") depth--;
    if (depth === 0 && i > from) break;
    if (depth <= 1) out += char;
    if (char === "{" || char === "(" || char === "[") depth++;
  }
  return out;
}

/** Reads what the source declares about its classes. */
export function readDeclared(source: string): Declared {
  const code = mask(source);
  const hidden = new Map<string, Set<string>>();
  const abstract = new Set<string>();
  for (const match of code.matchAll(
    /(\babstract\s+)?(?<![.\w$])class\b(?:\s+(?!extends\b|implements\b)([\w$]+))?/g,
  )) {
    const name = match[2] ?? assignedName.exec(code.slice(Math.max(0, match.index - 200), match.index))?.[1];
    const body = bodyStart(code, match.index + match[0].length);
    if (name === undefined || body < 0) continue;
    if (match[1] !== undefined) abstract.add(name);
    const names = hidden.get(name) ?? new Set<string>();
    for (const method of memberLevel(code, body).matchAll(hiddenMethod)) names.add(method[1] ?? "");
    hidden.set(name, names);
  }
  return { hidden, abstract };
}
