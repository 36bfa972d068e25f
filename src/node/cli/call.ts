/** `concoord call`: one call, its result as one line of JSON. */
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { type ConcoordError, openSession } from "../index.ts";
import { jsonLine } from "../json.ts";
import { bootstrap, callArgument, callArguments, integer, objectName } from "./arguments.ts";
import { askAll, bootDefault } from "./ask.ts";
import { type ExitCode, Failure, oneLine, usage } from "./failure.ts";
import { readTokens } from "./tokens.ts";

const askAgainMillis = 200;
const timeoutMillisMax = 86_400_000;

export interface CallFlags {
  readonly boot?: string;
  readonly objectname?: string;
  readonly args?: string;
  readonly timeout: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

/** @throws Failure with the exit code that says what went wrong */
export async function call(method: string, words: readonly string[], flags: CallFlags): Promise<void> {
  const boot = flags.boot ?? bootDefault;
  const addrs = bootstrap(boot);
  const timeout = integer(flags.timeout, "--timeout", 1, timeoutMillisMax);
  if (flags.args !== undefined && words.length > 0) throw usage("give the arguments as words or by --args, not both");
  const named = flags.objectname === undefined ? null : objectName(flags.objectname);
  const args = flags.args === undefined ? words.map(callArgument) : callArguments(await readArgs(flags.args));
  const { client: token } = readTokens(flags.tokenFile, process.env["CONCOORD_TOKEN"]);
  const until = performance.now() + timeout;
  try {
    const object = named ?? (await onlyObject(addrs, until));
    const left = Math.max(1, until - performance.now());
    const session = openSession(boot, token === null ? {} : { token });
    try {
      const line = jsonLine(await session.call(object, method, args, { timeout: left }));
      if (line !== "") process.stdout.write(`${line}\n`);
    } finally {
      await session[Symbol.asyncDispose]();
    }
  } catch (error) {
    fail(error, flags.json === true);
  }
}

function readArgs(given: string): Promise<string> {
  return given === "-" ? text(process.stdin) : Promise.resolve(given);
}

/** The object "main" of the only class that is served. */
async function onlyObject(addrs: readonly string[], until: number): Promise<string> {
  for (;;) {
    const replies = await askAll(addrs);
    const classes = replies.flatMap((reply) => reply.status?.classes ?? []);
    const names = [...new Set(classes.map((c) => c.name))].sort();
    if (names.length === 1) return `${names[0]}/main`;
    if (names.length > 1) throw usage(`several classes are served: say -o with one of ${names.join(", ")}`);
    if (performance.now() > until) {
      if (replies.some((r) => r.status !== null)) throw new Failure(3, "a node answered, but there is no leader");
      throw new Failure(4, `nobody answers: ${replies.map((r) => `${r.addr} (${r.error})`).join(", ")}`);
    }
    await pause(askAgainMillis);
  }
}

interface Described {
  readonly code: string | null;
  readonly name: string;
  readonly message: string;
  readonly executed: string;
}

/** With --json the failure goes to standard output as JSON, else to standard error as one line. */
function fail(error: unknown, json: boolean): never | void {
  const exit = exitCode(error);
  const described = describe(error, exit);
  if (!json || exit === 2) {
    const { code, name, message } = described;
    throw new Failure(exit, oneLine(`${code ?? name}: ${message}`));
  }
  process.stdout.write(`${JSON.stringify({ error: described })}\n`);
  process.exitCode = exit;
}
