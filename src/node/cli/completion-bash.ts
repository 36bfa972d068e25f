/** Completion for bash. https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html */
import { type CompletedProgram, type CompletedVerb, namesOf } from "./completion.ts";

/** Verbs, flags and choices have no character that bash would read. */
export function bashScript({ name, verbs }: CompletedProgram): string {
  const words = [...verbs.map((verb) => verb.name), "--help", "--version"];
  return `_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} verb= words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      -*) ;;
      *) verb=\${COMP_WORDS[i]}; break ;;
    esac
  done
  COMPREPLY=()
  case $verb in
    "") words="${words.join(" ")}" ;;
${verbs.map(verbCase).join("")}  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _${name} ${name}
`;
}

function verbCase({ name, flags, choices }: CompletedVerb): string {
  const withValue = flags.filter(({ value }) => value !== null);
  const chosen = withValue.filter((flag) => flag.choices.length > 0);
  const free = withValue.filter((flag) => flag.choices.length === 0);
  const after = [
    ...chosen.map((flag) => `        ${namesOf(flag).join("|")}) words="${flag.choices.join(" ")}" ;;\n`),
    ...(free.length === 0 ? [] : [`        ${free.flatMap(namesOf).join("|")}) return ;;\n`]),
    `        *) words="${[...choices, ...flags.flatMap(namesOf)].join(" ")}" ;;\n`,
  ];
  return `    ${name})
      case $prev in
${after.join("")}      esac ;;
`;
}
