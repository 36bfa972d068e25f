/** The verb that chooses hosts: place. */
import { type Command, Option } from "commander";
import { verb } from "./verb.ts";

const words = "Says of each host why it was chosen and what it shares with those before it.";
const fileHelp = `
Examples:
  $ printf 'h1 pdu1,rack1\\nh2 pdu1,rack2\\nh3 pdu2,rack3\\nh4 pdu2,rack1\\n' | concoord place -r 3 -
  $ concoord place -r 5
${words}`;
const hostsHelp = `
Example:
  $ openreplica addnode 10.0.0.7 --groups pdu1,rack2,cooling1
  $ openreplica place -r 5
${words}`;

/** Adds it to the command line. @param takesFile whether hosts may come from a file; else only registered ones do */
export function place(root: Command, takesFile = true): void {
  const command = verb(
    root,
    "place",
    "which hosts to start replicas on, so that they share as few failure groups as possible",
  );
  if (takesFile)
    command.argument(
      "[FILE]",
      "the hosts, one a line: HOST group,group; - for standard input; default: those of openreplica addnode",
    );
  command
    .addOption(new Option("-r, --replicas <N>", "how many hosts").default("3"))
    .addOption(new Option("-b, --boot <HOST:PORT|DOMAIN,...>", "a cluster to which they are added"))
    .option("--json", "as JSON")
    .addHelpText("after", takesFile ? fileHelp : hostsHelp)
    .action(async () => (await import("./place.ts")).place(command.args[0], command.opts()));
}
