/** The verb that changes the code of a cluster. */
import type { Command } from "commander";
import { bootOption, objectsOption, peerTokenOption, verb } from "./verb.ts";

/** Adds it to the command line. */
export function upgrade(root: Command): void {
  verb(root, "upgrade", "the cluster goes on with other code of its classes, or with more classes")
    .addOption(objectsOption())
    .option(
      "--dry-run",
      "changes nothing: executes here what was decided lately, with the old and the new code",
    )
    .addOption(bootOption("nodes to ask; default: 127.0.0.1:14000"))
    .addOption(peerTokenOption())
    .addHelpText(
      "after",
      `
Examples:
  $ concoord upgrade -o ./counter.ts --dry-run
  $ concoord upgrade -o ./counter.ts
Every replica is sent the code and loads it; then all go on with it at the same call.
Prints UPGRADED with the classes and a slot from which on the new code is executed. A dry run prints SAME, or each
call that would have had another outcome, and then exits with 1.`,
    )
    .action(async (options) => (await import("./upgrade.ts")).upgrade(options));
}
