/** The verbs that keep the credentials for Amazon Route 53: route53id, route53key. */
import type { Command } from "commander";
import { verb } from "./verb.ts";

/** Adds them to the command line. */
export function route53(root: Command): void {
  keys(root, "route53id", "ID", "keeps the id of the access key for Amazon Route 53");
  keys(root, "route53key", "KEY", "keeps the secret access key for Amazon Route 53");
}

function keys(root: Command, name: "route53id" | "route53key", argument: string, what: string): void {
  verb(root, name, what)
    .argument(`[${argument}]`, "better on standard input: others can see arguments")
    .addHelpText(
      "after",
      `
Examples:
  $ concoord ${name}            asks for it, without echo
  $ concoord ${name} < file
Kept in concoord/route53.cfg below $XDG_CONFIG_HOME or ~/.config, for your eyes only. Read by
\`concoord nameserver -t 3\` and \`concoord replica -r\`, unless AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set.`,
    )
    .action(async (value) => (await import("./route53-keys.ts")).keepSecret(name, value));
}
