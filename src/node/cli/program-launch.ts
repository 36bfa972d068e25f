/** The verbs of `openreplica`, their flags and their help. A verb's module is loaded when it runs. */
import { Command, Option } from "commander";
import { version } from "../version.ts";
import { integer } from "./arguments.ts";
import { oneLine } from "./failure.ts";
import { acceptor, call, nodeOptions, replica } from "./program.ts";
import { completion } from "./program-bundle.ts";
import { nameserver } from "./program-names.ts";
import { unknownVerb } from "./program-older.ts";
import { place } from "./program-place.ts";
import { upgrade } from "./program-upgrade.ts";
import { runProgram } from "./run-program.ts";
import { strict, verb } from "./verb.ts";

const logLinesMax = 10_000;

const overview = `
Begin here:
  $ openreplica addusername ann
  $ openreplica addsshkey id_ed25519
  $ openreplica addnode 10.0.0.7 --groups rack1
  $ openreplica setup 10.0.0.7
  $ openreplica replica -o ./counter.ts --token-file secrets      founds a cluster
  $ openreplica replica -o ./counter.ts --token-file secrets -b 10.0.0.7:14000
  $ openreplica status
  $ openreplica call increment

Exit codes: 0 done, 1 failed, 2 wrong command line, 3 no leader, 4 a host or node does not answer.`;

/** Runs the command line; sets the exit code of the process. */
export function runOpenreplica(argv: readonly string[]): Promise<void> {
  return runProgram(program(), argv);
}

/** All verbs, with their flags. */
export function program(): Command {
  const root = strict(new Command("openreplica"))
    .description("concoord over ssh, on the hosts that are registered.")
    .version(version)
    .helpCommand(false)
    .addHelpText("after", overview)
    .allowExcessArguments()
    .allowUnknownOption()
    .action((_options: unknown, command: Command) => {
      if (command.args[0] === undefined) command.help();
      throw unknownVerb(command.args[0], "openreplica");
    });
  registry(root);
  nodes(root);
  cluster(root);
  operation(root);
  place(root, false);
  completion(root);
  for (const command of [root, ...root.commands])
    command.configureOutput({
      outputError: (text, write) => write(`openreplica: ${oneLine(text.replace(/^error: /, ""))}\n`),
    });
  return root;
}

function registry(root: Command): void {
  verb(root, "config", "prints what is configured").action(async () => (await hosts()).config());
  verb(root, "addsshkey", "the private key for ssh")
    .argument("<FILE>", "here or in ~/.ssh")
    .action(async (file) => (await hosts()).addSshKey(file));
  verb(root, "addusername", "the user on the hosts")
    .argument("<NAME>")
    .action(async (name) => (await hosts()).addUserName(name));
  verb(root, "addnode", "registers a host, after a look at its Node, disk and ports")
    .argument("<HOST>", "host, host:sshport or [ipv6]:sshport")
    .option("--groups <a,b>", "what it shares with others and may lose with them: racks, power")
    .option("--fix", "copies the Node of this machine to it, where that is what is missing")
    .option("--accept-new", "believes a host that ssh never saw to be itself")
    .action(async (host, options) => (await hosts()).addNode(host, options));
  verb(root, "setup", "brings this package to hosts: packs, copies, installs and checks it")
    .argument("<HOST...>", "as they were registered")
    .action(async (names) => (await hosts()).setup(names));
}

function nodes(root: Command): void {
  replica(root);
  acceptor(root);
  nameserver(root, nodeOptions);
  for (const command of root.commands.slice(-3)) {
    const role = command.name() as "replica" | "acceptor" | "nameserver";
    command
      .description(`${command.description()}; on a registered host`)
      .addOption(new Option("--host <HOST>", "where; default: as `place` would choose"))
      .action(async () => (await import("../launch/start.ts")).start(role, command));
  }
}

/** Verbs of `concoord` whose -b is found on the hosts. */
function cluster(root: Command): void {
  call(root);
  upgrade(root);
  for (const command of root.commands.slice(-2)) {
    const boot = command.options.find(({ long }) => long === "--boot");
    if (boot !== undefined) boot.description = "nodes to ask; default: those that run on the hosts";
    const isCall = command.name() === "call";
    command
      .description(
        isCall
          ? command.description()
          : `${command.description()}; without -o each node is restarted with the package that setup brought`,
      )
      .action(async () => {
        const { call: calls, upgrade: upgrades } = await import("../launch/cluster.ts");
        await (isCall ? calls(command) : upgrades(command));
      });
  }
}

function operation(root: Command): void {
  verb(root, "route53", "keeps the credentials for Amazon Route 53 on a host")
    .argument("<HOST>", "as it was registered")
    .argument("[ID...]")
    .addHelpText(
      "after",
      "\nFrom AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, else two lines on standard input: the id, the key.",
    )
    .action(async (host, others) => (await import("../launch/start.ts")).keepRoute53(host, others));
  verb(root, "status", "the nodes of all hosts, and how they are")
    .option("--json", "one JSON array, an item for each host")
    .action(async (options) => (await import("../launch/operator.ts")).status(options));
  verb(root, "start", "starts nodes again that were stopped")
    .argument("[HOST[:PORT]...]", "all nodes of a host, or one")
    .option("--all", "all nodes of all hosts")
    .action(async (names, options) => (await import("../launch/operator.ts")).restart(names, options));
  verb(root, "stop", "stops nodes; they stay members and keep their data")
    .argument("[HOST[:PORT]...]", "all nodes of a host, or one")
    .option("--all", "all nodes of all hosts")
    .action(async (names, options) => (await import("../launch/operator.ts")).stop(names, options));
  verb(root, "logs", "the last lines of the logs of nodes")
    .argument("<HOST[:PORT]...>", "all nodes of a host, or one")
    .option("-n, --lines <N>", "how many lines of each", "100")
    .action(async (names, { lines }) =>
      (await import("../launch/operator.ts")).logs(names, integer(lines, "--lines", 1, logLinesMax)),
    );
}

function hosts() {
  return import("../launch/hosts.ts");
}
