/**
 * The log of the nodes of this process: a JSON object in each line of standard error, for people at a terminal in
 * words; with a receiver each line goes there, too. The levels are those of pino: https://getpino.io
 */
import { type Logger, multistream, type Level as PinoLevel, pino, type StreamEntry } from "pino";
import type { NodeOptions } from "../start-replica.ts";
import { changesOf, type Told } from "./changes.ts";
import type { Log } from "./levels.ts";
import { LineSender } from "./line-sender.ts";

/** How often a node that runs is looked at for what there is to tell. */
const lookMillis = 1_000;

export interface NodeLogOptions {
  /** host and port of a `concoord logdaemon`; null for none. */
  readonly receiver: { readonly host: string; readonly port: number } | null;
  /** Whether lines of level debug are written. */
  readonly debug: boolean;
  /** Where the lines go; standard error as it is unless given. */
  readonly errors?: Lines;
}

interface Lines {
  write(line: string): void;
}

export interface LogOptions extends Pick<NodeOptions, "linesDropped" | "trace"> {
  readonly log: Log;
}

/** How a terminal shows a line: whose it is stands before it. */
export const forPeople = {
  ignore: "pid,hostname,node,id",
  messageFormat: "{if node}{node} {end}{msg}",
} as const;

/** One log: lines for people, and more for debugging. */
export class NodeLog {
  readonly logger: Logger;
  private readonly sender: LineSender | null;
  private readonly base: object;
  /** Whose log it is, once that is known. */
  private of: { readonly node?: string; readonly id?: string } = {};

  constructor({ receiver, debug, errors = plain }: NodeLogOptions) {
    const level: PinoLevel = debug ? "debug" : "info";
    const streams: StreamEntry[] = [{ level, stream: errors }];
    const options = {
      level,
      base: { pid: process.pid },
      mixin: () => this.of,
      timestamp: pino.stdTimeFunctions.isoTime,
    };
    const tell = (lines: number) => this.line("warn", `${lines} lines were dropped`);
    this.base = options.base;
    this.sender = receiver === null ? null : new LineSender(receiver.host, receiver.port, tell);
    if (this.sender !== null) streams.push({ level, stream: this.sender });
    this.logger = pino(options, multistream(streams));
  }

  /** From now on each line says whose it is. @param node host:port */
  isOf(node: string, id: string): void {
    this.of = { node, id };
  }

  /** As nodes take it. */
  get options(): LogOptions {
    return this.optionsOf({});
  }

  /** The same for one of several nodes of this process. @param of fields of its lines, as its address */
  optionsOf(of: object): LogOptions {
    const logger = this.logger.child(of);
    const log: Log = (line, level = "info") => logger[level](line);
    return {
      log,
      linesDropped: () => this.dropped,
      ...(logger.isLevelEnabled("debug") ? { trace: (line) => logger.debug(line, "message") } : {}),
    };
  }

  /**
   * From now on what changes about a node is told. What is wrong at the beginning is said on standard error anyway.
   * @param status of the node @returns what ends it
   */
  follow(status: (objectsMax: number) => Told, { log }: LogOptions): () => void {
    const first = status(0);
    for (const { level, text } of changesOf(null, first)) this.tell(level, text);
    // Who leads is told once in any case.
    let before: Told = { ...first, leader: null };
    const look = () => {
      const now = status(0);
      for (const { level, text } of changesOf(before, now)) log(text, level);
      before = now;
    };
    // A log is no reason for a process to go on.
    const timer = setInterval(look, lookMillis).unref();
    return () => clearInterval(timer);
  }

  /** What is said elsewhere than in the log of this process, on its standard output and in its last words. */
  tell(level: PinoLevel, msg: string): void {
    this.sender?.write(this.line(level, msg));
  }

  /** How many lines the receiver did not get. */
  get dropped(): number {
    return this.sender?.dropped ?? 0;
  }

  /** Waits a moment until the receiver has the last lines. */
  async close(): Promise<void> {
    await this.sender?.close();
  }

  private line(level: PinoLevel, msg: string): string {
    const time = new Date().toISOString();
    return `${JSON.stringify({ level: pino.levels.values[level], time, ...this.base, ...this.of, msg })}\n`;
  }
}

const plain: Lines = { write: (line) => void process.stderr.write(line) };

/** Standard error; on a terminal, for people. What makes it so is loaded only then. */
export async function errorLines(): Promise<Lines> {
  if (process.stderr.isTTY !== true) return plain;
  const { default: pretty } = await import("pino-pretty");
  return pretty({ ...forPeople, destination: 2, sync: true, translateTime: "HH:MM:ss.l" });
}
