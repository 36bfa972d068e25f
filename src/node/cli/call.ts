/** `concoord call`: one call, its result as one line of JSON. */
import { text } from "node:stream/consumers";
import { ConcoordError, type Executed, local, openSession, type Session, within } from "../index.ts";
import { jsonLine } from "../json.ts";
import { bootstrap, callArgument, callArguments, integer, objectName } from "./arguments.ts";
import { bootDefault } from "./ask.ts";
import { nodes } from "./boot.ts";
import { type ExitCode, Failure, oneLine, usage } from "./failure.ts";
import { onlyObject, type ServedClass, servedClasses } from "./served.ts";
import { readClientToken } from "./tokens.ts";

/** The longest --timeout. */
export const timeoutMillisMax = 86_400_000;

export interface CallFlags {
  readonly boot?: string;
  readonly objectname?: string;
  readonly args?: string;
  readonly timeout: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
  readonly local?: boolean;
}

/** @throws Failure with the exit code that says what went wrong */
export async function call(method: string, words: readonly string[], flags: CallFlags): Promise<void> {
  const boot = flags.boot ?? bootDefault;
  bootstrap(boot);
  const timeout = integer(flags.timeout, "--timeout", 1, timeoutMillisMax);
  if (flags.args !== undefined && words.length > 0)
    throw usage("give the arguments as words or by --args, not both");
  const named = flags.objectname === undefined ? null : objectName(flags.objectname);
  const args = flags.args === undefined ? words.map(callArgument) : callArguments(await readArgs(flags.args));
  const token = readClientToken(flags.tokenFile);
  const until = performance.now() + timeout;
  try {
    const object = named ?? theOnly(await servedClasses(await nodes(boot), until));
    const left = Math.max(1, Math.ceil(until - performance.now()));
    const session = openSession(boot, token === null ? {} : { token });
    try {
      const made = flags.local === true ? callLocal : callThere;
      const line = jsonLine(await made(session, object, method, args, left));
      if (line !== "") process.stdout.write(`${line}\n`);
    } finally {
      await session[Symbol.asyncDispose]();
    }
  } catch (error) {
    fail(error, flags.json === true);
  }
}

function callThere(
  session: Session,
  object: string,
  method: string,
  args: readonly unknown[],
  timeout: number,
): Promise<unknown> {
  return session.call(object, method, args, { timeout });
}

type AnyClass = Readonly<Record<string, (...args: unknown[]) => unknown>>;

const callLocal: typeof callThere = (session, object, method, args, timeout) => {
  const read = within(session.object<AnyClass>(object), { timeout })[local][method];
  if (read === undefined)
    throw new ConcoordError("UNKNOWN_METHOD", `${method} is no method of a class`, "no");
  return read(...args);
};

function theOnly(classes: readonly ServedClass[]): string {
  const object = onlyObject(classes);
  if (object !== null) return object;
  throw usage(`several classes are served: say -o with one of ${classes.map((c) => c.name).join(", ")}`);
}

function readArgs(given: string): Promise<string> {
  return given === "-" ? text(process.stdin) : Promise.resolve(given);
}

/** With --json a failure goes to standard output as JSON, else to standard error as one line. */
function fail(error: unknown, json: boolean): void {
  if (error instanceof Failure && (error.exit === 2 || !json)) throw error;
  const { exit, code, name, message, executed } = describe(error);
  if (!json) throw new Failure(exit, callError(error));
  process.stdout.write(`${JSON.stringify({ error: { code, name, message, executed } })}\n`);
  process.exitCode = exit;
}

/** A failed call in one line: its code, or the name of what the method threw, and the message. */
export function callError(error: unknown): string {
  if (error instanceof Failure) return error.message;
  const { code, name, message } = describe(error);
  return oneLine(`${code ?? name}: ${message}`);
}

interface Described {
  readonly exit: ExitCode;
  readonly code: string | null;
  readonly name: string;
  readonly message: string;
  readonly executed: Executed;
}

function describe(error: unknown): Described {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof ConcoordError) {
    const { code, executed } = error;
    return { exit: exitOf(error), code, name, message, executed };
  }
  if (error instanceof Failure) {
    const code = error.exit === 3 ? "NO_QUORUM" : "UNREACHABLE";
    return { exit: error.exit, code, name: "ConcoordError", message, executed: "no" };
  }
  // What the method threw.
  const code =
    error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
  return { exit: 1, code, name, message, executed: "yes" };
}

/** A node that answers without a leader is told apart from nobody. */
function exitOf({ code, cause }: ConcoordError): ExitCode {
  const known = cause instanceof ConcoordError ? cause.code : code;
  if (known === "NO_QUORUM") return 3;
  return code === "TIMEOUT" || code === "UNREACHABLE" ? 4 : 1;
}
