/**
 * The little XML that Amazon Route 53 speaks (API version 2013-04-01): elements and texts. Attributes, comments and
 * the declaration are passed over; CDATA and document types do not occur and are refused.
 */

export interface XmlElement {
  readonly name: string;
  /** The text directly in it, decoded, without white space around it. */
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/** The text is not the XML that was expected. */
export class BadXml extends RangeError {
  override readonly name = "BadXml";
}

const marks: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** @param text printable ASCII: control characters were escaped before, XML cannot hold them */
export function xmlText(text: string): string {
  return text.replace(/[&<>]/g, (mark) => marks[mark] as string);
}

interface Open {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

/**
 * @returns the root element
 * @throws BadXml when the text is none, or is cut off
 * @example childText(readXml("<a><b>1</b></a>"), "b") is "1"
 */
export function readXml(source: string): XmlElement {
  const token = /<\?[^>]*>|<!--[\s\S]*?-->|<(\/?)([\w.:-]+)([^<>]*?)(\/?)>|([^<]+)/y;
  const outer: Open = { name: "", text: "", children: [] };
  const open: Open[] = [outer];
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const found = token.exec(source);
    if (found === null) throw new BadXml(`no XML at character ${at}`);
    const [, end, name, , empty, text] = found;
    const inner = open.at(-1) as Open;
    if (text !== undefined) inner.text += decoded(text);
    else if (end === "/") close(open, name as string);
    else if (name !== undefined && empty === "/") inner.children.push({ name, text: "", children: [] });
    else if (name !== undefined) open.push({ name, text: "", children: [] });
  }
  const [first, ...others] = outer.children;
  if (open.length !== 1 || first === undefined || others.length > 0 || outer.text.trim() !== "")
    throw new BadXml("XML that is not one element");
  return first;
}

function close(open: Open[], name: string): void {
  const closed = open.pop() as Open;
  if (closed.name !== name || open.length === 0) throw new BadXml(`</${name}> closes nothing`);
  open.at(-1)?.children.push({ ...closed, text: closed.text.trim() });
}

function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-fA-F]{1,6})|(\w+));/g, (whole, ten, sixteen, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = ten === undefined ? Number.parseInt(sixteen, 16) : Number(ten);
    if (code > 0x10ffff) throw new BadXml(`${whole} is no character`);
    return String.fromCodePoint(code);
  });
}

export function childrenOf(element: XmlElement | null, name: string): readonly XmlElement[] {
  return element === null ? [] : element.children.filter((child) => child.name === name);
}

export function childOf(element: XmlElement | null, name: string): XmlElement | null {
  return childrenOf(element, name)[0] ?? null;
}

/** @returns null when there is no such element in it */
export function childText(element: XmlElement | null, name: string): string | null {
  return childOf(element, name)?.text ?? null;
}
