/** One command line, from its words to the exit code of the process; for every program that has verbs. */
import { type Command, CommanderError } from "commander";
import { Failure, messageOf } from "./failure.ts";

/**
 * Runs the command line and ends the process. Verbs are case-insensitive; without one it is the help that is printed.
 * A failure is one line on stderr, that begins with the program's name.
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  const [verb = "--help", ...rest] = argv;
  try {
    await program.parseAsync([verb.startsWith("-") ? verb : verb.toLowerCase(), ...rest], { from: "user" });
  } catch (error) {
    report(program.name(), error);
  }
  // The verb is over: idle connections and timers are not waited for, but what was printed is.
  process.stdout.write("", () => process.exit());
}

function report(name: string, error: unknown): void {
  if (error instanceof CommanderError) {
    // Help and version are no failures; everything else was said by commander, in one line.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  process.stderr.write(`${name}: ${messageOf(error)}\n`);
  process.exitCode = error instanceof Failure ? error.exit : 1;
}
