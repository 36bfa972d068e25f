/**
 * The node's end of the pipe to one child process: frames in both directions, waiting for the other side, until it
 * is closed, the child ends or the time is up.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import { Duplex } from "node:stream";
import { BadFrame } from "../../shared/wire/bad-frame.ts";
import { ownProgram } from "../own-files.ts";
import { frameHeader, frameHeaderBytes, type Kind, pipeFd, readFrameHeader } from "./protocol.ts";

/** How often is looked whether the snapshot is still wanted. */
const watchMillis = 100;
/** Of what the child says on standard error: its last words. */
const lastWordsChars = 4_000;
/** Frames up to this length get a buffer of their own. */
const smallBytes = 64 * 1024;

export interface ChildOptions {
  readonly cwd: string;
  readonly timeoutMillis: number;
  readonly signal: { readonly aborted: boolean };
}

/** The pipe ended before what was to come. */
class Ended extends Error {}

export class ChildPipe {
  private readonly child: ChildProcess;
  private readonly socket: Duplex;
  private readonly chunks: AsyncIterator<Buffer>;
  /** What the child ended with. */
  private readonly ended: Promise<string>;
  private readonly watch: NodeJS.Timeout;
  private held: Buffer = Buffer.alloc(0);
  private room: Buffer = Buffer.alloc(0);
  private lastWords = "";
  /** Why it was closed from this side. */
  private reason: Error | null = null;

  constructor({ cwd, timeoutMillis, signal }: ChildOptions) {
    // A node that was given more memory needs it here, too.
    const flags = process.execArgv.filter((flag) => flag.startsWith("--max-old-space-size"));
    this.child = spawn(process.execPath, [...flags, ...ownProgram("node/snapshot/child")], {
      cwd,
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
    this.ended = new Promise((resolve) => {
      this.child.once("error", (error) => resolve(error.message));
      this.child.once("close", (code, by) => resolve(by === null ? `exit code ${code}` : by));
    });
    const { pid } = this.child;
    const socket = pid === undefined ? null : this.child.stdio[pipeFd];
    if (pid === undefined || !(socket instanceof Duplex))
      throw new Error("no child process could be started");
    setPriority(pid, constants.priority.PRIORITY_LOW);
    this.socket = socket;
    // Said again by whatever waits for the pipe.
    socket.on("error", () => this.close());
    this.chunks = socket[Symbol.asyncIterator]();
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.lastWords = (this.lastWords + text).slice(-lastWordsChars);
    });
    const until = performance.now() + timeoutMillis;
    this.watch = setInterval(() => {
      if (signal.aborted) this.close(new Error("the snapshot is not wanted any more"));
      else if (performance.now() > until)
        this.close(new Error(`the child process took longer than ${timeoutMillis} ms`));
    }, watchMillis);
  }

  /** Resolves when the frame has left. */
  async send(kind: Kind, content: Uint8Array): Promise<void> {
    this.socket.write(frameHeader(kind, content.length));
    await new Promise<void>((resolve, reject) => {
      this.socket.write(content, (error) => (error ? reject(new Ended()) : resolve()));
    });
  }

  /**
   * The content of the next frame, which must be of this kind. The one after it may overwrite a large one.
   * @throws Error saying why the child gave up
   */
  async receive(kind: Kind): Promise<Buffer> {
    const found = readFrameHeader(await this.take(frameHeaderBytes));
    const content = await this.take(found.length);
    if (found.kind === "failed") throw new Error(content.toString("utf8"));
    if (found.kind !== kind) throw new BadFrame(`the child process sent ${found.kind} instead of ${kind}`);
    return content;
  }

  /** Ends the child, however far it is. May be called again. */
  close(reason: Error | null = null): void {
    this.reason ??= reason;
    clearInterval(this.watch);
    this.child.kill("SIGKILL");
    this.socket.destroy();
  }

  /** Ends the child because of an error. @returns what to tell: the error, or what the child died of */
  async fail(error: unknown): Promise<Error> {
    if (!(error instanceof Ended)) {
      this.close();
      return error instanceof Error ? error : new Error(String(error));
    }
    this.socket.destroy();
    const how = await this.ended;
    this.close();
    return this.reason ?? new Error(`the child process ended: ${how}${this.cause()}`);
  }

  /** The line of standard error that tells most. */
  private cause(): string {
    const lines = this.lastWords.split("\n").filter((line) => line.trim() !== "");
    const line = lines.find((l) => /FATAL ERROR|Error:/.test(l)) ?? lines.at(-1);
    return line === undefined ? "" : ` (${line.trim()})`;
  }

  private async take(length: number): Promise<Buffer> {
    const all = length > smallBytes ? this.roomFor(length) : Buffer.allocUnsafe(length);
    for (let have = 0; have < length; ) {
      if (this.held.length === 0) this.held = await this.nextChunk();
      const some = this.held.subarray(0, length - have);
      all.set(some, have);
      have += some.length;
      this.held = this.held.subarray(some.length);
    }
    return all;
  }

  /** The same for each large frame: new ones for 100 MB would make the collector of garbage stop the node. */
  private roomFor(length: number): Buffer {
    if (this.room.length < length) this.room = Buffer.allocUnsafeSlow(length);
    return this.room.subarray(0, length);
  }

  private async nextChunk(): Promise<Buffer> {
    try {
      const { done, value } = await this.chunks.next();
      if (done !== true) return value;
    } catch (error) {
      if (this.reason === null && !(error instanceof Error && "code" in error)) throw error;
    }
    throw new Ended();
  }
}
