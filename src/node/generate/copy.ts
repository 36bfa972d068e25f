/**
 * One declaration as it stands in the proxy's file. Interfaces and types stay as they are; of a class stay its fields,
 * as instances of classes arrive as data; an enum becomes an object that Node can run as it is.
 */
import type { Node, Of } from "../safety/syntax.ts";
import { docOf } from "./doc.ts";
import { typeOf } from "./infer.ts";
import type { Declared, ModuleSource } from "./module-source.ts";
import { refusal } from "./refusal.ts";
import {
  dedent,
  endOf,
  type Namer,
  noParameters,
  parameterNames,
  type Scope,
  startOf,
  typeText,
} from "./type-text.ts";

/** @throws LoadError naming file and line of what cannot be copied */
export function copyOf(module: ModuleSource, name: string, node: Declared, namer: Namer): string {
  const doc = docOf(module, module.statements.get(node) ?? node, "");
  return doc + new Copier(module, node, namer).text(name);
}

class Copier {
  private readonly module: ModuleSource;
  private readonly node: Declared;
  private readonly namer: Namer;
  private readonly scope: Scope;

  constructor(module: ModuleSource, node: Declared, namer: Namer) {
    this.module = module;
    this.node = node;
    this.namer = namer;
    const own = "typeParameters" in node ? parameterNames(node.typeParameters) : [];
    this.scope = { parameters: new Set([...noParameters, ...own]), given: new Map() };
  }

  text(name: string): string {
    const { node } = this;
    switch (node.type) {
      case "TSInterfaceDeclaration": {
        const bases = (node.extends ?? []).map((base) => this.of(base));
        const heritage = bases.length === 0 ? "" : ` extends ${bases.join(", ")}`;
        return `export interface ${name}${this.of(node.typeParameters)}${heritage} ${this.of(node.body)}\n`;
      }
      case "TSTypeAliasDeclaration":
        return `export type ${name}${this.of(node.typeParameters)} = ${this.of(node.typeAnnotation)};\n`;
      case "ClassDeclaration":
        return this.fields(name, node);
      case "TSEnumDeclaration":
        return this.enum(name, node);
      case "VariableDeclarator":
        return this.constant(name, node);
    }
  }

  private of(node: Node | null | undefined): string {
    return node == null ? "" : typeText(this.module, node, this.scope, this.namer);
  }

  private fields(name: string, node: Of<"ClassDeclaration">): string {
    const lines = node.body.body.flatMap((member) => this.field(member));
    const parameters = this.of(node.typeParameters);
    const base = node.superClass;
    if (base != null && base.type !== "Identifier")
      throw refusal(this.module.path, base, `${name} as a type: its base is not a class that is declared`);
    const args = this.of(node.superTypeParameters);
    const heritage = base == null ? "" : ` extends ${this.namer.type(this.module, base.name, base)}${args}`;
    return `export interface ${name}${parameters}${heritage} {\n${lines.join("")}}\n`;
  }

  private field(member: Of<"ClassBody">["body"][number]): readonly string[] {
    if (member.type === "ClassMethod" && member.kind === "constructor")
      return member.params.flatMap((one) => {
        if (one.type !== "TSParameterProperty" || isHidden(one)) return [];
        const of = one.parameter.type === "AssignmentPattern" ? one.parameter.left : one.parameter;
        return of.type === "Identifier" ? [this.line(one, of.name, "", of.typeAnnotation, null)] : [];
      });
    if (member.type !== "ClassProperty" || member.static === true || isHidden(member)) return [];
    const { key, computed, value, typeAnnotation } = member;
    if (computed || (key.type !== "Identifier" && key.type !== "StringLiteral")) return [];
    if (value != null && /Function/.test(value.type)) return [];
    const label = key.type === "Identifier" ? key.name : JSON.stringify(key.value);
    return [this.line(member, label, member.optional === true ? "?" : "", typeAnnotation, value)];
  }

  private line(
    at: Node,
    label: string,
    mark: string,
    type: Node | null | undefined,
    value: Node | null | undefined,
  ) {
    const written = type?.type === "TSTypeAnnotation" ? this.of(type.typeAnnotation) : null;
    const inferred = value == null ? "unknown" : typeOf(value, () => "unknown");
    const text = (written ?? inferred).replaceAll("\n", "\n  ");
    return `${docOf(this.module, at, "  ")}  ${label}${mark}: ${text};\n`;
  }

  private enum(name: string, node: Of<"TSEnumDeclaration">): string {
    let next: number | null = 0;
    const lines = (node.body?.members ?? node.members).map((member) => {
      const label = member.id.type === "Identifier" ? member.id.name : JSON.stringify(member.id.value);
      const value = literal(member.initializer) ?? (member.initializer == null ? next : null);
      if (value === null)
        throw refusal(
          this.module.path,
          member,
          `${name}.${label}: only numbers and texts that are written out`,
        );
      next = typeof value === "number" ? value + 1 : null;
      return `${docOf(this.module, member, "  ")}  ${label}: ${JSON.stringify(value)},\n`;
    });
    return `export const ${name} = {\n${lines.join("")}} as const;\n\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];\n`;
  }

  private constant(name: string, node: Of<"VariableDeclarator">): string {
    const { id, init } = node;
    const type =
      id.type === "Identifier" && id.typeAnnotation?.type === "TSTypeAnnotation" ? id.typeAnnotation : null;
    if (type !== null) return `declare const ${name}: ${this.of(type.typeAnnotation)};\n`;
    if (init == null || !isData(init))
      throw refusal(this.module.path, node, `typeof ${name}: only of a constant that is written out`);
    const text = this.module.text.slice(startOf(init), endOf(init));
    return `export const ${name} = ${dedent(text, 0)};\n`;
  }
}

function isHidden(node: Node): boolean {
  const access: unknown = Reflect.get(node, "accessibility");
  return access === "private" || access === "protected";
}

function literal(node: Node | null | undefined): number | string | null {
  if (node?.type === "NumericLiteral" || node?.type === "StringLiteral") return node.value;
  if (node?.type !== "UnaryExpression" || node.operator !== "-") return null;
  const value = literal(node.argument);
  return typeof value === "number" ? -value : null;
}

/** Values without names: what stands in another file means the same there. */
function isData(node: Node): boolean {
  switch (node.type) {
    case "TSAsExpression":
      return isData(node.expression) && /^as const$|^const$/.test(constOf(node));
    case "ArrayExpression":
      return node.elements.every((one) => one !== null && isData(one));
    case "ObjectExpression":
      return node.properties.every(
        (one) => one.type === "ObjectProperty" && !one.computed && isData(one.value),
      );
    case "UnaryExpression":
      return isData(node.argument);
    default:
      return /^(?:String|Numeric|Boolean|Null|BigInt)Literal$/.test(node.type);
  }
}

/** What stands behind `as`. */
function constOf({ typeAnnotation: type }: Of<"TSAsExpression">): string {
  return type.type === "TSTypeReference" && type.typeName.type === "Identifier" ? type.typeName.name : "";
}
