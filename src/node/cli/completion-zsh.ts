/** Completion for zsh. https://zsh.sourceforge.io/Doc/Release/Completion-System.html */
import {
  type CompletedFlag,
  type CompletedProgram,
  type CompletedVerb,
  namesOf,
  quoted,
} from "./completion.ts";

export function zshScript({ name, verbs }: CompletedProgram): string {
  const described = verbs.map((verb) => `    ${quoted(`${verb.name}:${verb.what}`)}\n`);
  return `_${name}() {
  local curcontext="$curcontext" state line
  typeset -A opt_args
  local -a verbs=(
${described.join("")}  )
  _arguments -C '(- *)'{-h,--help}'[help]' '(- *)'{-V,--version}'[version]' '1:verb:->verb' '*::word:->words'
  case $state in
    verb) _describe verb verbs ;;
    words)
      case $words[1] in
${verbs.map(verbCase).join("")}        *) _files ;;
      esac ;;
  esac
}
if [ "$funcstack[1]" = "_${name}" ]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function verbCase({ name, flags, choices }: CompletedVerb): string {
  const specs = flags.flatMap(flagSpecs);
  const words = choices.length === 0 ? [] : [quoted(`1:word:(${choices.join(" ")})`)];
  const all = [...specs, ...words, quoted("*:file:_files")];
  return `        ${name}) _arguments ${all.join(" ")} ;;\n`;
}

/** One for each name. */
function flagSpecs(flag: CompletedFlag): readonly string[] {
  const { what, value, choices, isRepeated } = flag;
  const explained = `[${what.replace(/[[\]\\]/g, "\\$&")}]`;
  const action = choices.length === 0 ? "_files" : `(${choices.join(" ")})`;
  const taken = value === null ? "" : `:${value.replace(/[:\\]/g, "\\$&")}:${action}`;
  return namesOf(flag).map((name) => {
    const joined = value !== null && name.startsWith("--") ? `${name}=` : name;
    return quoted(`${isRepeated ? "*" : ""}${joined}${explained}${taken}`);
  });
}
