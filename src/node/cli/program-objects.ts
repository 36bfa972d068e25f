/** The flags and the help of the verbs that work on classes. */
import { type Command, Option } from "commander";
import { verb } from "./verb.ts";

export function object(root: Command): void {
  verb(root, "object", "writes a class whose methods call an object in the cluster")
    .option(
      "-o, --objectname <OBJ>",
      "./counter.ts (all that it exports), ./counter.ts#Counter, counter.Counter",
    )
    .option(
      "-p, --proxytype <0|1|2|3>",
      "how calls leave: one at a time, each at once, held back, turn by turn",
      "3",
    )
    .option("-t, --token <TOKEN>", "the token, written into the proxy")
    .option("-s, --safe", "first checks that the class can only do what is the same on every replica")
    .option("-v, --verbose", "says what it writes, and what it leaves out")
    .option("--out <FILE>", "the file to write; default: beside the module, of the library here")
    .addOption(new Option("-f, --file <FILE>", "the module, as older programs say it").hideHelp())
    .addOption(new Option("-c, --class <CLASS>", "with -f: the class").hideHelp())
    .addHelpText(
      "after",
      `
Examples:
  $ concoord object -o ./counter.ts               writes ./counterproxy.ts
  $ concoord object -s -o ./bank.ts#Bank -p 2
  $ concoord object -o concoord.object.lock.Lock  writes ./lockproxy.ts here
Prints WROTE with the file and its classes. Exit code 1 with -s: the class is not safe, line by line.`,
    )
    .action(async (options) => (await import("./object.ts")).object(options));
}
