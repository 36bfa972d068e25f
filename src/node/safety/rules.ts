/** The rules for one module: what in it would make replicas differ, or reach outside of the object. */
import { type AgreedUse, GlobalRules, isTarget } from "./global-rules.ts";
import { isHarmless } from "./keys.ts";
import { askedAtLoad, type Problem } from "./load-time.ts";
import { whyNotField, whyNotProperty } from "./names.ts";
import { StateRules } from "./state-rules.ts";
import { keyName, lineOf, type Node, type NodePath, type Of, type Tree, walk } from "./syntax.ts";

/** What a module imports at run time. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** Its local names for what it imports. */
  readonly names: readonly string[];
}

export interface Report {
  readonly problems: readonly Problem[];
  readonly imports: readonly Import[];
  /** Whether it asks for agreed time or chance anywhere. */
  readonly asks: boolean;
}

const plain: ReadonlyMap<string, string> = new Map([
  ["AwaitExpression", "await: methods are synchronous"],
  ["ImportExpression", "import(): modules are imported at the top, where they can be looked at"],
  ["Import", "import(): modules are imported at the top, where they can be looked at"],
  ["MetaProperty", ""],
  ["WithStatement", "with: names in it may mean anything"],
  ["DebuggerStatement", "debugger: it stops one replica"],
  ["Decorator", "decorators are not part of the language, and run when the class is loaded"],
  ["TSModuleDeclaration", "namespace: use the module itself"],
  ["TSImportEqualsDeclaration", "import =: import from the module"],
  ["TSExportAssignment", "export =: export names"],
]);

/** Methods that are called for objects which may lack them, or have others under their names. */
const borrowed: ReadonlySet<string> = new Set(["hasOwnProperty", "propertyIsEnumerable", "toString"]);

/** `prototype` in `Object.prototype.toString.call(x)`. */
function isBorrowed(path: NodePath, name: string): boolean {
  if (name !== "prototype" || !path.get("object").isIdentifier({ name: "Object" })) return false;
  const method = path.parentPath;
  const call = method?.parentPath;
  return (
    !path.scope.hasBinding("Object", true) &&
    isNamed(method, borrowed) &&
    isNamed(call, new Set(["call"])) &&
    call?.parent.type === "CallExpression" &&
    call.key === "callee"
  );
}

function isNamed(path: NodePath | null | undefined, names: ReadonlySet<string>): boolean {
  if (path?.node.type !== "MemberExpression") return false;
  const name = keyName(path.node.property, path.node.computed);
  return name !== null && names.has(name);
}

/** The members that the classes around a place declare. */
interface Declared {
  readonly isStatic: boolean;
  readonly names: ReadonlySet<string>;
}

export class Rules {
  private readonly problems: Problem[] = [];
  private readonly imports: Import[] = [];
  private readonly uses: AgreedUse[] = [];
  private program: NodePath | null = null;
  private isModule = false;

  /**
   * @param tree without types
   * @param asking whether the module that a specifier names asks for agreed time or chance anywhere
   */
  check(tree: Tree, asking: (specifier: string) => boolean): Report {
    const refuse = (node: Node, reason: string) => this.refuse(node, reason);
    const globals = new GlobalRules(refuse, this.uses);
    const state = new StateRules(refuse);
    walk(tree, {
      enter: (path) => {
        this.look(path);
        globals.look(path);
        state.look(path);
      },
    });
    if (!this.isModule) this.refuse(tree.program, "not an ES module: it has no import and no export");
    if (this.program !== null) {
      const names = this.imports.filter(({ specifier }) => asking(specifier)).flatMap(({ names }) => names);
      this.problems.push(...askedAtLoad(this.program, this.uses, new Set(names)));
    }
    return { problems: this.problems, imports: this.imports, asks: this.uses.length > 0 };
  }

  private refuse(node: Node, reason: string): void {
    this.problems.push({ line: lineOf(node), reason });
  }

  private look(path: NodePath): void {
    const { node } = path;
    if (path.isProgram()) this.program = path;
    const reason = plain.get(node.type);
    if (reason !== undefined && reason !== "") return this.refuse(node, reason);
    switch (node.type) {
      case "MetaProperty":
        if (node.meta.name === "import")
          this.refuse(node, "import.meta: it is not the same on every machine");
        return;
      case "ImportDeclaration":
        return this.import(
          node,
          node.source.value,
          node.specifiers.map(({ local }) => local.name),
        );
      case "ExportNamedDeclaration":
      case "ExportAllDeclaration":
        this.isModule = true;
        if (node.source != null) this.import(node, node.source.value, []);
        return;
      case "ExportDefaultDeclaration":
        this.isModule = true;
        return;
      case "ForOfStatement":
        if (node.await) this.refuse(node, "for await: methods are synchronous");
        return;
      default:
        return this.lookInside(path, node);
    }
  }

  private import(node: Node, specifier: string, names: readonly string[]): void {
    this.isModule = true;
    this.imports.push({ specifier, line: lineOf(node), names });
  }

  private lookInside(path: NodePath, node: Node): void {
    if (path.isFunction() && path.node.async) this.refuse(node, "async: methods are synchronous");
    switch (node.type) {
      case "MemberExpression":
      case "OptionalMemberExpression":
        return this.access(path, node);
      case "ObjectPattern":
        return this.pattern(path, node);
      case "ObjectProperty":
      case "ObjectMethod":
        if (path.parent.type === "ObjectExpression" && keyName(node.key, node.computed) === "__proto__")
          this.refuse(node, "__proto__: it sets a prototype");
        return;
      case "ClassProperty":
        return this.field(path, node);
      default:
    }
  }

  private field(path: NodePath, node: Of<"ClassProperty">): void {
    const name = keyName(node.key, node.computed);
    const reason = name === null ? null : whyNotField(name);
    if (reason !== null) this.refuse(node, reason);
    if (name === null) this.key(path, node.key);
  }

  /** `a.b`, `a["b"]`, `a[b]`, also as the target of an assignment. */
  private access(path: NodePath, node: Of<"MemberExpression"> | Of<"OptionalMemberExpression">): void {
    const { object, property, computed } = node;
    if (property.type === "PrivateName") return;
    const name = keyName(property, computed);
    if (name === null) return this.key(path, property);
    if (isBorrowed(path, name)) return;
    const unset = isTarget(path) ? whyNotField(name) : null;
    if (unset !== null) this.refuse(node, unset);
    const own = object.type === "ThisExpression" && this.declared(path)?.names.has(name) === true;
    this.name(node, name, own);
  }

  /** `const { b } = a`, and the same in parameters and assignments. */
  private pattern(path: NodePath, node: Of<"ObjectPattern">): void {
    const ofThis = path.parent.type === "VariableDeclarator" && path.parent.init?.type === "ThisExpression";
    const declared = ofThis ? this.declared(path) : null;
    node.properties.forEach((property, i) => {
      if (property.type !== "ObjectProperty") return;
      const name = keyName(property.key, property.computed);
      const at = path.get(`properties.${i}`);
      if (name !== null) this.name(property, name, declared?.names.has(name) === true);
      else if (!Array.isArray(at)) this.key(at, property.key);
    });
  }

  private name(node: Node, name: string, own: boolean): void {
    const reason = whyNotProperty(name, own);
    if (reason !== null) this.refuse(node, reason);
  }

  private key(path: NodePath, key: Node): void {
    const found = path.get(
      path.isMemberExpression() || path.isOptionalMemberExpression() ? "property" : "key",
    );
    if (Array.isArray(found) || isHarmless(found)) return;
    const advice = "write [+i] or .at(i) for a number, keep what has names in a Map";
    this.refuse(key, `a computed name may be "constructor": ${advice}`);
  }

  /** What the class declares whose member `this` at `path` is in; null where `this` may be anything. */
  private declared(path: NodePath): Declared | null {
    const member = path.findParent(
      (at) =>
        (at.isFunction() && !at.isArrowFunctionExpression()) || at.isClassProperty() || at.isStaticBlock(),
    );
    const body = member?.parent;
    if (member == null || body?.type !== "ClassBody") return null;
    const isStatic = member.isStaticBlock() || Reflect.get(member.node, "static") === true;
    const names = new Set<string>();
    for (const one of body.body) {
      if (one.type !== "ClassMethod" && one.type !== "ClassProperty") continue;
      const name = keyName(one.key, one.computed);
      if (name !== null && (one.static === true) === isStatic) names.add(name);
    }
    return { isStatic, names };
  }
}
