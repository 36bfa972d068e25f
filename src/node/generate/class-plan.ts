/** What the proxy of a class consists of: the methods that callers have, with what is written about them. */
import { hookNames, lackingNames } from "../../shared/object/surface.ts";
import { keyName, type Node, type Of } from "../safety/syntax.ts";
import type { ModuleSource } from "./module-source.ts";
import type { Modules } from "./modules.ts";
import { refusal } from "./refusal.ts";
import { type Namer, noScope, parameterNames, type Scope, typeText } from "./type-text.ts";

type ClassNode = Of<"ClassDeclaration">;
type Member = Of<"ClassBody">["body"][number];
/** A method as it is declared: with a body, or without one (an overload, or in declarations). */
export type MethodNode = Of<"ClassMethod"> | Of<"TSDeclareMethod">;

/** A class where it is declared, and what its type parameters mean there. */
export interface Level {
  readonly module: ModuleSource;
  readonly node: ClassNode;
  readonly scope: Scope;
}

export interface MethodPlan {
  readonly name: string;
  readonly level: Level;
  /** The signatures that callers see. */
  readonly nodes: readonly MethodNode[];
}

export interface ClassPlan {
  /** The class and its bases, the class first. */
  readonly levels: readonly Level[];
  readonly methods: readonly MethodPlan[];
  /** Of the constructor, from the first level that has one. */
  readonly init: MethodPlan | null;
  /** The name under which replicas register it. */
  readonly registered: string;
  readonly reads: readonly string[];
  /** What was left out, and why, as lines. */
  readonly notes: readonly string[];
}

/** The call that builds an object anew. */
export const initName = "__concoordinit__";
const lacking: ReadonlySet<string> = new Set<string>(lackingNames);
const hooks: ReadonlySet<string> = new Set<string>(hookNames);

/**
 * @param name under which the module exports the class
 * @throws LoadError naming file and line of what cannot be called, or not be told
 */
export function planClass(
  modules: Modules,
  module: ModuleSource,
  name: string,
  node: ClassNode,
  namer: Namer,
) {
  const own = parameterNames(node.typeParameters);
  const first: Level = { module, node, scope: { parameters: new Set(own), given: new Map() } };
  const levels = lineage(modules, first, namer);
  const methods = new Map<string, MethodPlan>();
  const notes: string[] = [];
  for (const level of levels) {
    for (const [called, nodes] of Map.groupBy(methodsOf(modules, level, name, notes), ([key]) => key)) {
      if (methods.has(called)) continue;
      const all = nodes.map(([, one]) => one);
      const overloads = all.filter(({ type }) => type === "TSDeclareMethod");
      methods.set(called, { name: called, level, nodes: overloads.length > 0 ? overloads : all });
    }
  }
  const plan: ClassPlan = {
    levels,
    methods: [...methods.values()],
    init: findInit(levels),
    registered: registeredName(levels, name),
    reads: findReads(levels).filter((read) => methods.has(read)),
    notes,
  };
  if (plan.methods.length === 0) throw refusal(module.path, node, `${name} has no method to call`);
  return plan;
}

function lineage(modules: Modules, first: Level, namer: Namer): readonly Level[] {
  const levels = [first];
  for (;;) {
    const below = levels[levels.length - 1] as Level;
    const base = baseOf(modules, below, namer);
    if (base === null) return levels;
    if (levels.some(({ node }) => node === base.node))
      throw refusal(base.module.path, base.node, "a class that extends itself");
    levels.push(base);
  }
}

function baseOf(modules: Modules, { module, node, scope }: Level, namer: Namer): Level | null {
  const { superClass, superTypeParameters } = node;
  if (superClass == null) return null;
  if (superClass.type !== "Identifier")
    throw refusal(module.path, superClass, "a base class that is computed: declare it");
  const { name } = superClass;
  const meaning = modules.meaning(module, name, true);
  if (meaning.type !== "declared" || meaning.node.type !== "ClassDeclaration")
    throw refusal(module.path, superClass, `the base class ${name} is not in this or a relative module`);
  const given =
    superTypeParameters?.type === "TSTypeParameterInstantiation" ? superTypeParameters.params : [];
  const wanted = meaning.node.typeParameters;
  const parameters = wanted?.type === "TSTypeParameterDeclaration" ? wanted.params : [];
  const texts = parameters.map((parameter, i): readonly [string, string] => {
    const type = given[i];
    if (type !== undefined) return [parameter.name, typeText(module, type, scope, namer)];
    const otherwise = parameter.default ?? parameter.constraint;
    const text = otherwise == null ? "unknown" : typeText(meaning.module, otherwise, noScope, namer);
    return [parameter.name, text];
  });
  return { module: meaning.module, node: meaning.node, scope: { ...noScope, given: new Map(texts) } };
}

/** The methods of a class that callers have, in the order of the source. */
function methodsOf(
  modules: Modules,
  { module, node }: Level,
  name: string,
  notes: string[],
): (readonly [string, MethodNode])[] {
  return node.body.body.flatMap((member): (readonly [string, MethodNode])[] => {
    if (member.type !== "ClassMethod" && member.type !== "TSDeclareMethod") return [];
    if (member.kind === "constructor") return [];
    const key = keyName(member.key, member.computed === true);
    if (key === null) return leaveComputed(modules, module, member);
    const why = whyLeftOut(member, key);
    if (why !== null) {
      notes.push(`${name}.${key} is left out: ${why}`);
      return [];
    }
    refuseLater(module, member, `${name}.${key}`);
    return [[key, member]];
  });
}

/** Methods under symbols cannot be called; any other computed name could be one that can. */
function leaveComputed(modules: Modules, module: ModuleSource, { key }: MethodNode): [] {
  const isWellKnown =
    key.type === "MemberExpression" && key.object.type === "Identifier" && key.object.name === "Symbol";
  if (isWellKnown || (key.type === "Identifier" && isSymbol(modules, module, key.name))) return [];
  throw refusal(module.path, key, "a method with a computed name: nobody knows how to call it");
}

/** Whether a name is declared as a symbol. */
function isSymbol(modules: Modules, module: ModuleSource, name: string): boolean {
  const meaning = modules.meaning(module, name, true);
  if (meaning.type !== "declared" || meaning.node.type !== "VariableDeclarator") return false;
  const { id, init } = meaning.node;
  if (init?.type === "CallExpression") {
    const { callee } = init;
    const maker = callee.type === "MemberExpression" ? callee.object : callee;
    return maker.type === "Identifier" && maker.name === "Symbol";
  }
  if (id.type !== "Identifier" || id.typeAnnotation?.type !== "TSTypeAnnotation") return false;
  const type = id.typeAnnotation.typeAnnotation;
  return type.type === "TSTypeOperator" && type.operator === "unique";
}

function whyLeftOut(member: MethodNode, key: string): string | null {
  if (member.static === true) return "static";
  if (member.kind !== "method") return "an accessor: only methods are called";
  if (member.accessibility === "private" || member.accessibility === "protected") return member.accessibility;
  if (key.startsWith("_")) return "names with a leading _ are not callable";
  if (hooks.has(key)) return "concoord itself calls it";
  if (lacking.has(key)) return "programs look for this name on every object";
  return null;
}

/** What answers later answers nothing that can be sent. */
function refuseLater(module: ModuleSource, member: MethodNode, name: string): void {
  if (member.async === true) throw refusal(module.path, member, `${name} is async: methods are synchronous`);
  if (member.generator === true)
    throw refusal(module.path, member, `${name} is a generator: return a list, which can be sent`);
  const type = member.returnType?.type === "TSTypeAnnotation" ? member.returnType.typeAnnotation : null;
  const called =
    type?.type === "TSTypeReference" && type.typeName.type === "Identifier" ? type.typeName.name : "";
  if (called === "Promise" || called === "PromiseLike")
    throw refusal(module.path, member, `${name} returns a promise: methods are synchronous`);
}

function findInit(levels: readonly Level[]): MethodPlan | null {
  for (const level of levels) {
    const nodes = level.node.body.body.filter(isConstructor);
    const overloads = nodes.filter(({ type }) => type === "TSDeclareMethod");
    const shown = overloads.length > 0 ? overloads : nodes;
    if (shown.length > 0) return { name: initName, level, nodes: shown };
  }
  return null;
}

function isConstructor(member: Member): member is MethodNode {
  return (
    (member.type === "ClassMethod" || member.type === "TSDeclareMethod") && member.kind === "constructor"
  );
}

function staticField(levels: readonly Level[], name: string): readonly [Level, Of<"ClassProperty">] | null {
  for (const level of levels) {
    for (const member of level.node.body.body) {
      if (member.type !== "ClassProperty" || member.static !== true) continue;
      if (keyName(member.key, member.computed) === name) return [level, member];
    }
  }
  return null;
}

function registeredName([own]: readonly Level[], name: string): string {
  const found = own === undefined ? null : staticField([own], "name");
  if (found === null || own === undefined) return name;
  const [text] = textsIn(found[1].value ?? found[1].typeAnnotation) ?? [];
  if (text === undefined)
    throw refusal(own.module.path, found[1], "static name: only a text that is written out");
  return text;
}

/** `static reads`, which classes inherit. */
function findReads(levels: readonly Level[]): readonly string[] {
  const found = staticField(levels, "reads");
  if (found === null) return [];
  const [{ module }, { value, typeAnnotation }] = found;
  const texts = textsIn(value ?? typeAnnotation);
  if (texts === null) throw refusal(module.path, found[1], "static reads: only texts that are written out");
  return texts;
}

/** The texts of a value, or of the literal types of its declaration; null when there are others. */
function textsIn(node: Node | null | undefined): readonly string[] | null {
  switch (node?.type) {
    case "StringLiteral":
      return [node.value];
    case "TSLiteralType":
      return textsIn(node.literal);
    case "TSAsExpression":
    case "TSSatisfiesExpression":
      return textsIn(node.expression);
    case "TSTypeAnnotation":
    case "TSTypeOperator":
    case "TSParenthesizedType":
      return textsIn(node.typeAnnotation);
    case "TSArrayType":
      return textsIn(node.elementType);
    case "ArrayExpression":
      return joined(node.elements);
    case "TSTupleType":
      return joined(node.elementTypes);
    case "TSUnionType":
      return joined(node.types);
    default:
      return null;
  }
}

function joined(nodes: readonly (Node | null)[]): readonly string[] | null {
  const all = nodes.map((node) => textsIn(node));
  return all.every((texts) => texts !== null) ? all.flat() : null;
}
