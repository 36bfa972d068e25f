/**
 * `concoord repl`: a shell over one session. At a terminal it prompts and completes; from a pipe or file it runs the
 * lines as a script, and a line that fails does not end it.
 */
import { createInterface, type Interface } from "node:readline/promises";
import { openSession, type Session } from "../index.ts";
import { jsonLine } from "../json.ts";
import { integer, objectName } from "./arguments.ts";
import { bootDefault } from "./ask.ts";
import { nodes } from "./boot.ts";
import { callError, timeoutMillisMax } from "./call.ts";
import { objects } from "./objects.ts";
import { completions, parseLine, type ReplLine } from "./repl-line.ts";
import { onlyObject, type ServedClass, servedClasses } from "./served.ts";
import { status } from "./status.ts";
import { readClientToken } from "./tokens.ts";

const help = `METHOD [ARG...]               calls it; an ARG is JSON, or else text
Class[/name].METHOD [ARG...]  calls it on another object
.objects                      the objects that there are
.status                       the members, and who leads
.exit                         ends, as Ctrl-D does; Ctrl-C gives up a call that waits
`;

export interface ReplFlags {
  readonly boot?: string;
  readonly objectname?: string;
  readonly timeout: string;
  readonly tokenFile?: string;
}

/** @throws Failure 3 when there is no leader, 4 when nobody answers; once it has begun it ends well */
export async function repl(flags: ReplFlags): Promise<void> {
  const boot = flags.boot ?? bootDefault;
  const addrs = await nodes(boot);
  const timeout = integer(flags.timeout, "--timeout", 1, timeoutMillisMax);
  const named = flags.objectname === undefined ? null : objectName(flags.objectname);
  const token = readClientToken(flags.tokenFile);
  const classes = await servedClasses(addrs, performance.now() + timeout);
  const session = openSession(boot, { timeout, ...(token === null ? {} : { token }) });
  try {
    await new Shell(session, boot, named ?? onlyObject(classes)).run(classes);
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

class Shell {
  private readonly session: Session;
  private readonly boot: string;
  private readonly object: string | null;
  /** Gives up the call that is under way; null when none is. */
  private underWay: AbortController | null = null;

  constructor(session: Session, boot: string, object: string | null) {
    this.session = session;
    this.boot = boot;
    this.object = object;
  }

  async run(classes: readonly ServedClass[]): Promise<void> {
    const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
    const lines = createInterface({
      input: process.stdin,
      terminal,
      prompt: `${this.object ?? "concoord"}> `,
      completer: (line: string) => completions(line, this.object, classes),
      ...(terminal ? { output: process.stdout } : {}),
    });
    // At a terminal alone; elsewhere the signal ends the process.
    lines.on("SIGINT", () => this.interrupt(lines));
    if (terminal) lines.prompt();
    for await (const line of lines) {
      if (!(await this.line(line))) break;
      if (terminal) lines.prompt();
    }
    lines.close();
  }

  private interrupt(lines: Interface): void {
    if (this.underWay !== null) return this.underWay.abort();
    process.exitCode = 130;
    lines.close();
  }

  /** @returns whether the shell goes on */
  private async line(text: string): Promise<boolean> {
    try {
      const line = parseLine(text, this.object);
      if (line.type === "own" && line.command === ".exit") return false;
      await this.act(line);
    } catch (error) {
      process.stderr.write(`concoord: ${callError(error)}\n`);
    }
    return true;
  }

  private async act(line: ReplLine): Promise<void> {
    if (line.type === "call") return this.call(line);
    if (line.type === "nothing") return;
    if (line.command === ".objects") await objects({ boot: this.boot });
    if (line.command === ".status") await status({ boot: this.boot });
    if (line.command === ".help") process.stdout.write(help);
  }

  private async call({ object, method, args }: Extract<ReplLine, { type: "call" }>): Promise<void> {
    this.underWay = new AbortController();
    const { signal } = this.underWay;
    try {
      const result = jsonLine(await this.session.call(object, method, args, { signal }));
      if (result !== "") process.stdout.write(`${result}\n`);
    } finally {
      this.underWay = null;
    }
  }
}
