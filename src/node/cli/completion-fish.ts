/** Completion for fish. https://fishshell.com/docs/current/cmds/complete.html */
import type { CompletedFlag, CompletedProgram, CompletedVerb } from "./completion.ts";

export function fishScript({ name, verbs }: CompletedProgram): string {
  const begin = `complete -c ${name} -n __fish_use_subcommand`;
  const lines = [
    `${begin} -f`,
    `${begin} -s h -l help -d 'display help for command'`,
    `${begin} -s V -l version -d 'output the version number'`,
    ...verbs.map((verb) => `${begin} -a ${verb.name} -d ${text(verb.what)}`),
    ...verbs.flatMap((verb) => verbLines(name, verb)),
  ];
  return `${lines.join("\n")}\n`;
}

function verbLines(name: string, { name: verb, flags, choices }: CompletedVerb): readonly string[] {
  const begin = `complete -c ${name} -n '__fish_seen_subcommand_from ${verb}'`;
  const words = choices.length === 0 ? [] : [`${begin} -f -a ${text(choices.join(" "))}`];
  return [...words, ...flags.map((flag) => `${begin}${flagWords(flag)}`)];
}

function flagWords({ short, long, what, value, choices }: CompletedFlag): string {
  const names = `${short === null ? "" : ` -s ${short.slice(1)}`} -l ${long.slice(2)}`;
  if (value === null) return `${names} -d ${text(what)}`;
  const values = choices.length === 0 ? " -r -F" : ` -x -a ${text(choices.join(" "))}`;
  return `${names}${values} -d ${text(what)}`;
}

function text(words: string): string {
  return `'${words.replace(/[\\']/g, "\\$&")}'`;
}
