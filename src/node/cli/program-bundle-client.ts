/** The command line of a client bundle: call and status, and nothing that serves. */
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { version } from "../version.ts";
import { usage } from "./failure.ts";
import { call } from "./program.ts";
import { status } from "./program-look.ts";
import { runProgram } from "./run-program.ts";
import { strict } from "./verb.ts";

/** Runs the command line if it is this file that Node was told to run, and not a program that imports it. */
export async function runClient(url: string): Promise<void> {
  const [, started] = process.argv;
  if (started === undefined || realpathSync(started) !== fileURLToPath(url)) return;
  await runProgram(program(), process.argv.slice(2));
}

function program(): Command {
  const root = strict(new Command("concoord"))
    .description("Calls objects of a concoord cluster. Programs import this file: connect and all else.")
    .version(version)
    .helpCommand(false)
    .allowExcessArguments()
    .action((_options: unknown, command: Command) => {
      if (command.args[0] === undefined) command.help();
      throw usage(`a client has no verb "${command.args[0]}": it has call and status`);
    });
  call(root);
  status(root);
  return root;
}
