/** The verb that chooses hosts: place. */
import { type Command, Option } from "commander";
import { verb } from "./verb.ts";

/** Adds it to the command line. */
export function place(root: Command): void {
  verb(
    root,
    "place",
    "which hosts to start replicas on, so that they share as few failure groups as possible",
  )
    .argument("<FILE>", "the hosts, one a line: HOST group,group; - reads them from standard input")
    .addOption(new Option("-r, --replicas <N>", "how many hosts").default("3"))
    .addOption(new Option("-b, --boot <HOST:PORT|DOMAIN,...>", "a cluster to which they are added"))
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Example:
  $ printf 'h1 pdu1,rack1\\nh2 pdu1,rack2\\nh3 pdu2,rack3\\nh4 pdu2,rack1\\n' | concoord place -r 3 -
Says of each host why it was chosen and what it shares with those before it.`,
    )
    .action(async (file, options) => (await import("./place.ts")).place(file, options));
}
