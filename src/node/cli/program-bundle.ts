/** The verbs that bring concoord to where it runs: bundle, systemd, completion. */
import { Argument, type Command, Option } from "commander";
import { objectsOption, verb } from "./verb.ts";

/** One file that runs without this package. */
export function bundle(root: Command): void {
  verb(root, "bundle", "writes one file that runs alone with Node: a server, or a client")
    .addArgument(new Argument("<KIND>", "what it is for").choices(["server", "client"]))
    .addOption(objectsOption())
    .option("--out <FILE>", "the file to write; default: concoord-server.mjs or concoord-client.mjs")
    .addHelpText(
      "after",
      `
Examples:
  $ concoord bundle server -o ./counter.ts     then: node concoord-server.mjs replica
  $ concoord bundle client                     then: node concoord-client.mjs call increment
A server has all verbs; the classes go along and need no -o. A client has call and status, and programs import it:
  import { connect } from "./concoord-client.mjs"
Needs esbuild: npm install esbuild`,
    )
    .action(async (kind, options) => (await import("./bundle.ts")).bundle(kind, options));
}

/** @param replicaOptions adds the flags of replicas */
export function systemd(root: Command, replicaOptions: (command: Command) => Command): void {
  replicaOptions(verb(root, "systemd", "prints a unit file of systemd for a replica with these flags"))
    .addOption(new Option("--run-as <USER>", "the user that it runs as; default: who runs this command"))
    .addHelpText(
      "after",
      `
Example, on each machine:
  $ concoord systemd -o ./counter.ts -a 10.0.0.1 -p 14000 -b 10.0.0.1:14000,10.0.0.2:14000 \\
      --token-file /etc/concoord/tokens | sudo tee /etc/systemd/system/concoord.service
  $ sudo systemctl daemon-reload && sudo systemctl enable --now concoord
Without --data the data lies in /var/lib/concoord/data. The first one founds the cluster, once, without -b.`,
    )
    .action(async (_options, command) => (await import("./systemd.ts")).systemd(command));
}

/** What a shell completes when Tab is pressed. */
export function completion(root: Command): void {
  const name = root.name();
  verb(root, "completion", "prints what lets a shell complete verbs and flags")
    .addArgument(new Argument("<SHELL>", "which one").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      `
Examples:
  $ ${name} completion bash >> ~/.bashrc
  $ ${name} completion zsh > ~/.zfunc/_${name}         a folder of fpath
  $ ${name} completion fish > ~/.config/fish/completions/${name}.fish`,
    )
    .action(async (shell) => (await import("./completion.ts")).completion(shell, root));
}
