/** The verbs of `concoord` that start nodes over the hosts that `openreplica` knows: initialize, addnode. */
import { type Command, Option } from "commander";
import { nodeTlsOptions } from "./tls-flags.ts";
import { bootOption, objectsOption, verb } from "./verb.ts";

/** Adds them to the command line. */
export function instance(root: Command): void {
  const whole = verb(root, "initialize", "starts a whole cluster over the registered hosts")
    .option("-r, --replicas <N>", "how many replicas", "1")
    .option("-a, --acceptors <N>", "how many acceptors; default: 1")
    .option("-n, --nameservers <N>", "how many nameservers; default: 1 with -s");
  shared(whole)
    .addHelpText(
      "after",
      `
Example:
  $ concoord initialize -s counter.example -o ./counter.ts -r 3 -a 2 -n 1 --token-file secrets
Prints the READY line of each node, and DONE with the list for -b. The hosts: openreplica addnode, openreplica setup.`,
    )
    .action(async (_options, command) => (await import("../launch/instance.ts")).initialize(command));
  const one = verb(root, "addnode", "starts one more node of a cluster on a registered host")
    .addOption(new Option("-t, --type <1|2|3>", "1 acceptor, 2 replica, 3 nameserver").makeOptionMandatory())
    .addOption(bootOption("members of the cluster to join"));
  shared(one)
    .addOption(new Option("--host <HOST>", "where; default: as `place` would choose"))
    .addHelpText("after", "\nExample:\n  $ concoord addnode -t 2 -o ./counter.ts -b 10.0.0.7:14000")
    .action(async (_options, command) => (await import("../launch/instance.ts")).addNode(command));
}

function shared(command: Command): Command {
  if (command.name() === "initialize")
    command.option("-t, --token <T>", "the clients' token; better in --token-file: others can see arguments");
  return nodeTlsOptions(command)
    .addOption(objectsOption())
    .option("-f, --file <FILE>", "the older form of -o: the module")
    .option("-c, --class <CLASS>", "with -f: the class")
    .option("-s, --subdomain <DOMAIN>", "the domain that nameservers answer for")
    .option("--dns-port <PORT>", "of nameservers; default: 53")
    .option("--safe", "refuses classes that could do what is not the same on every replica")
    .option("--token-file <FILE>", 'secrets: lines "client T" and "peer K"')
    .option("--insecure", "listen on a public address without a token");
}
