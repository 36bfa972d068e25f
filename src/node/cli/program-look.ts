/** The verbs that look at a cluster: status, top, objects, sessions, find, repl. */
import { type Command, Option } from "commander";
import { bootOption, clientTokenOption, peerTokenOption, verb } from "./verb.ts";

/** Adds them to the command line. */
export function look(root: Command): void {
  status(root);
  top(root);
  objects(root);
  sessions(root);
  find(root);
  repl(root);
}

export function status(root: Command): void {
  verb(root, "status", "the members, who leads, how far each one is")
    .addOption(bootOption("nodes to ask; default: 127.0.0.1:14000"))
    .option("--json", "one JSON array, an item for each node")
    .addHelpText("after", "\nExamples:\n  $ concoord status\n  $ concoord status -b 10.0.0.1:14000 --json")
    .action(async (options) => (await import("./status.ts")).status(options));
}

function top(root: Command): void {
  verb(root, "top", "what each member does now: calls a second, how long callers wait, queues")
    .addOption(bootOption("nodes to ask; default: 127.0.0.1:14000"))
    .addOption(new Option("--every <MS>", "how often it looks").default("1000"))
    .option("--times <N>", "how often, in all; default: until Ctrl-C at a terminal, else once")
    .addHelpText(
      "after",
      "\nExamples:\n  $ concoord top\n  $ concoord top --every 5000 --times 12 > load.txt",
    )
    .action(async (options) => (await import("./top.ts")).top(options));
}

function objects(root: Command): void {
  verb(root, "objects", "the objects that there are, one a line")
    .addOption(bootOption("nodes to ask; default: 127.0.0.1:14000"))
    .option("--json", "one JSON array")
    .addHelpText("after", "\nAn object is there once a call made it.\n\nExample:\n  $ concoord objects")
    .action(async (options) => (await import("./objects.ts")).objects(options));
}

function sessions(root: Command): void {
  verb(root, "sessions", "the clients that the cluster knows, and how many of their calls are blocked")
    .addOption(bootOption("nodes to ask; default: 127.0.0.1:14000"))
    .addOption(new Option("--end <ID>", "ends this one: what its client holds is released").conflicts("json"))
    .option("--json", "as JSON")
    .addOption(peerTokenOption())
    .addHelpText(
      "after",
      `
Examples:
  $ concoord sessions
  $ concoord sessions --end 17.0
--end prints ENDED with the id. A client that lives is told, and goes on with a new session.`,
    )
    .action(async (options) => (await import("./sessions.ts")).sessions(options));
}

function find(root: Command): void {
  verb(root, "find", "the nodes that a domain stands for, as the DNS says")
    .argument("<DOMAIN>", "as clients give it in place of host:port")
    .addOption(
      new Option("--doh <URL>", "the DNS server to ask, over HTTPS; default: the system's").env(
        "CONCOORD_DOH",
      ),
    )
    .option("--json", "one JSON array")
    .addHelpText(
      "after",
      `
Examples:
  $ concoord find counter.example
  $ concoord find counter.example --doh https://10.0.0.1:14000/dns-query
  $ CONCOORD_DNS=127.0.0.1:5300 concoord find concoord.test
A line is a node: host:port, what it is, id=ID; "away" where no client is sent to it now. CONCOORD_DNS=HOST:PORT names
the server to ask by UDP and TCP, CONCOORD_DOH=URL one to ask over HTTPS; all verbs and programs heed them.
Exit codes: 1 there is no such domain, 4 no DNS server answers.`,
    )
    .action(async (domain, options) => (await import("./find.ts")).find(domain, options));
}

function repl(root: Command): void {
  verb(root, "repl", "a shell over one session: a line is a call")
    .addOption(bootOption("nodes to try; default: 127.0.0.1:14000"))
    .option("-o, --objectname <Class[/name]>", "the object; default: main of the only class that is served")
    .addOption(
      new Option("--timeout <MS>", "how long a call may take").default("10000").env("CONCOORD_TIMEOUT"),
    )
    .addOption(clientTokenOption())
    .addHelpText(
      "after",
      `
Examples:
  $ concoord repl
  $ concoord repl -o Bank < script
In it:
  deposit "ann" 20            a method and its arguments: JSON, or else text
  Counter/visits.getvalue     of another object
  .help .objects .status .exit`,
    )
    .action(async (options) => (await import("./repl.ts")).repl(options));
}
