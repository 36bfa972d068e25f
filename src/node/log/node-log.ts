/**
 * The log of the nodes of this process: a JSON object in each line of standard error, for people at a terminal in
 * words; with a receiver each line goes there, too. The levels are those of pino: https://getpino.io
 */
import { type Level, type Logger, multistream, pino, type StreamEntry } from "pino";
import pretty from "pino-pretty";
import type { NodeOptions } from "../start-replica.ts";
import { LineSender } from "./line-sender.ts";

export interface NodeLogOptions {
  /** host and port of a `concoord logdaemon`; null for none. */
  readonly receiver: { readonly host: string; readonly port: number } | null;
  /** Whether lines of level debug are written. */
  readonly debug: boolean;
}

/** One log: lines for people, and more for debugging. */
export class NodeLog {
  readonly logger: Logger;
  private readonly sender: LineSender | null;
  private readonly base: object;
  /** Whose log it is, once that is known. */
  private of: { readonly node?: string; readonly id?: string } = {};

  constructor({ receiver, debug }: NodeLogOptions) {
    const level: Level = debug ? "debug" : "info";
    const streams: StreamEntry[] = [{ level, stream: errorStream() }];
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
  get options(): Pick<NodeOptions, "log" | "linesDropped" | "trace"> {
    const { logger } = this;
    return {
      log: (line) => logger.info(line),
      linesDropped: () => this.dropped,
      ...(logger.isLevelEnabled("debug") ? { trace: (line) => logger.debug(line, "message") } : {}),
    };
  }

  /** What is said elsewhere than in the log of this process, on its standard output and in its last words. */
  tell(level: Level, msg: string): void {
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

  private line(level: Level, msg: string): string {
    const time = new Date().toISOString();
    return `${JSON.stringify({ level: pino.levels.values[level], time, ...this.base, ...this.of, msg })}\n`;
  }
}

function errorStream(): { write(line: string): void } {
  if (process.stderr.isTTY !== true) return { write: (line) => void process.stderr.write(line) };
  return pretty({ destination: 2, sync: true, ignore: "pid,hostname", translateTime: "HH:MM:ss.l" });
}
