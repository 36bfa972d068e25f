/**
 * Takes the lines of a log to another machine, over TCP. The log never waits for it: what does not leave waits in a
 * bounded queue, beyond which lines are dropped and counted; the count is told once there is room. A connection that
 * is lost is made anew, each time after a longer pause.
 */
import { connect, type Socket } from "node:net";
import { logBytesWaitingMax, logLinesWaitingMax } from "../../shared/limits.ts";

const redialMillisMin = 100;
const redialMillisMax = 5_000;
/** How much is handed to the system at once. */
const windowBytes = 64 * 1024;
/** How long the end waits for what is left. */
const farewellMillisMax = 500;

export class LineSender {
  /** Lines that did not leave and never will. */
  dropped = 0;
  private readonly onDropped: (lines: number) => string;
  private readonly host: string;
  private readonly port: number;
  private lines: string[] = [];
  private bytes = 0;
  private told = 0;
  private socket: Socket | null = null;
  private isOpen = false;
  private timer: NodeJS.Timeout | null = null;
  private pause = redialMillisMin;
  private isOver = false;
  private whenEmpty: (() => void) | null = null;

  /** @param onDropped makes the line that tells how many were dropped */
  constructor(host: string, port: number, onDropped: (lines: number) => string) {
    this.onDropped = onDropped;
    this.host = host;
    this.port = port;
    this.dial();
  }

  /** Never throws, never waits. @param line with its end */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.isOver || this.lines.length >= logLinesWaitingMax || this.bytes + bytes > logBytesWaitingMax) {
      this.dropped++;
      return;
    }
    this.lines.push(line);
    this.bytes += bytes;
    this.pump();
  }

  /** Waits a moment for what is left, and hangs up. Never rejects. */
  async close(): Promise<void> {
    if (this.isOpen && (this.lines.length > 0 || (this.socket?.writableLength ?? 0) > 0)) {
      await new Promise<void>((resolve) => {
        this.whenEmpty = resolve;
        setTimeout(resolve, farewellMillisMax).unref();
        this.pump();
      });
    }
    this.isOver = true;
    this.dropped += this.lines.length;
    this.lines = [];
    if (this.timer !== null) clearTimeout(this.timer);
    this.socket?.destroySoon();
  }

  private dial(): void {
    this.timer = null;
    // A log is no reason for a process to go on.
    const socket = connect({ host: this.host, port: this.port, noDelay: true }).unref();
    this.socket = socket;
    socket.on("connect", () => {
      this.isOpen = true;
      this.pause = redialMillisMin;
      this.pump();
    });
    socket.on("drain", () => this.pump());
    // Nobody answers here; what comes is not kept.
    socket.on("data", () => undefined);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.lost());
  }

  private lost(): void {
    this.isOpen = false;
    this.socket = null;
    this.whenEmpty?.();
    if (this.isOver) return;
    this.timer = setTimeout(() => this.dial(), this.pause).unref();
    this.pause = Math.min(2 * this.pause, redialMillisMax);
  }

  /** Hands over as much as the system takes. What is lost with a connection is not sent again. */
  private pump(): void {
    const { socket } = this;
    if (socket === null || !this.isOpen) return;
    while (this.lines.length > 0 && socket.writableLength < windowBytes) {
      const some = this.lines.splice(0, 100);
      const text = some.join("");
      this.bytes -= Buffer.byteLength(text);
      socket.write(text);
    }
    if (this.dropped > this.told && this.lines.length === 0) {
      const text = this.onDropped(this.dropped - this.told);
      this.told = this.dropped;
      socket.write(text);
    }
    if (this.lines.length === 0 && socket.writableLength === 0) this.whenEmpty?.();
  }
}
