/** The text of a type as it stands in its module, but for the names that are others in the proxy's file. */
import { isNode, type Node, type Of } from "../safety/syntax.ts";
import type { ModuleSource } from "./module-source.ts";
import { refusal } from "./refusal.ts";

/** What type parameters around a type mean. */
export interface Scope {
  /** They stay as they are. */
  readonly parameters: ReadonlySet<string>;
  /** Those of a generic base class: what its heir gives for them. */
  readonly given: ReadonlyMap<string, string>;
}

/** What a name is called in the proxy's file. */
export interface Namer {
  /** A type. */
  type(module: ModuleSource, name: string, at: Node): string;
  /** The start of a dotted name. */
  namespace(module: ModuleSource, name: string, at: Node): string;
  /** A constant of which the type is asked. */
  constant(module: ModuleSource, name: string, at: Node): string;
}

export const noParameters: ReadonlySet<string> = new Set();
export const noScope: Scope = { parameters: noParameters, given: new Map() };

interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** @throws LoadError naming file and line of what cannot stand in another file */
export function typeText(module: ModuleSource, node: Node, scope: Scope, namer: Namer): string {
  const reader = new TypeReader(module, namer, scope.given);
  reader.read(node, scope.parameters);
  const start = startOf(node);
  let text = "";
  let at = start;
  for (const one of reader.replacements.toSorted((a, b) => a.start - b.start)) {
    text += module.text.slice(at, one.start) + one.text;
    at = one.end;
  }
  return dedent(text + module.text.slice(at, endOf(node)), indentOf(module.text, start));
}

export function startOf({ start }: Node): number {
  return start ?? 0;
}

export function endOf({ end }: Node): number {
  return end ?? 0;
}

/** Columns before the first character of the line on which `at` stands. */
function indentOf(text: string, at: number): number {
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return line.length - line.trimStart().length;
}

/** Takes `columns` away from each line but the first. */
export function dedent(text: string, columns: number): string {
  return text.replace(new RegExp(`\n[ \t]{0,${columns}}`, "g"), "\n");
}

/** The names of type parameters; their nodes carry them as texts. */
export function parameterNames(node: Node | null | undefined): readonly string[] {
  if (node?.type !== "TSTypeParameterDeclaration") return [];
  return node.params.map(({ name }) => name);
}

class TypeReader {
  readonly replacements: Replacement[] = [];
  private readonly module: ModuleSource;
  private readonly namer: Namer;
  private readonly given: ReadonlyMap<string, string>;

  constructor(module: ModuleSource, namer: Namer, given: ReadonlyMap<string, string>) {
    this.module = module;
    this.namer = namer;
    this.given = given;
  }

  /** @param hidden names of type parameters around */
  read(node: Node, hidden: ReadonlySet<string>): void {
    switch (node.type) {
      case "TSTypeReference":
        this.name(node.typeName, hidden);
        return this.inside(node.typeParameters, hidden);
      case "TSExpressionWithTypeArguments":
        this.name(node.expression, hidden);
        return this.inside(node.typeParameters, hidden);
      case "TSTypeQuery":
        if (node.exprName.type === "Identifier") this.constant(node.exprName);
        else throw refusal(this.module.path, node, "typeof of this: give the type a name");
        return this.inside(node.typeParameters, hidden);
      case "TSThisType":
        throw refusal(this.module.path, node, "the type this: what a caller gets is data, not the object");
      case "TSImportType":
        throw refusal(this.module.path, node, 'the type import("…"): import it at the top');
      case "TSMappedType":
        return this.children(node, with_(hidden, [node.typeParameter.name]));
      case "TSConditionalType":
        return this.children(node, with_(hidden, [...inferred(node.extendsType)]));
      default:
        return this.children(node, with_(hidden, parameterNames(parametersOf(node))));
    }
  }

  private inside(node: Node | null | undefined, hidden: ReadonlySet<string>): void {
    if (node != null) this.read(node, hidden);
  }

  private children(node: Node, hidden: ReadonlySet<string>): void {
    for (const [key, value] of Object.entries(node)) {
      if (key === "loc" || key.endsWith("Comments")) continue;
      if (isNode(value)) this.read(value, hidden);
      else if (Array.isArray(value)) for (const item of value) if (isNode(item)) this.read(item, hidden);
    }
  }

  private name(node: Node, hidden: ReadonlySet<string>): void {
    const isDotted = node.type === "TSQualifiedName";
    let at = node;
    while (at.type === "TSQualifiedName") at = at.left;
    if (at.type !== "Identifier" || (!isDotted && hidden.has(at.name))) return;
    const { name } = at;
    const given = isDotted ? undefined : this.given.get(name);
    const { module, namer } = this;
    this.replace(at, given ?? (isDotted ? namer.namespace(module, name, at) : namer.type(module, name, at)));
  }

  private constant(node: Of<"Identifier">): void {
    this.replace(node, this.namer.constant(this.module, node.name, node));
  }

  private replace(node: Of<"Identifier">, text: string): void {
    if (text !== node.name) this.replacements.push({ start: startOf(node), end: endOf(node), text });
  }
}

function with_(names: ReadonlySet<string>, more: readonly string[]): ReadonlySet<string> {
  return more.length === 0 ? names : new Set([...names, ...more]);
}

function parametersOf(node: Node): Node | null {
  const found: unknown = Reflect.get(node, "typeParameters");
  return isNode(found) ? found : null;
}

/** The names that `infer` declares. */
function* inferred(node: unknown): Generator<string> {
  if (Array.isArray(node)) for (const item of node) yield* inferred(item);
  if (!isNode(node)) return;
  if (node.type === "TSInferType") yield node.typeParameter.name;
  for (const [key, value] of Object.entries(node)) if (key !== "loc") yield* inferred(value);
}
