/**
 * The verbs, their flags and their help. Each verb's module is loaded when it runs, so that `call` starts
 * fast.
 */
import { Command, Option } from "commander";
import { version } from "../version.ts";
import { bundle, completion, systemd } from "./program-bundle.ts";
import { instance } from "./program-instance.ts";
import { logOptions, logs } from "./program-logs.ts";
import { look } from "./program-look.ts";
import { dnsOptions, nameserver } from "./program-names.ts";
import { object } from "./program-objects.ts";
import { olderFlags, unknownVerb } from "./program-older.ts";
import { place } from "./program-place.ts";
import { route53 } from "./program-route53.ts";
import { upgrade } from "./program-upgrade.ts";
import { runProgram } from "./run-program.ts";
import { hearStrayFailures } from "./stray.ts";
import { addTlsOptions, nodeTlsOptions } from "./tls-flags.ts";
import { bootOption, clientTokenOption, objectsOption, peerTokenOption, strict, verb } from "./verb.ts";

const overview = `
Begin here:
  $ concoord dev                        three replicas of a Counter on this machine
  $ concoord call increment             in another terminal
  $ concoord call getvalue              prints 1
  $ concoord status                     who the members are and who leads

Your own class, in processes of their own:
  $ concoord replica -o ./bank.ts -p 14000                       the first one founds the cluster
  $ concoord replica -o ./bank.ts -p 14001 -b 127.0.0.1:14000    the others join it
  $ concoord call -o Bank deposit ann 20

Exit codes: 0 done, 1 failed, 2 wrong command line, 3 no leader, 4 nobody answered in time.`;

/** Runs the command line; sets the exit code of the process. */
export async function run(argv: readonly string[]): Promise<void> {
  hearStrayFailures();
  await runProgram(program(), argv);
}

/** All verbs, with their flags. */
export function program(): Command {
  const root = new Command("concoord")
    .description("Replicated objects: a plain class, live on several machines, in step by Paxos.")
    .version(version)
    .helpCommand(false)
    .addHelpText("after", overview);
  strict(root).action((_options: unknown, command: Command) => {
    const verb = command.args[0];
    if (verb === undefined) command.help();
    throw unknownVerb(verb);
  });
  // Of a verb that is none the flags are not what is wrong.
  root.allowExcessArguments().allowUnknownOption();
  dev(root);
  replica(root);
  acceptor(root);
  nameserver(root, nodeOptions);
  call(root);
  look(root);
  logs(root);
  place(root);
  leave(root);
  evict(root);
  upgrade(root);
  backup(root);
  restore(root);
  object(root);
  route53(root);
  instance(root);
  bundle(root);
  systemd(root, replicaOptions);
  completion(root);
  addTlsOptions(root);
  return root;
}

function dev(root: Command): void {
  logOptions(nodeTlsOptions(verb(root, "dev", "a whole cluster in one process, on disk: to try things out")))
    .addOption(objectsOption())
    .addOption(new Option("--replicas <N>", "how many replicas").default("3"))
    .addOption(new Option("-p, --port <PORT>", "the first port").default("14000").env("CONCOORD_PORT"))
    .addOption(new Option("--data <DIR>", "where the data lies").default("./.concoord/dev"))
    .option("--reset", "begin anew: removes the data of these ports")
    .option("-i, --interactive", "a shell at the terminal of the first replica; help lists its commands")
    .addHelpText(
      "after",
      "\nExamples:\n  $ concoord dev\n  $ concoord dev -o ./bank.ts\n  $ concoord dev --reset",
    )
    .action(async (options) => (await import("./dev.ts")).dev(options));
}

/** Flags of the nodes that clients come to: who they are, and which pages may bring them. */
function guardOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--auth <FILE>", "a module that says who has which token: it exports authenticate").env(
        "CONCOORD_AUTH",
      ),
    )
    .addOption(
      new Option("--allow-origin <ORIGIN...>", "pages of https://other.example may connect, too").env(
        "CONCOORD_ALLOW_ORIGIN",
      ),
    );
}

/** The flags of all verbs that run one node. */
export function nodeOptions(command: Command): Command {
  return logOptions(nodeTlsOptions(command))
    .addOption(
      new Option("-a, --addr <HOST>", "the address to listen on").default("127.0.0.1").env("CONCOORD_ADDR"),
    )
    .addOption(
      new Option("--advertise <HOST:PORT>", "where the others reach it, if not at -a and -p").env(
        "CONCOORD_ADVERTISE",
      ),
    )
    .addOption(
      new Option(
        "-p, --port <PORT>",
        "the port; default: the one of the data folder, or the first free one",
      ).env("CONCOORD_PORT"),
    )
    .addOption(
      new Option("--data <DIR>", "the data folder; default: ./.concoord/PORT")
        .env("CONCOORD_DATA")
        .conflicts("memory"),
    )
    .option("--memory", "keep nothing on disk: after a restart it is a new node")
    .addOption(new Option("-w, --writetodisk", "accepted; durable is the default").conflicts("memory"))
    .addOption(
      new Option("--groups <a,b>", "what it shares with others and may lose with them: racks, power").env(
        "CONCOORD_GROUPS",
      ),
    )
    .addOption(
      new Option("--evict-after <MS>", "while it leads: silence after which a member is away")
        .default("30000")
        .env("CONCOORD_EVICT_AFTER"),
    )
    .addOption(
      new Option(
        "--token-file <FILE>",
        'secrets: lines "client T", "reader T", "peer K"; CONCOORD_TOKEN may hold the client\'s instead',
      ).env("CONCOORD_TOKEN_FILE"),
    )
    .option("--insecure", "listen on a public address without a token");
}

/** The flags of replicas, but for the shell. */
function replicaOptions(command: Command): Command {
  command
    .addOption(objectsOption())
    .addOption(bootOption("members of the cluster to join; without it and without data it founds one"))
    .option("--safe", "refuses classes that could do what is not the same on every replica")
    .option("--learner", "holds the objects and serves clients, but has no vote; needs -b")
    .option("-r, --route53", "with -n: keeps the domain in Amazon Route 53, without a DNS port")
    .addOption(new Option("-c, --configpath <FILE>", "of -r: lines KEY=value").env("CONCOORD_CONFIGPATH"));
  return dnsOptions(guardOptions(nodeOptions(command)));
}

export function replica(root: Command): void {
  olderFlags(replicaOptions(verb(root, "replica", "one replica: votes, holds the objects, serves clients")))
    .option("-i, --interactive", "a shell at the terminal of the replica; help lists its commands")
    .addHelpText(
      "after",
      `
Examples:
  $ concoord replica -o ./counter.ts                     founds a cluster on port 14000
  $ concoord replica -o ./counter.ts -b 127.0.0.1:14000  joins it, on the next free port
Prints FOUNDED with the cluster's id when it founds one, and READY when it serves.`,
    )
    .action(async (options) => (await import("./replica.ts")).replica(options));
}

export function acceptor(root: Command): void {
  const command = verb(root, "acceptor", "one acceptor: votes and keeps the log, holds no objects")
    .addOption(bootOption("members of the cluster to join"))
    .addOption(objectsOption().hideHelp());
  olderFlags(dnsOptions(guardOptions(nodeOptions(command))))
    .option("-i, --interactive", "a shell at the terminal of the acceptor; help lists its commands")
    .addHelpText("after", "\nExample:\n  $ concoord acceptor -b 127.0.0.1:14000\nPrints READY when it votes.")
    .action(async (options) => (await import("./replica.ts")).acceptor(options));
}

function leave(root: Command): void {
  const command = verb(root, "leave", "takes a member out of the cluster; its process ends");
  departure(command, "leave", "  $ concoord leave 127.0.0.1:14002\n  $ concoord leave -b 10.0.0.1:14000 ID");
}

function evict(root: Command): void {
  const command = verb(
    root,
    "evict",
    "takes out a member that does not answer; one that comes back joins again",
  );
  departure(command, "evict", "  $ concoord evict 77f0d2a4c1b39e58 -b 10.0.0.1:14000");
}

function departure(command: Command, kind: "leave" | "evict", examples: string): void {
  command
    .argument("<ID|ADDR>", "the member, by its id or its host:port, as `concoord status` shows them")
    .addOption(bootOption("nodes to ask; default: 127.0.0.1:14000"))
    .addOption(peerTokenOption())
    .addHelpText(
      "after",
      `\nExamples:\n${examples}\nPrints LEFT or EVICTED and what the new view tolerates, once nobody needs it any more.`,
    )
    .action(async (member, options) => (await import("./departure.ts")).departure(kind, member, options));
}

export function call(root: Command): void {
  verb(root, "call", "calls a method of an object and prints what it returns")
    .argument("<METHOD>", "the method")
    .argument("[ARG...]", "its arguments: JSON, or else text")
    .addOption(bootOption("nodes to try; default: 127.0.0.1:14000"))
    .option("-o, --objectname <Class[/name]>", "the object; default: main of the only class that is served")
    .option("--local", "a declared read, answered by one node alone: fast, and perhaps not the latest")
    .option("--args <JSON>", "all arguments as one JSON array; - reads it from standard input")
    .addOption(new Option("--timeout <MS>", "how long to wait").default("10000").env("CONCOORD_TIMEOUT"))
    .addOption(clientTokenOption())
    .option("--json", "a failure is printed as JSON, too")
    .addHelpText(
      "after",
      `
Examples:
  $ concoord call increment
  $ concoord call -o Bank/main deposit ann 20
  $ concoord call -o Bank/main move -- --ann -b     after -- all words are arguments
  $ concoord call add '"9007199254740993"'          numbers above 2^53 travel as text
  $ echo '[{"name":"ann"}]' | concoord call add --args -`,
    )
    .action(async (method, args, options) => (await import("./call.ts")).call(method, args, options));
}

function backup(root: Command): void {
  verb(root, "backup", "writes the state of the cluster, at one moment, to a file")
    .argument("<FILE>", "the file to write; one that exists is not replaced")
    .addOption(bootOption("nodes to try; default: 127.0.0.1:14000"))
    .addOption(peerTokenOption())
    .addHelpText(
      "after",
      "\nExample:\n  $ concoord backup monday.backup\nPrints BACKUP with the cluster's id, the slot and the bytes.",
    )
    .action(async (file, options) => (await import("./backup.ts")).backup(file, options));
}

function restore(root: Command): void {
  verb(root, "restore", "makes the data of the first node of a new cluster from a backup")
    .argument("<FILE>", "what `concoord backup` wrote")
    .option("--data <DIR>", "the data folder to make; it is empty or not there")
    .addOption(new Option("-a, --addr <HOST>", "the address of the node").default("127.0.0.1"))
    .addOption(new Option("-p, --port <PORT>", "the port of the node").default("14000"))
    .addHelpText(
      "after",
      `
Example:
  $ concoord restore monday.backup --data ./node1
  $ concoord replica -o ./counter.ts --data ./node1
Prints RESTORED with the id of the new cluster. Sessions of the old one have ended in it.`,
    )
    .action(async (file, options) => (await import("./restore.ts")).restore(file, options));
}
