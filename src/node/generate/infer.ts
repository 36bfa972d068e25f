/** The types that are not written but plain to see: of defaults, of fields with a value, of what methods return. */
import { isNode, type Node, type Of } from "../safety/syntax.ts";

const unknown = "unknown";
const comparisons: ReadonlySet<string> = new Set([
  "==",
  "!=",
  "===",
  "!==",
  "<",
  "<=",
  ">",
  ">=",
  "in",
  "instanceof",
]);
const arithmetic: ReadonlySet<string> = new Set(["-", "*", "/", "%", "**", "|", "&", "^", "<<", ">>", ">>>"]);

/** The type of `this.name`, where it is known. */
export type FieldType = (name: string) => string;

/** The type of an expression; "unknown" where it is not plain. */
export function typeOf(node: Node, field: FieldType): string {
  switch (node.type) {
    case "StringLiteral":
    case "TemplateLiteral":
      return "string";
    case "NumericLiteral":
    case "UpdateExpression":
      return "number";
    case "BooleanLiteral":
      return "boolean";
    case "BigIntLiteral":
      return "bigint";
    case "NullLiteral":
      return "null";
    case "UnaryExpression":
      return unary(node, field);
    case "BinaryExpression":
      return binary(node, field);
    case "ParenthesizedExpression":
      return typeOf(node.expression, field);
    case "MemberExpression":
      return member(node, field);
    default:
      return unknown;
  }
}

function unary({ operator, argument }: Of<"UnaryExpression">, field: FieldType): string {
  if (operator === "!" || operator === "delete") return "boolean";
  if (operator === "typeof") return "string";
  return operator === "-" || operator === "+" || operator === "~"
    ? numeric(typeOf(argument, field))
    : unknown;
}

function numeric(type: string): string {
  return type === "number" || type === "bigint" ? type : unknown;
}

function binary({ operator, left, right }: Of<"BinaryExpression">, field: FieldType): string {
  if (comparisons.has(operator)) return "boolean";
  const [a, b] = [typeOf(left, field), typeOf(right, field)];
  if (operator === "+" && (a === "string" || b === "string")) return "string";
  return a === b && (operator === "+" || arithmetic.has(operator)) ? numeric(a) : unknown;
}

function member({ object, property, computed }: Of<"MemberExpression">, field: FieldType): string {
  if (computed || property.type !== "Identifier") return unknown;
  if (object.type === "ThisExpression") return field(property.name);
  return unknown;
}

/** What a method returns, from its return statements: "void" when there are none, "unknown" when they differ. */
export function returned(body: Node, field: FieldType): string {
  const types = new Set<string>();
  let isBare = false;
  for (const statement of returns(body)) {
    if (statement.argument == null) isBare = true;
    else types.add(typeOf(statement.argument, field));
  }
  if (types.size === 0) return "void";
  return types.size === 1 && !isBare ? ([...types][0] ?? unknown) : unknown;
}

/** The return statements of a function's body, not those of functions within. */
function* returns(node: unknown): Generator<Of<"ReturnStatement">> {
  if (Array.isArray(node)) for (const item of node) yield* returns(item);
  if (!isNode(node) || isFunction(node)) return;
  if (node.type === "ReturnStatement") yield node;
  else for (const [key, value] of Object.entries(node)) if (key !== "loc") yield* returns(value);
}

function isFunction({ type }: Node): boolean {
  return /Function|^Class|ObjectMethod/.test(type) && type !== "ClassBody";
}
