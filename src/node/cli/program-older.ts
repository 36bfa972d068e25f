/**
 * Flags and verbs as the first releases spelled them: they work, or the error names what stands in their place. The
 * help does not show them.
 */
import { type Command, Option } from "commander";
import { type Failure, usage } from "./failure.ts";

interface OlderFlags {
  readonly name?: string;
  readonly file?: string;
  readonly class?: string;
  readonly configpath?: string;
  readonly objectname?: unknown;
  readonly domainname?: string;
  readonly type?: string;
  readonly interactive?: boolean;
}

/** `--name`, `-f FILE -c CLASS` of a verb that runs a node, beside `-c CONFIG`. @returns the same command */
export function olderFlags(command: Command): Command {
  const option = (flags: string) => command.addOption(new Option(flags).hideHelp());
  option("--name <DOMAIN>");
  option("-f, --file <FILE>");
  option("--class <CLASS>");
  if (!command.options.some(({ short }) => short === "-c")) option("-c, --configpath <FILE>");
  if (command.name() === "nameserver") {
    option("-o, --objectname <OBJ...>");
    option("-i, --interactive");
  }
  return command.hook("preAction", (_root, acting) => translate(acting));
}

function translate(command: Command): void {
  const {
    name,
    file,
    class: long,
    configpath,
    objectname,
    domainname,
    type,
    interactive,
  } = command.opts<OlderFlags>();
  const set = (flag: string, value: unknown) => command.setOptionValueWithSource(flag, value, "cli");
  if (name !== undefined) {
    if (domainname !== undefined) throw usage("--name is the older form of --domainname: one of them");
    set("domainname", name);
    set("name", undefined);
  }
  if (command.name() === "nameserver") {
    if (interactive === true)
      throw usage("-i: a nameserver holds nothing to look into: concoord status, or -d for its messages");
    if (type === "3" && objectname !== undefined)
      throw usage("-o: a nameserver holds no objects; the file with the keys of -t 3 is -c");
  }
  if (file === undefined) {
    if (long !== undefined) throw usage("--class is missing its -f FILE; or -o ./counter.ts#Counter");
    return;
  }
  set("file", undefined);
  set("class", undefined);
  // With -f, -c is the class, as it was before there were files of keys.
  set("configpath", undefined);
  if (command.name() !== "replica") return;
  set("objectname", [objectOf(file, long ?? configpath, objectname)]);
}

/**
 * `-f FILE -c CLASS` as one OBJ.
 * @throws Failure 2 when there is a -o, too
 * @example objectOf("counter.ts", "Counter", undefined) // "./counter.ts#Counter"
 */
export function objectOf(file: string, className: string | undefined, objectname: unknown): string {
  if (objectname !== undefined) throw usage("-o names file and class: leave out -f and -c");
  const path = /^[./]/.test(file) ? file : `./${file}`;
  return className === undefined ? path : `${path}#${className}`;
}

/** What stands in the place of programs of the first releases. */
const replaced: ReadonlyMap<string, string> = new Map([
  ["openreplicainitializer", "concoord initialize"],
  ["openreplicaaddnode", "concoord addnode"],
  ["saveopenreplicastate", "concoord backup"],
  ["openreplicanameserver", "concoord nameserver --serve-subdomains"],
  ["make", "concoord bundle server|client"],
  ["openreplica", "the command openreplica"],
]);

/** What to say of a verb that there is not. */
export function unknownVerb(verb: string, program = "concoord"): Failure {
  if (verb.startsWith("-")) return usage(`unknown option '${verb}'`);
  const now = replaced.get(verb.replace(/\.py$/, ""));
  const instead = now === undefined ? `${program} --help lists them` : `in its place: ${now}`;
  return usage(`there is no verb "${verb}"; ${instead}`);
}
