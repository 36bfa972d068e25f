/** One signature of a method as callers see it: the written parameters, and a promise of what is returned. */
import { isNode, type Node, type Of } from "../safety/syntax.ts";
import { initName, type Level, type MethodNode, type MethodPlan } from "./class-plan.ts";
import { docOf } from "./doc.ts";
import { returned, typeOf } from "./infer.ts";
import type { Modules } from "./modules.ts";
import { type Namer, noScope, parameterNames, type Scope, typeText } from "./type-text.ts";

export interface Parameter {
  readonly name: string;
  /** The name with its type, as `by?: number`. */
  readonly text: string;
  /** It must be given. */
  readonly needed: boolean;
}

export interface Signature {
  readonly doc: string;
  readonly typeParameters: string;
  readonly parameters: readonly Parameter[];
  /** What the promise brings. */
  readonly result: string;
}

/** Types of the language that are no `Blocked`. */
const plainGlobals: ReadonlySet<string> = new Set(
  (
    "Array ArrayBuffer BigInt64Array BigUint64Array Date Error Float32Array Float64Array Int16Array Int32Array Int8Array" +
    " Map Record ReadonlyArray ReadonlyMap ReadonlySet RegExp Set Uint16Array Uint32Array Uint8Array" +
    " Uint8ClampedArray"
  ).split(" "),
);

export class SignatureWriter {
  private readonly modules: Modules;
  private readonly namer: Namer;
  private readonly answer: string;

  /** @param answer what stands for the name under which `Answer` is imported */
  constructor(modules: Modules, namer: Namer, answer: string) {
    this.modules = modules;
    this.namer = namer;
    this.answer = answer;
  }

  signatures({ name, level, nodes }: MethodPlan): readonly Signature[] {
    return nodes.map((node) => this.signature(level, node, name === initName));
  }

  private signature(level: Level, node: MethodNode, isInit: boolean): Signature {
    const own = parameterNames(node.typeParameters);
    const scope: Scope = {
      parameters: new Set([...level.scope.parameters, ...own]),
      given: new Map([...level.scope.given].filter(([name]) => !own.includes(name))),
    };
    const inner = { ...level, scope };
    return {
      doc: docOf(level.module, node, "  "),
      typeParameters: node.typeParameters == null ? "" : this.text(inner, node.typeParameters),
      parameters: this.parameters(inner, node),
      result: isInit ? "void" : this.result(inner, node),
    };
  }

  private text({ module, scope }: Level, node: Node): string {
    return typeText(module, node, scope, this.namer);
  }

  private parameters(level: Level, node: MethodNode): readonly Parameter[] {
    const params = node.params.filter((one) => one.type !== "Identifier" || one.name !== "this");
    const bare = params.map((one) => (one.type === "TSParameterProperty" ? one.parameter : one));
    const lastNeeded = bare.findLastIndex((one) => isNeeded(one, level.module.typed));
    return bare.map((one, i) => this.parameter(level, one, i, i < lastNeeded));
  }

  /** @param isInside one that must be given follows */
  private parameter(level: Level, node: Node, i: number, isInside: boolean): Parameter {
    if (node.type === "RestElement") {
      const name = node.argument.type === "Identifier" ? node.argument.name : "rest";
      const type = this.written(level, node) ?? this.written(level, node.argument) ?? "unknown[]";
      return { name, text: `...${name}: ${type}`, needed: false };
    }
    const target = node.type === "AssignmentPattern" ? node.left : node;
    const name = target.type === "Identifier" ? target.name : `arg${i + 1}`;
    const otherwise = node.type === "AssignmentPattern" ? typeOf(node.right, () => "unknown") : "unknown";
    const type = this.written(level, target) ?? otherwise;
    if (isNeeded(node, level.module.typed)) return { name, text: `${name}: ${type}`, needed: true };
    if (isInside) return { name, text: `${name}: ${type} | undefined`, needed: true };
    return { name, text: `${name}?: ${type}`, needed: false };
  }

  private written(level: Level, node: Node): string | null {
    const type: unknown = Reflect.get(node, "typeAnnotation");
    return isNode(type) && type.type === "TSTypeAnnotation" ? this.text(level, type.typeAnnotation) : null;
  }

  private result(level: Level, node: MethodNode): string {
    const { returnType } = node;
    if (returnType?.type !== "TSTypeAnnotation") {
      return node.type === "ClassMethod" ? returned(node.body, (name) => fieldType(level, name)) : "unknown";
    }
    const type = returnType.typeAnnotation;
    if (type.type === "TSTypePredicate") return type.asserts === true ? "void" : "boolean";
    const parts = this.parts(level, type);
    const text = [...new Set(parts.map((part) => this.text(level, part)))].join(" | ");
    return parts.every((part) => this.isPlain(level, part)) ? text : `${this.answer}<${text}>`;
  }

  /** The parts of a union; of a `Blocked` what comes later. */
  private parts(level: Level, node: Node): readonly Node[] {
    if (node.type === "TSUnionType") return node.types.flatMap((part) => this.parts(level, part));
    // The others need their brackets in a union.
    if (
      node.type === "TSParenthesizedType" &&
      /Union|Literal|Keyword|Reference/.test(node.typeAnnotation.type)
    )
      return this.parts(level, node.typeAnnotation);
    const later = this.unblocked(level, node);
    return later === node ? [node] : this.parts(level, later);
  }

  /** What a blocked call answers later. */
  private unblocked(level: Level, node: Node): Node {
    if (node.type !== "TSTypeReference" || node.typeName.type !== "Identifier") return node;
    const { name } = node.typeName;
    if (level.scope.parameters.has(name)) return node;
    const meaning = this.modules.meaning(level.module, name, false);
    const isBlocked = meaning.type === "package" && /^concoord(?:\/object)?$/.test(meaning.specifier);
    const args = node.typeParameters?.params;
    return isBlocked && meaning.imported === "Blocked" ? (args?.[0] ?? node) : node;
  }

  /** Whether a part of a result is surely no `Blocked`. */
  private isPlain(level: Level, node: Node): boolean {
    switch (node.type) {
      case "TSArrayType":
      case "TSTupleType":
      case "TSTypeLiteral":
      case "TSLiteralType":
      case "TSTypeOperator":
        return true;
      case "TSTypeReference":
        return this.isPlainName(level, node);
      default:
        return /^TS\w+Keyword$/.test(node.type);
    }
  }

  private isPlainName(level: Level, { typeName }: Of<"TSTypeReference">): boolean {
    if (typeName.type !== "Identifier" || level.scope.parameters.has(typeName.name)) return false;
    if (level.scope.given.has(typeName.name)) return false;
    const meaning = this.modules.meaning(level.module, typeName.name, false);
    if (meaning.type === "global") return plainGlobals.has(typeName.name);
    if (meaning.type !== "declared" || meaning.node.type !== "TSTypeAliasDeclaration")
      return meaning.type === "declared";
    if (meaning.node.typeParameters != null) return false;
    const there: Level = { ...level, module: meaning.module, scope: noScope };
    return this.parts(there, meaning.node.typeAnnotation).every((part) => this.isPlain(there, part));
  }
}

/** In JavaScript every argument may be left out. */
function isNeeded(node: Node, typed: boolean): boolean {
  if (node.type === "AssignmentPattern" || node.type === "RestElement") return false;
  return typed && Reflect.get(node, "optional") !== true;
}

/** The type of a field, where it is one of the simplest. */
function fieldType({ node }: Level, name: string): string {
  for (const member of node.body.body) {
    if (member.type !== "ClassProperty" || member.static === true) continue;
    if (member.key.type !== "Identifier" || member.key.name !== name) continue;
    const type = member.typeAnnotation;
    if (type?.type === "TSTypeAnnotation") {
      return (
        /^TS(String|Number|Boolean|BigInt)Keyword$/.exec(type.typeAnnotation.type)?.[1]?.toLowerCase() ??
        "unknown"
      );
    }
    return member.value == null ? "unknown" : typeOf(member.value, () => "unknown");
  }
  return "unknown";
}
