/** Command lines of documents that no test runs: do the verbs and flags exist? */
import type { Command } from "commander";
import { program } from "../../src/node/cli/program.ts";
import { program as launchProgram } from "../../src/node/cli/program-launch.ts";

/** @returns what `concoord` or `openreplica` says of the words; null when they are understood */
export async function misunderstood(words: readonly string[]): Promise<string | null> {
  const [name, verb = "", ...rest] = words;
  const root = name === "openreplica" ? launchProgram() : program();
  if (!verb.startsWith("-") && !root.commands.some((command) => command.name() === verb))
    return `there is no verb ${verb}`;
  for (const command of [root, ...root.commands]) disarm(command);
  try {
    await root.parseAsync([verb, ...rest], { from: "user" });
    return null;
  } catch (error) {
    const { message, code } = error as { readonly message: string; readonly code?: string };
    return code === "commander.helpDisplayed" || code === "commander.version" ? null : message;
  }
}

function disarm(command: Command): void {
  const silent = () => undefined;
  command.exitOverride().configureOutput({ writeOut: silent, writeErr: silent, outputError: silent });
  command.action(silent);
}

/** The commands of concoord in a line of a shell, as words; quotes, pipes, redirections and `$(…)` are understood. */
export function concoordIn(line: string): (readonly string[])[] {
  const found: string[][] = [];
  for (const part of partsOf(line)) {
    const words = part.slice(
      part.findIndex((word) => !/^\w+=/.test(word) && word !== "npx" && word !== "sudo"),
    );
    if (words[0] === "concoord" || words[0] === "openreplica") found.push(words);
  }
  return found;
}

/** What stands between pipes, `&&`, `;`, `$(` and `)`, as words, without comments and redirections. */
function partsOf(line: string): string[][] {
  const parts: string[][] = [[]];
  const token =
    /\s+|(#.*$)|(\|\||&&|[|;&()]|\$\()|(\d?>>?\s*\S+|<\s*\S+)|((?:"[^"]*"|'[^']*'|[^\s"'|;&()<>])+)/gy;
  for (const [, comment, separator, , word] of line.matchAll(token)) {
    if (comment !== undefined) break;
    if (separator !== undefined) parts.push([]);
    else if (word !== undefined) parts.at(-1)?.push(word.replaceAll(/["']/g, ""));
  }
  return parts.filter((words) => words.length > 0);
}
