/**
 * Whether the key of a computed access (`list[i]`) is known to be harmless. Only what is certainly a number, or one of
 * the texts that the source shows, is: any other key may be "constructor", and two of these lead to code from text.
 */
import type { Binding } from "@babel/traverse";
import { whyNotProperty } from "./names.ts";
import type { NodePath, Of } from "./syntax.ts";

const arithmetic: ReadonlySet<string> = new Set(["-", "*", "/", "%", "**", "|", "&", "^", "<<", ">>", ">>>"]);
const numbers: ReadonlySet<string> = new Set(["Number", "parseInt", "parseFloat"]);
const symbols: ReadonlySet<string> = new Set(["iterator", "toPrimitive", "toStringTag", "hasInstance"]);

type Proof = (path: NodePath, assumed: Assumed) => boolean;
/** What is assumed of variables while they are looked at: a counter is a number if all that it is given is one then. */
type Assumed = ReadonlyMap<object, Proof>;
const nothing: Assumed = new Map();

/** Whether the key, wherever it comes from, cannot name what no object should be asked for. */
export function isHarmless(key: NodePath, assumed: Assumed = nothing): boolean {
  const { node } = key;
  switch (node.type) {
    case "StringLiteral":
      return whyNotProperty(node.value, false) === null;
    case "TemplateLiteral":
      return node.expressions.length === 0 && harmlessText(node);
    case "MemberExpression":
      return isSymbol(node, key);
    case "ConditionalExpression":
      return part(key, "consequent", assumed, isHarmless) && part(key, "alternate", assumed, isHarmless);
    case "Identifier":
      return isNumber(key, assumed) || isGiven(key, node, assumed, isHarmless);
    case "CallExpression":
      if (isNumber(key, assumed) || node.callee.type !== "Identifier") return isNumber(key, assumed);
      return isReturned(key, node.callee.name, assumed, isHarmless);
    default:
      return isNumber(key, assumed);
  }
}

function harmlessText(node: Of<"TemplateLiteral">): boolean {
  return whyNotProperty(node.quasis[0]?.value.cooked ?? "constructor", false) === null;
}

/** `Symbol.iterator` and its like. */
function isSymbol({ object, property, computed }: Of<"MemberExpression">, at: NodePath): boolean {
  if (object.type !== "Identifier" || object.name !== "Symbol" || at.scope.hasBinding("Symbol", true))
    return false;
  return !computed && property.type === "Identifier" && symbols.has(property.name);
}

function part(path: NodePath, key: string, assumed: Assumed, proof: Proof): boolean {
  const found: NodePath | NodePath[] = path.get(key);
  // `return;` has no argument.
  return !Array.isArray(found) && Reflect.get(found, "node") !== null && proof(found, assumed);
}

function isNumber(path: NodePath, assumed: Assumed): boolean {
  const { node } = path;
  switch (node.type) {
    case "NumericLiteral":
    case "UpdateExpression":
      return true;
    case "UnaryExpression":
      return ["+", "-", "~"].includes(node.operator);
    case "BinaryExpression":
      if (arithmetic.has(node.operator)) return true;
      return (
        node.operator === "+" &&
        part(path, "left", assumed, isNumber) &&
        part(path, "right", assumed, isNumber)
      );
    case "ConditionalExpression":
      return part(path, "consequent", assumed, isNumber) && part(path, "alternate", assumed, isNumber);
    case "AssignmentExpression":
      return isNumericAssignment(node, path, assumed);
    case "CallExpression":
      return isNumericCall(node, path);
    case "Identifier":
      return isGiven(path, node, assumed, isNumber);
    default:
      return false;
  }
}

function isNumericAssignment(node: Of<"AssignmentExpression">, path: NodePath, assumed: Assumed): boolean {
  const operator = node.operator.slice(0, -1);
  return arithmetic.has(operator) || (operator === "" && part(path, "right", assumed, isNumber));
}

/** Number(x), parseInt(x), Math.floor(x). */
function isNumericCall({ callee }: Of<"CallExpression">, { scope }: NodePath): boolean {
  if (callee.type === "Identifier") return numbers.has(callee.name) && !scope.hasBinding(callee.name, true);
  if (callee.type !== "MemberExpression" || callee.object.type !== "Identifier") return false;
  return callee.object.name === "Math" && !scope.hasBinding("Math", true);
}

/** Whether the proof holds for all that a variable is ever given. */
function isGiven(path: NodePath, node: Of<"Identifier">, assumed: Assumed, proof: Proof): boolean {
  const binding = path.scope.getBinding(node.name);
  if (binding === undefined) return false;
  const known = assumed.get(binding);
  if (known === proof || known === isNumber) return true;
  const further: Assumed = new Map([...assumed, [binding, proof]]);
  const { node: declared } = binding.path;
  if (binding.kind === "param") return isHandedOver(binding, further, proof);
  if (declared.type !== "VariableDeclarator" || declared.id.type !== "Identifier" || declared.init == null)
    return false;
  if (!part(binding.path, "init", further, proof)) return false;
  return binding.constantViolations.every((change) => {
    if (change.node.type === "UpdateExpression") return true;
    if (change.node.type !== "AssignmentExpression" || !assigns(change.node, node)) return false;
    return givesIt(change, further, proof);
  });
}

/** A parameter of a function that is only ever called where one sees it. */
function isHandedOver(binding: Binding, assumed: Assumed, proof: Proof): boolean {
  const { path, constant } = binding;
  const { parent, parentPath, listKey, key } = path;
  if (!constant || path.node.type !== "Identifier" || listKey !== "params") return false;
  if (parent.type !== "FunctionDeclaration" || parent.id == null || typeof key !== "number") return false;
  const itself = parentPath?.scope.parent.getBinding(parent.id.name);
  if (itself?.constant !== true) return false;
  return itself.referencePaths.every((use) => {
    const call = use.parent;
    if (call.type !== "CallExpression" || use.key !== "callee" || use.parentPath === null) return false;
    if (call.arguments.slice(0, key + 1).some(({ type }) => type === "SpreadElement")) return false;
    return call.arguments.length > key && part(use.parentPath, `arguments.${key}`, assumed, proof);
  });
}

/** A function that is declared, and all that it returns. */
function isReturned(path: NodePath, name: string, assumed: Assumed, proof: Proof): boolean {
  const binding = path.scope.getBinding(name);
  if (binding?.constant !== true || binding.path.node.type !== "FunctionDeclaration") return false;
  const { node } = binding.path;
  if (node.generator === true || assumed.get(binding) === proof) return node.generator !== true;
  const further: Assumed = new Map([...assumed, [binding, proof]]);
  let holds = true;
  binding.path.traverse({
    Function: (inner) => inner.skip(),
    ReturnStatement: (returned) => {
      holds &&= part(returned, "argument", further, proof);
    },
  });
  return holds;
}

function assigns({ left }: Of<"AssignmentExpression">, { name }: Of<"Identifier">): boolean {
  return left.type === "Identifier" && left.name === name;
}

function givesIt(change: NodePath, assumed: Assumed, proof: Proof): boolean {
  const { node } = change;
  if (node.type !== "AssignmentExpression") return false;
  // What is added to a number stays one; what is added to a text makes another text.
  if (node.operator === "+=") return proof === isNumber && part(change, "right", assumed, isNumber);
  if (node.operator === "=") return part(change, "right", assumed, proof);
  return isNumericAssignment(node, change, assumed);
}
