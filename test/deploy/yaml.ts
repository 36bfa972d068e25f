/**
 * The part of YAML that our manifests are written in: maps and lists, by lines or in brackets, with plain and quoted
 * words. Anything else is refused. https://yaml.org/spec/1.2.2/
 */
interface Line {
  readonly indent: number;
  readonly text: string;
}

export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml };

const key = /^([\w./-]+):(?: +(.*))?$/;

/** The documents of a file. @throws Error at what is not understood */
export function readYaml(text: string): readonly Yaml[] {
  return text.split(/^---\n/m).map((document) => {
    const lines = document.split("\n").flatMap((line): Line[] => {
      const bare = line.replace(/(?:^|\s)#.*$/, "").trimEnd();
      return bare.trim() === ""
        ? []
        : [{ indent: bare.length - bare.trimStart().length, text: bare.trimStart() }];
    });
    const { value, next } = block(lines, 0);
    if (next !== lines.length) throw new Error(`not understood: ${lines[next]?.text}`);
    return value;
  });
}

interface Read {
  readonly value: Yaml;
  /** The first line after it. */
  readonly next: number;
}

function block(lines: readonly Line[], at: number): Read {
  const first = lines[at];
  if (first === undefined) throw new Error("nothing where a value should be");
  if (first.text.startsWith("- ")) return list(lines, at, first.indent);
  return key.test(first.text) ? map(lines, at, first.indent) : { value: flow(first.text), next: at + 1 };
}

function list(lines: readonly Line[], from: number, indent: number): Read {
  const items: Yaml[] = [];
  let at = from;
  for (let line = lines[at]; line?.indent === indent && line.text.startsWith("- "); line = lines[at]) {
    // The item as if it stood on lines of its own.
    const own = [...lines];
    own[at] = { indent: indent + 2, text: line.text.slice(2) };
    const { value, next } = block(own, at);
    items.push(value);
    at = next;
  }
  return { value: items, next: at };
}

function map(lines: readonly Line[], from: number, indent: number): Read {
  const entries: [string, Yaml][] = [];
  let at = from;
  for (let line = lines[at]; line?.indent === indent; line = lines[at]) {
    const [, name = "", rest] = key.exec(line.text) ?? [];
    if (name === "") throw new Error(`not understood: ${line.text}`);
    const { value, next } = rest === undefined ? block(lines, at + 1) : { value: flow(rest), next: at + 1 };
    entries.push([name, value]);
    at = next;
  }
  if ((lines[at]?.indent ?? 0) > indent) throw new Error(`not understood: ${lines[at]?.text}`);
  return { value: Object.fromEntries(entries), next: at };
}

/** What stands in one line. */
function flow(text: string): Yaml {
  if (text === "[]") return [];
  if (text === "{}") return {};
  if (text.startsWith("[")) return parts(text.slice(1, -1)).map(flow);
  if (text.startsWith("{"))
    return Object.fromEntries(
      parts(text.slice(1, -1)).map((part) => {
        const [, name = "", rest = ""] = key.exec(part) ?? [];
        if (name === "" || rest === "") throw new Error(`not understood: ${part}`);
        return [name, flow(rest)];
      }),
    );
  if (/^"[^"\\]*"$/.test(text)) return text.slice(1, -1);
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  if (/^\d+$/.test(text)) return Number(text);
  if (text === "true" || text === "false") return text === "true";
  if (!/^[A-Za-z/\d][\w./ :-]*$/.test(text) || /: /.test(text)) throw new Error(`not understood: ${text}`);
  return text;
}

/** What is between the commas outside of brackets and quotes. */
function parts(text: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (const [i, char] of [...text].entries()) {
    if (char === '"') quoted = !quoted;
    if (quoted) continue;
    if (char === "{" || char === "[") depth++;
    if (char === "}" || char === "]") depth--;
    if (char === "," && depth === 0) {
      found.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  return [...found, text.slice(from).trim()];
}
