/** What all verbs of the command line share: how one is made, and the flags that several have. */
import { type Command, Option } from "commander";
import { runningBundle } from "../own-files.ts";
import { oneLine, usage } from "./failure.ts";

/** Commander throws instead of exiting, and says what is wrong in one line. */
export function strict(command: Command): Command {
  return command.exitOverride().configureOutput({
    outputError: (text, write) => write(`concoord: ${oneLine(text.replace(/^error: /, ""))}\n`),
  });
}

/** A verb of the command line, with what all have: one line for what is wrong, and no word that nobody takes. */
export function verb(root: Command, name: string, description: string): Command {
  return strict(root.command(name).description(description)).hook("preAction", (_root, command) =>
    refuseExcess(command),
  );
}

/** A word that no argument takes would be ignored silently. */
function refuseExcess(command: Command): void {
  const { registeredArguments: wanted, args } = command;
  if (wanted.some((argument) => argument.variadic) || args.length <= wanted.length) return;
  const excess = args.slice(wanted.length).join(" ");
  const serves = command.options.some((option) => option.long === "--objectname");
  throw usage(`too many arguments: ${excess}${serves ? `; did you mean -o ${excess}?` : ""}`);
}

/** `-o` of the verbs that serve. A bundle brings classes along, which are served where none are given. */
export function objectsOption(): Option {
  const option = new Option(
    "-o, --objectname <OBJ...>",
    "classes to serve: ./counter.ts (all that it exports), ./counter.ts#Counter, counter.Counter",
  ).env("CONCOORD_OBJECTNAME");
  const { objects = [] } = runningBundle() ?? {};
  return objects.length === 0 ? option : option.default(objects, "those of the bundle");
}

/** `-b`. @param what its line in the help */
export function bootOption(what: string): Option {
  return new Option("-b, --boot <HOST:PORT|DOMAIN,...>", what).env("CONCOORD_BOOT");
}

/** `--token-file` of the verbs that speak as clients do. */
export function clientTokenOption(): Option {
  return new Option(
    "--token-file <FILE>",
    'secrets: a line "client T" or "reader T"; CONCOORD_TOKEN may hold T instead',
  ).env("CONCOORD_TOKEN_FILE");
}

/** `--token-file` of the verbs that speak as nodes do. */
export function peerTokenOption(): Option {
  const what = 'secrets: a line "peer K", or "client T" where T is an administrator\'s';
  return new Option("--token-file <FILE>", what).env("CONCOORD_TOKEN_FILE");
}
