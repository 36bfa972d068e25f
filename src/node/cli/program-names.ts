/** The verb that runs a nameserver, and the flags of nodes that are nameservers, too. */
import { type Command, Option } from "commander";
import { olderFlags } from "./program-older.ts";
import { bootOption, verb } from "./verb.ts";

/** `-n` and what goes with it. */
export function dnsOptions(command: Command): Command {
  return command
    .addOption(
      new Option("-n, --domainname <DOMAIN>", "answers DNS: the records of this domain are the members").env(
        "CONCOORD_DOMAINNAME",
      ),
    )
    .addOption(new Option("--dns-port <PORT>", "of DNS by UDP and TCP; default: 53").env("CONCOORD_DNS_PORT"))
    .addOption(
      new Option("--ttl <SECONDS>", "how long others may remember a record; default: 30").env("CONCOORD_TTL"),
    )
    .addOption(
      new Option("--rrl <N>", "answers by UDP to one network in a second, 0 for no limit; default: 50").env(
        "CONCOORD_RRL",
      ),
    );
}

/** Adds the verb. @param nodeOptions adds the flags of all that run one node */
export function nameserver(root: Command, nodeOptions: (command: Command) => Command): void {
  const command = verb(root, "nameserver", "a nameserver: follows the members and answers DNS, has no vote")
    .addOption(bootOption("members of the cluster to follow"))
    .addOption(
      new Option("-t, --type <1|2|3>", "1 answers by itself; 2 tells a master, too; 3 keeps Amazon Route 53")
        .default("1")
        .env("CONCOORD_TYPE"),
    )
    .addOption(
      new Option("-m, --master <HOST:PORT|DOMAIN,...>", "of -t 2: the master").env("CONCOORD_MASTER"),
    )
    .option("--serve-subdomains", "is the master: answers for the domains below its own that slaves tell")
    .addOption(new Option("-c, --configpath <FILE>", "of -t 3: lines KEY=value").env("CONCOORD_CONFIGPATH"));
  olderFlags(dnsOptions(nodeOptions(command)))
    .addHelpText(
      "after",
      `
Examples:
  $ concoord nameserver -n counter.example -b 127.0.0.1:14000
  $ concoord nameserver -n counter.example -b 127.0.0.1:14000 --dns-port 5300
  $ dig @127.0.0.1 -p 5300 _concoord._tcp.counter.example SRV
Prints READY when the members know it. Cut off from them it answers from its copy, which it keeps in its data folder.
Also DNS over HTTPS: http://HOST:PORT/dns-query on its port -p.`,
    )
    .action(async (options) => (await import("./nameserver.ts")).nameserver(options));
}
