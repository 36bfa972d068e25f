/** How a verb ends badly: one line for people, one exit code for scripts. */

/**
 * 1 the rest, 2 the command line itself, 3 a node answered but there is no leader, 4 nobody answered or
 * time is up.
 */
export type ExitCode = 1 | 2 | 3 | 4 | 130;

export class Failure extends Error {
  override readonly name = "Failure";
  readonly exit: ExitCode;
  constructor(exit: ExitCode, message: string) {
    super(message);
    this.exit = exit;
  }
}

/** What is wrong with the command line: exit code 2. */
export function usage(message: string): Failure {
  return new Failure(2, message);
}

/** One line, whatever the message holds. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, " ");
}

/** What went wrong, as one line. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  return oneLine(error.message === "" ? error.name : error.message);
}
