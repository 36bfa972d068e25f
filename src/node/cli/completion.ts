/**
 * `concoord completion` and `openreplica completion`: what bash, zsh and fish complete, from the verbs and flags that
 * the program itself parses. Where a word is no verb, flag or choice, the shell completes files.
 */
import type { Argument, Command, Option } from "commander";
import { bashScript } from "./completion-bash.ts";
import { fishScript } from "./completion-fish.ts";
import { zshScript } from "./completion-zsh.ts";

export type Shell = "bash" | "zsh" | "fish";

export interface CompletedFlag {
  /** With its dash; null for one that has only a long name. */
  readonly short: string | null;
  readonly long: string;
  readonly what: string;
  /** What the help calls its value; null for a flag without one. */
  readonly value: string | null;
  /** All values that it may have; none when it may have any. */
  readonly choices: readonly string[];
  readonly isRepeated: boolean;
}

export interface CompletedVerb {
  readonly name: string;
  readonly what: string;
  readonly flags: readonly CompletedFlag[];
  /** The first word after the verb, where there are few. */
  readonly choices: readonly string[];
}

export interface CompletedProgram {
  readonly name: string;
  readonly verbs: readonly CompletedVerb[];
}

/** Prints it. @param root the whole command line */
export function completion(shell: Shell, root: Command): void {
  process.stdout.write(completionScript(shell, root));
}

/** @param root the whole command line */
export function completionScript(shell: Shell, root: Command): string {
  const program = { name: root.name(), verbs: visibleVerbs(root).map(verbOf) };
  const head = `# ${shell} completion of ${program.name}, written by \`${program.name} completion ${shell}\`\n`;
  switch (shell) {
    case "bash":
      return head + bashScript(program);
    case "zsh":
      // Its first line says what it completes.
      return `#compdef ${program.name}\n${head}${zshScript(program)}`;
    case "fish":
      return head + fishScript(program);
  }
}

/** Those that the help lists. */
function visibleVerbs(root: Command): readonly Command[] {
  return root.createHelp().visibleCommands(root);
}

function verbOf(command: Command): CompletedVerb {
  const help: CompletedFlag = {
    short: "-h",
    long: "--help",
    what: "display help for command",
    value: null,
    choices: [],
    isRepeated: false,
  };
  const flags = command.options.filter(({ hidden, long }) => !hidden && long !== undefined).map(flagOf);
  const [first] = command.registeredArguments;
  return {
    name: command.name(),
    what: command.description(),
    flags: [...flags, help],
    choices: first === undefined ? [] : choicesOf(first),
  };
}

function flagOf(option: Option): CompletedFlag {
  const takesValue = option.required || option.optional;
  return {
    short: option.short ?? null,
    long: option.long ?? "",
    what: option.description,
    value: takesValue ? (/[<[](.*?)(?:\.\.\.)?[>\]]/.exec(option.flags)?.[1] ?? "VALUE") : null,
    choices: option.argChoices ?? alternatives(option.flags),
    isRepeated: option.variadic,
  };
}

function choicesOf(argument: Argument): readonly string[] {
  return argument.argChoices ?? [];
}

/** `<1|2|3>` lists all; in `<ID|ADDR>` the words in capitals stand for others. */
function alternatives(flags: string): readonly string[] {
  return /<([a-z0-9]+(?:\|[a-z0-9]+)+)>/.exec(flags)?.[1]?.split("|") ?? [];
}

/** Within single quotes of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Words that name a flag. */
export function namesOf({ short, long }: CompletedFlag): readonly string[] {
  return short === null ? [long] : [short, long];
}
