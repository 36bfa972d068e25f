/** What a module does with globals: only those of the white-list, and of agreed time and chance only calls. */
import { agreed, bases, callables, converters, members, values, whyNot } from "./globals.ts";
import { keyName, type Node, type NodePath, type Of } from "./syntax.ts";

/** Where a module asks for agreed time or chance. */
export interface AgreedUse {
  readonly path: NodePath;
  readonly name: string;
}

type Member = Of<"MemberExpression"> | Of<"OptionalMemberExpression">;
type Called = Of<"CallExpression"> | Of<"OptionalCallExpression"> | Of<"NewExpression">;

const local = "it reads or shows the machine's time zone";

export class GlobalRules {
  private readonly refuse: (node: Node, reason: string) => void;
  private readonly uses: AgreedUse[];

  /** @param uses where uses of agreed time and chance are noted */
  constructor(refuse: (node: Node, reason: string) => void, uses: AgreedUse[]) {
    this.refuse = refuse;
    this.uses = uses;
  }

  look(path: NodePath): void {
    const { node } = path;
    if (node.type !== "Identifier" || !isVariable(path) || path.scope.hasBinding(node.name, true)) return;
    const { name } = node;
    if (isAssigned(path)) return this.refuse(node, `${name}: a global is assigned`);
    if (values.has(name)) return;
    if (name === "arguments" && isInFunction(path)) return;
    if (!callables.has(name) && !members.has(name) && !agreed.has(name))
      return this.refuse(node, whyNot(name));
    this.use(path, name);
  }

  private use(path: NodePath, name: string): void {
    const { parent, parentPath, key, node } = path;
    if (parentPath !== null && isMember(parent) && key === "object")
      return this.member(parentPath, parent, name);
    if (isCall(parent) && key === "callee") {
      if (!callables.has(name)) return this.refuse(node, `${name} is not a function`);
      return name === "Date" && parentPath !== null ? this.date(parentPath, parent) : undefined;
    }
    if (isCall(parent) && converters.has(name)) return;
    if (parent.type === "BinaryExpression" && parent.operator === "instanceof" && key === "right") return;
    if (isClass(parent) && key === "superClass" && bases.has(name)) return;
    if (isClass(parent)) return this.refuse(node, `a class that extends ${name}`);
    this.refuse(
      node,
      `${name} may only be called, as in (x) => ${name}(x): a copy of it hides what is done with it`,
    );
  }

  private member(path: NodePath, node: Member, global: string): void {
    const name = keyName(node.property, node.computed);
    if (name === null) return this.refuse(node, `${global}[…]: a member of a global by a computed name`);
    const what = `${global}.${name}`;
    if (isTarget(path)) return this.refuse(node, `${what}: a global is changed`);
    const isCalled = isCall(path.parent) && path.key === "callee";
    if (agreed.get(global)?.has(name)) {
      if (isCalled) this.uses.push({ path, name: `${what}()` });
      else this.refuse(node, `${what}: call it where it is needed; what it is now may be the machine's own`);
      return;
    }
    if (!members.get(global)?.has(name)) return this.refuse(node, whyNot(what));
    if (what === "Object.assign" && (!isCall(path.parent) || !isCalled || !isNew(path.parent.arguments[0])))
      this.refuse(node, `${what}: only into a new object, as Object.assign({}, a, b)`);
    if (what === "Date.parse" && (!isCalled || !isCall(path.parent) || !isZoned(path.parent.arguments[0])))
      this.refuse(node, `${what}: ${local}, unless the text is shown here and names its zone`);
  }

  private date(path: NodePath, call: Called): void {
    const [first, ...others] = call.arguments;
    if (call.type !== "NewExpression")
      return this.refuse(call, `Date(): ${local}; use new Date().toISOString()`);
    if (first === undefined) return void this.uses.push({ path, name: "new Date()" });
    if (others.length > 0 || first.type === "SpreadElement")
      return this.refuse(call, `new Date(year, …): ${local}; use Date.UTC(year, …)`);
    const isText = first.type === "StringLiteral" || first.type === "TemplateLiteral";
    if (isText && !isZoned(first)) this.refuse(call, `new Date("…"): ${local}; end the text with Z`);
  }
}

/** Whether nobody else has the object: the functions of the language are objects, too. */
function isNew(node: Node | undefined): boolean {
  return /^(?:ObjectExpression|ArrayExpression|NewExpression)$/.test(node?.type ?? "");
}

/** A text that names a moment wherever it is read: a date alone is UTC (ECMA-262, Date Time String Format). */
function isZoned(node: Node | undefined): boolean {
  if (node?.type !== "StringLiteral") return false;
  return /^\d{4}(?:-\d\d(?:-\d\d)?)?$|^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(node.value);
}

/** Whether an identifier names a variable: not a property, a label, or what it declares. */
function isVariable(path: NodePath): boolean {
  return path.isReferencedIdentifier() || isAssigned(path);
}

function isAssigned(path: NodePath): boolean {
  const { parent, key, listKey } = path;
  switch (parent.type) {
    case "AssignmentExpression":
    case "ForInStatement":
    case "ForOfStatement":
      return key === "left";
    case "UpdateExpression":
      return true;
    case "AssignmentPattern":
      return key === "left" && isInAssignedPattern(path);
    case "ArrayPattern":
      return listKey === "elements" && isInAssignedPattern(path);
    case "RestElement":
      return isInAssignedPattern(path);
    case "ObjectProperty":
      return key === "value" && path.parentPath?.parent.type === "ObjectPattern" && isInAssignedPattern(path);
    default:
      return false;
  }
}

/** Whether the pattern around is assigned to, not declared. */
function isInAssignedPattern(path: NodePath): boolean {
  let at: NodePath | null = path;
  while (at !== null && (at === path || isPatternPart(at))) at = at.parentPath;
  const owner = at?.node.type;
  return owner === "AssignmentExpression" || owner === "ForOfStatement" || owner === "ForInStatement";
}

function isPatternPart({ node }: NodePath): boolean {
  return ["ArrayPattern", "ObjectPattern", "ObjectProperty", "RestElement", "AssignmentPattern"].includes(
    node.type,
  );
}

/** Whether a member is assigned, counted up or deleted. */
export function isTarget(path: NodePath): boolean {
  if (isAssigned(path)) return true;
  return path.parent.type === "UnaryExpression" && path.parent.operator === "delete";
}

function isMember(node: Node): node is Member {
  return node.type === "MemberExpression" || node.type === "OptionalMemberExpression";
}

function isCall(node: Node): node is Called {
  return (
    node.type === "CallExpression" || node.type === "OptionalCallExpression" || node.type === "NewExpression"
  );
}

function isClass(node: Node): boolean {
  return node.type === "ClassDeclaration" || node.type === "ClassExpression";
}

function isInFunction(path: NodePath): boolean {
  return path.findParent((at) => at.isFunction() && !at.isArrowFunctionExpression()) !== null;
}
