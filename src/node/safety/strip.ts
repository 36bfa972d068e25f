/**
 * Takes the types out of a tree, as Node does before it runs a module: what is left is what happens. A name that only
 * a type declares (`declare const process`, `import type process`) must not hide a global.
 */
import { isNode, type Node, type Of, type Tree } from "./syntax.ts";

/** Fields that hold types alone. */
const typeFields = [
  "typeAnnotation",
  "returnType",
  "typeParameters",
  "typeArguments",
  "superTypeParameters",
  "implements",
  "predicate",
];

const gone = Symbol("gone");
type Left = Node | typeof gone;

/** Changes the tree. */
export function stripTypes(tree: Tree): void {
  stripFields(tree.program);
}

function strip(node: Node): Left {
  const left = replaced(node);
  if (left === gone) return gone;
  if (left !== node) return strip(left);
  const declares = node.type === "ExportNamedDeclaration" && node.declaration != null;
  stripFields(node);
  // The export of a type goes with it.
  return declares && node.type === "ExportNamedDeclaration" && node.declaration == null ? gone : node;
}

/** What stands for a node at run time: itself, an inner expression, or nothing. */
function replaced(node: Node): Left {
  switch (node.type) {
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
    case "TSInstantiationExpression":
      return node.expression;
    case "TSParameterProperty":
      return node.parameter;
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
    case "TSDeclareFunction":
    case "TSDeclareMethod":
    case "TSIndexSignature":
      return gone;
    case "ImportDeclaration":
      return node.importKind === "type" ? gone : node;
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ExportSpecifier":
      return node.exportKind === "type" ? gone : node;
    case "ImportSpecifier":
      return node.importKind === "type" ? gone : node;
    case "TSEnumDeclaration":
      return node.declare === true ? gone : enumAsVariable(node);
    case "VariableDeclaration":
    case "ClassDeclaration":
    case "ClassProperty":
    case "TSModuleDeclaration":
      return node.declare === true || Reflect.get(node, "abstract") === true ? abstracted(node) : node;
    default:
      return node;
  }
}

/** An abstract class is one; an abstract field, and what is only declared, is nothing. */
function abstracted(node: Node): Left {
  return node.type === "ClassDeclaration" && node.declare !== true ? node : gone;
}

/** An enum runs as an object whose fields are its members. */
function enumAsVariable(node: Of<"TSEnumDeclaration">): Node {
  const { loc, start, end, id } = node;
  const at = { loc, start, end };
  const members = node.body?.members ?? node.members ?? [];
  const properties = members.map((member) => {
    const value = member.initializer ?? { type: "NumericLiteral", value: 0, ...at };
    return { type: "ObjectProperty", key: member.id, value, computed: false, shorthand: false, ...at };
  });
  const init = { type: "ObjectExpression", properties, ...at };
  const declaration = { type: "VariableDeclarator", id, init, ...at };
  return asNode({ type: "VariableDeclaration", kind: "const", declarations: [declaration], ...at });
}

/** A node made here, in the shape of the parser's. */
function asNode(made: object): Node {
  return made as Node;
}

function stripFields(node: Node): void {
  for (const field of typeFields) if (Reflect.has(node, field)) Reflect.deleteProperty(node, field);
  for (const [key, value] of Object.entries(node)) {
    if (key === "loc" || key.endsWith("Comments")) continue;
    if (Array.isArray(value))
      Reflect.set(
        node,
        key,
        value.map(stripItem).filter((item) => item !== gone),
      );
    else if (isNode(value)) Reflect.set(node, key, orNull(strip(value)));
  }
}

function stripItem(item: unknown): unknown {
  if (!isNode(item)) return item;
  // A parameter named `this` is a type.
  return item.type === "Identifier" && item.name === "this" ? gone : strip(item);
}

function orNull(left: Left): Node | null {
  return left === gone ? null : left;
}
