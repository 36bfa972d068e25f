/**
 * What runs when a module is loaded. There each replica has a clock and dice of its own: time and chance are agreed
 * only while methods run. A function that asks for them may be declared there, but not be used.
 */
import type { Binding } from "@babel/traverse";
import { lineOf, type NodePath } from "./syntax.ts";

/** What may stand between a module and a function that it declares and does not run. */
const declaring: ReadonlySet<string> = new Set([
  "Program",
  "ExportNamedDeclaration",
  "ExportDefaultDeclaration",
  "VariableDeclaration",
  "VariableDeclarator",
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "ClassDeclaration",
  "ClassExpression",
  "ClassBody",
  "ClassMethod",
  "ClassPrivateMethod",
  "ClassProperty",
  "ClassPrivateProperty",
  "ObjectExpression",
  "ObjectProperty",
  "ObjectMethod",
  "ArrayExpression",
]);

/** The outermost function or instance field around `path` that does not run at load; null when there is none. */
export function deferredBy(path: NodePath): NodePath | null {
  let outermost: NodePath | null = null;
  let from: NodePath = path;
  for (let at: NodePath = path; at.parentPath !== null; at = at.parentPath) {
    if (isDeferred(at, from)) outermost = at.isFunction() ? at : at.parentPath;
    from = at;
  }
  return outermost;
}

export function runsAtLoad(path: NodePath): boolean {
  return deferredBy(path) === null;
}

/** @param from the part of `at` in which the place is */
function isDeferred(at: NodePath, from: NodePath): boolean {
  const { parent, key } = at;
  const isField = parent.type === "ClassProperty" || parent.type === "ClassPrivateProperty";
  if (isField && key === "value" && parent.static !== true) return true;
  // The computed name of a method is part of what declares it.
  if (!at.isFunction() || from.key === "key") return false;
  switch (parent.type) {
    // A function that is called on the spot or handed over may run now.
    case "CallExpression":
    case "OptionalCallExpression":
    case "NewExpression":
    case "TaggedTemplateExpression":
    case "SpreadElement":
      return false;
    default:
      return true;
  }
}

/** Whether what stands at `path`, in a function that waits, is handed to nothing that may run it now. */
function isOnlyDeclared(path: NodePath): boolean {
  const outer = deferredBy(path);
  for (let at = outer; at !== null; at = at.parentPath) {
    if (!declaring.has(at.node.type)) return false;
    if (at.node.type === "VariableDeclarator" && at.node.id.type !== "Identifier") return false;
  }
  return outer !== null;
}

export interface Problem {
  readonly line: number;
  readonly reason: string;
}

const own = "each replica has its own when the module is loaded; ask for it in a method or constructor";

/**
 * @param program the path of the module's program
 * @param asked where it asks for agreed time or chance, and what for
 * @param imported local names of what it imports from modules that ask for it somewhere
 */
export function askedAtLoad(
  program: NodePath,
  asked: readonly { readonly path: NodePath; readonly name: string }[],
  imported: ReadonlySet<string>,
): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { path, name } of asked) {
    if (!isOnlyDeclared(path)) problems.push({ line: lineOf(path.node), reason: `${name}: ${own}` });
  }
  const bindings = Object.values(program.scope.bindings);
  for (const binding of asking(
    bindings,
    asked.map(({ path }) => path),
    imported,
  )) {
    for (const use of binding.referencePaths) {
      if (!runsAtLoad(use) || isMention(use)) continue;
      const reason = `${binding.identifier.name} may ask for time or chance: ${own}`;
      problems.push({ line: lineOf(use.node), reason });
    }
  }
  return problems;
}

/** Names of the module that may lead to agreed time or chance. */
function asking(
  bindings: readonly Binding[],
  asked: readonly NodePath[],
  imported: ReadonlySet<string>,
): ReadonlySet<Binding> {
  const found = new Set(
    bindings.filter(
      ({ path, identifier }) => imported.has(identifier.name) || asked.some((a) => a.isDescendant(path)),
    ),
  );
  // A set gives what is added to it while one goes through it.
  for (const binding of found) {
    for (const other of bindings) {
      if (binding.referencePaths.some((use) => use.isDescendant(other.path))) found.add(other);
    }
  }
  return found;
}

/** A use that runs nothing: the class that another one extends, an export. */
function isMention({ node, parent, key }: NodePath): boolean {
  if (node.type.startsWith("Export")) return true; // how the scope notes the export of a declaration
  if (parent.type === "ClassDeclaration" || parent.type === "ClassExpression") return key === "superClass";
  return parent.type === "ExportSpecifier" || parent.type === "ExportDefaultDeclaration";
}
