/** Takes the logs of nodes: lines over TCP, each of which is handed on with where it came from. */
import { createServer, type Server, type Socket } from "node:net";
import { logLineBytesMax, logSendersMax } from "../../shared/limits.ts";
import { joinHostPort } from "../address.ts";

export class LogDaemon {
  readonly port: number;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly line: (line: string) => boolean;

  private constructor(server: Server, line: (line: string) => boolean) {
    this.server = server;
    this.line = line;
    const address = server.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
    server.on("connection", (socket) => this.accept(socket));
  }

  /**
   * @param port 0 for any free one
   * @param line takes one line, without its end; false when it wants no more until `go`
   * @throws Error when the port cannot be had
   */
  static listen(host: string, port: number, line: (line: string) => boolean): Promise<LogDaemon> {
    const server = createServer();
    server.maxConnections = logSendersMax;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => resolve(new LogDaemon(server, line)));
    });
  }

  /** It is ready for more. */
  go(): void {
    for (const socket of this.sockets) socket.resume();
  }

  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private accept(socket: Socket): void {
    const from = joinHostPort(socket.remoteAddress ?? "", socket.remotePort ?? 0);
    let rest = "";
    this.sockets.add(socket);
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.take(line, from, socket);
      // Who sends no ends of lines is no log.
      if (rest.length > logLineBytesMax) socket.destroy();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.sockets.delete(socket);
      if (rest !== "") this.take(rest, from, socket);
    });
  }

  private take(text: string, from: string, socket: Socket): void {
    if (text.trim() === "") return;
    if (!this.line(withSender(text.slice(0, logLineBytesMax), from))) socket.pause();
  }
}

/** A JSON object in one line, whatever came. */
export function withSender(text: string, from: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return JSON.stringify({ ...value, from });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return JSON.stringify({ from, msg: text });
}
