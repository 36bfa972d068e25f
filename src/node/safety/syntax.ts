/** Modules as syntax trees, of @babel/parser; and the one way to its traversal with scopes. */
import { createRequire } from "node:module";
import { type ParserPlugin, parse } from "@babel/parser";
import type { Node, NodePath, Visitor } from "@babel/traverse";

export type { Node, NodePath, Visitor };
/** A node of one kind. */
export type Of<T extends Node["type"]> = Extract<Node, { readonly type: T }>;
export type Tree = Of<"File">;
export type Path<T extends Node["type"]> = NodePath<Of<T>>;

// By `require`, since tools differ in what the default import of a CommonJS module is.
const traversal: typeof import("@babel/traverse") = createRequire(import.meta.url)("@babel/traverse");

/** The text is no module, and where. */
export class SyntaxProblem extends Error {
  override readonly name = "SyntaxProblem";
  /** From 1. */
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/**
 * @param path its ending tells whether it is TypeScript, and whether only declarations
 * @throws SyntaxProblem
 */
export function parseModule(path: string, text: string): Tree {
  const typed = /\.[cm]?ts$/.test(path);
  const types: ParserPlugin = ["typescript", { dts: path.endsWith(".d.ts") }];
  try {
    // Decorators are read so that they can be refused by name.
    return parse(text, { sourceType: "module", plugins: typed ? [types, "decorators"] : ["decorators"] });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at: unknown = Reflect.get(error, "loc");
    const line: unknown = typeof at === "object" && at !== null ? Reflect.get(at, "line") : 1;
    throw new SyntaxProblem(Number(line), error.message.replace(/ \(\d+:\d+\)$/, ""));
  }
}

/** Calls the visitor's functions for the nodes of a tree, with what is declared around them. */
export function walk(tree: Tree, visitor: Visitor): void {
  traversal.default(tree, visitor);
}

/** From 1. */
export function lineOf(node: Node): number {
  return node.loc?.start.line ?? 1;
}

/** The name or text of a property's key, where the source shows it; null for a computed one. */
export function keyName(key: Node, computed: boolean): string | null {
  if (key.type === "Identifier") return computed ? null : key.name;
  if (key.type === "StringLiteral") return key.value;
  if (key.type === "NumericLiteral") return String(key.value);
  if (key.type === "BigIntLiteral") return key.value;
  if (key.type === "TemplateLiteral" && key.expressions.length === 0)
    return key.quasis[0]?.value.cooked ?? null;
  return null;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "type") === "string";
}
