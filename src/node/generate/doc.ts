/** The comments that document what follows them. */
import type { Node } from "../safety/syntax.ts";
import type { ModuleSource } from "./module-source.ts";
import { dedent } from "./type-text.ts";

/**
 * The last comment before a node that begins with two stars, and the end of its line; nothing where there is none.
 *
 * @param indent goes before each of its lines
 */
export function docOf(module: ModuleSource, node: Node, indent: string): string {
  const comment = node.leadingComments?.findLast(
    ({ type, value }) => type === "CommentBlock" && value.startsWith("*"),
  );
  if (comment == null) return "";
  const column = comment.loc?.start.column ?? 0;
  // What a file says of itself stands before its first statement, too: a line is left free behind it.
  const isOfFile = comment.start === 0 && /^\s*\n\s*\n/.test(module.text.slice(comment.end ?? 0));
  if (isOfFile) return "";
  const text = dedent(`/*${comment.value}*/`, column).replaceAll("\n", `\n${indent}`);
  return `${indent}${text}\n`;
}
