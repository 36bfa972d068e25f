/** The verb that takes the logs of nodes: logdaemon. */
import { type Command, Option } from "commander";
import { verb } from "./verb.ts";

/** `-l` and `-d` of the verbs that run nodes. */
export function logOptions(command: Command): Command {
  return command
    .addOption(
      new Option("-l, --logger <HOST:PORT>", "sends the log to a `concoord logdaemon`, too").env(
        "CONCOORD_LOGGER",
      ),
    )
    .option("-d, --debug", "logs each message between nodes");
}

/** Adds it to the command line. */
export function logs(root: Command): void {
  verb(root, "logdaemon", "prints the logs that nodes send to it, with -l")
    .addOption(new Option("-a, --addr <HOST>", "the address to listen on").default("127.0.0.1"))
    .addOption(new Option("-p, --port <PORT>", "the port").default("12000"))
    .option("--insecure", "listen on a public address: anybody may write into the log")
    .addHelpText(
      "after",
      `
Examples:
  $ concoord logdaemon > cluster.log
  $ concoord replica -o ./counter.ts -l 127.0.0.1:12000
A line is a JSON object with \`from\`, where it came from; at a terminal it is in words.`,
    )
    .action(async (options) => (await import("./logdaemon.ts")).logdaemon(options));
}
