/**
 * What methods change beside their object: variables of the module and static fields are in no snapshot, so that a
 * replica that starts from one has others than those that executed the whole log.
 */
import { isTarget } from "./global-rules.ts";
import { runsAtLoad } from "./load-time.ts";
import { keyName, type Node, type NodePath } from "./syntax.ts";

const changing: ReadonlySet<string> = new Set(
  "add clear copyWithin delete fill pop push reverse set shift sort splice unshift".split(" "),
);
const why = "it is part of no object, and in no snapshot: keep it in a field";

export class StateRules {
  private readonly refuse: (node: Node, reason: string) => void;

  constructor(refuse: (node: Node, reason: string) => void) {
    this.refuse = refuse;
  }

  look(path: NodePath): void {
    const { node, parent, key } = path;
    if (node.type === "Identifier") {
      if (isTarget(path) && isOfModule(path, node.name)) this.report(path, node.name);
    } else if (node.type === "MemberExpression") {
      const name = keyName(node.property, node.computed);
      const calls =
        parent.type === "CallExpression" && key === "callee" && name !== null && changing.has(name);
      if (isTarget(path)) this.root(path);
      else if (calls) this.root(path.get("object"));
    }
  }

  /** `table.rows.push(…)` changes what `table` holds. */
  private root(path: NodePath | NodePath[]): void {
    if (Array.isArray(path)) return;
    let at: NodePath = path;
    while (at.isMemberExpression()) at = at.get("object");
    const { node } = at;
    if (node.type === "Identifier" && isOfModule(at, node.name)) {
      if (at !== path || !isNamespace(at, node.name)) this.report(path, node.name);
    }
    if (node.type === "ThisExpression" && isInStatic(at)) this.report(path, "a static field");
  }

  private report(path: NodePath, what: string): void {
    if (!runsAtLoad(path)) this.refuse(path.node, `${what} is changed: ${why}`);
  }
}

function isOfModule(path: NodePath, name: string): boolean {
  const binding = path.scope.getBinding(name);
  return binding?.scope.path.isProgram() === true;
}

/** What has functions, and not entries: `math.add(1, 2)` changes nothing in `math`. */
function isNamespace(path: NodePath, name: string): boolean {
  const declared = path.scope.getBinding(name)?.path.node;
  if (declared?.type !== "VariableDeclarator") return declared?.type !== "ImportSpecifier";
  return declared.init?.type === "ObjectExpression";
}

function isInStatic(path: NodePath): boolean {
  const member = path.findParent((at) => at.isFunction() && !at.isArrowFunctionExpression());
  return member?.isClassMethod() === true && member.node.static === true;
}
