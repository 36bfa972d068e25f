/** The text of a proxy's file: imports, copied types, classes. The same input gives the same bytes. */
import type { TypeImport } from "./copied-types.ts";
import type { Parameter, Signature } from "./signature.ts";

/** As long as lines may be. */
const lineCharsMax = 110;

export interface ProxyMethod {
  readonly name: string;
  readonly signatures: readonly Signature[];
}

export interface ProxyClass {
  readonly name: string;
  readonly registered: string;
  readonly doc: string;
  /** With their brackets; "" when there are none. */
  readonly typeParameters: string;
  /** The class with its own type parameters as arguments. */
  readonly self: string;
  readonly methods: readonly ProxyMethod[];
  readonly reads: readonly string[];
}

/** What every proxy is made with, as code. */
export interface Settings {
  readonly proxy: number;
  readonly token: string | null;
}

/** The names of what is imported from concoord. */
export interface OwnNames {
  readonly Answer: string;
  readonly Bootstrap: string;
  readonly Options: string;
  readonly Proxied: string;
  readonly invoke: string;
  readonly local: string;
}

export function fileText(
  source: string,
  own: OwnNames,
  imports: readonly TypeImport[],
  types: readonly string[],
  classes: readonly string[],
): string {
  const head = `/**\n * Proxies for ${source}, written by \`concoord object\`.\n * What is changed here is lost when it runs again.\n */\n`;
  const body = [...types, ...classes].join("\n");
  return `${head}${importLines(own, imports, body)}\n${body}`;
}

function importLines(own: OwnNames, imports: readonly TypeImport[], body: string): string {
  const values = ["Proxied", "invoke", "local"];
  const items = Object.entries(own)
    .filter(([, local]) => new RegExp(`(?<![\\w$])${local.replaceAll("$", "\\$")}(?![\\w$])`).test(body))
    .map(([name, local]) => `${values.includes(name) ? "" : "type "}${renamed(name, local)}`);
  const lines = [`import ${braced(items.toSorted(byName), "concoord")}`];
  const bySpecifier = Map.groupBy(imports, ({ specifier }) => specifier);
  for (const [specifier, some] of [...bySpecifier].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const named = some.filter(({ imported }) => imported !== "*" && imported !== "default");
    for (const { imported, local } of some) {
      if (imported === "default") lines.push(`import type ${local} from ${JSON.stringify(specifier)};\n`);
      if (imported === "*") lines.push(`import type * as ${local} from ${JSON.stringify(specifier)};\n`);
    }
    const names = named.map(({ imported, local }) => renamed(imported, local)).toSorted(byName);
    if (names.length > 0) lines.push(`import type ${braced(names, specifier)}`);
  }
  return lines.join("");
}

function renamed(name: string, local: string): string {
  return name === local ? name : `${name} as ${local}`;
}

/** As people sort imports: without regard to capitals and to `type`. */
function byName(a: string, b: string): number {
  const [x, y] = [a, b].map((item) => item.replace(/^type /, "").toLowerCase()) as [string, string];
  return x < y ? -1 : x > y ? 1 : 0;
}

function braced(items: readonly string[], specifier: string): string {
  const from = `from ${JSON.stringify(specifier)};\n`;
  const line = `{ ${items.join(", ")} } ${from}`;
  if (line.length + "import type ".length <= lineCharsMax) return line;
  return `{\n${items.map((item) => `  ${item},\n`).join("")}} ${from}`;
}

export function classText(one: ProxyClass, own: OwnNames, { proxy, token }: Settings): string {
  const settings = token === null ? `proxy: ${proxy}` : `proxy: ${proxy}, token: ${JSON.stringify(token)}`;
  const local = one.reads.length === 0 ? "" : `${localText(one, own)}\n`;
  const methods = one.methods.map((method) => methodText(method, own));
  return (
    `${one.doc}export class ${one.name}${one.typeParameters} extends ${own.Proxied} {\n${local}` +
    `  /** Connects: to \`bootstrap\`, or where every program does. Close it when done: \`await using\`, or disposal. */\n` +
    `  constructor(bootstrap?: ${own.Bootstrap}, options?: ${own.Options}) {\n` +
    `    super(${JSON.stringify(one.registered)}, bootstrap, { ${settings}, ...options });\n  }\n\n` +
    `${methods.join("\n")}}\n`
  );
}

function localText({ self, reads }: ProxyClass, own: OwnNames): string {
  const names = reads.map((read) => JSON.stringify(read));
  const head = `  declare readonly [${own.local}]: Pick<`;
  const line = `${head}${self}, ${names.join(" | ")}>;\n`;
  if (line.length <= lineCharsMax + 1) return line;
  const together = `    ${names.join(" | ")}\n`;
  const union =
    together.length <= lineCharsMax + 1 ? together : names.map((name) => `    | ${name}\n`).join("");
  return `${head}\n    ${self},\n${union}  >;\n`;
}

function methodText({ name, signatures }: ProxyMethod, own: OwnNames): string {
  const label = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
  const [only] = signatures;
  const call = `return this[${own.invoke}](${JSON.stringify(name)}, `;
  if (only !== undefined && signatures.length === 1 && only.parameters.every(({ needed }) => needed)) {
    const args = only.parameters.map((parameter) => parameter.name).join(", ");
    return `${only.doc}${headText(label, only)} {\n    ${call}[${args}]);\n  }\n`;
  }
  const heads = signatures.map((signature) => `${signature.doc}${headText(label, signature)};\n`).join("");
  return `${heads}  ${label}(...args: unknown[]): Promise<unknown> {\n    ${call}args);\n  }\n`;
}

function headText(label: string, { typeParameters, parameters, result }: Signature): string {
  const [open, close] = [`  ${label}${typeParameters}(`, `): Promise<${indented(result)}>`];
  const texts = parameters.map((parameter: Parameter) => indented(parameter.text));
  const line = `${open}${texts.join(", ")}${close}`;
  if (line.length <= lineCharsMax - 2 || texts.length === 0 || line.includes("\n")) return line;
  return `${open}\n${texts.map((text) => `    ${text},\n`).join("")}  ${close}`;
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n  ");
}
