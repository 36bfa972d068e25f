/**
 * A port of the loopback in front of a node's: what goes through can be cut off without a word, for all at once. Some
 * paths it answers itself, so that a test's page comes from the address of the node.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What a path answers: the head of an HTTP response, without its length, and the body. */
export type Files = ReadonlyMap<string, { readonly head: readonly string[]; readonly body: string }>;

export class Gate {
  readonly addr: string;
  files: Files = new Map();
  private isCut = false;
  /** Those that browsers made. */
  private readonly pages = new Set<Socket>();
  private readonly server: Server;
  private readonly port: number;
  private readonly sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.server = server;
    this.port = port;
    this.addr = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (near) => {
      this.keep(near);
      near.once("data", (first: Buffer) => this.begin(near, first));
    });
  }

  /** @param port of the node */
  static open(port: number): Promise<Gate> {
    const server = createServer();
    return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(new Gate(server, port))));
  }

  /** Every connection ends by a reset. */
  drop(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Whether browsers come through, which name their origin. */
  cut(isCut: boolean): void {
    this.isCut = isCut;
    if (isCut) for (const socket of this.pages) socket.resetAndDestroy();
  }

  close(): void {
    this.server.close();
    this.drop();
  }

  private begin(near: Socket, first: Buffer): void {
    const [, path = ""] = /^GET (\S+) HTTP/.exec(first.toString("latin1")) ?? [];
    const file = this.files.get(path);
    if (file !== undefined) {
      const length = `content-length: ${Buffer.byteLength(file.body)}`;
      const head = ["HTTP/1.1 200 OK", ...file.head, length, "connection: close"];
      near.end(`${head.join("\r\n")}\r\n\r\n${file.body}`);
      return;
    }
    if (/\r\norigin:/i.test(first.toString("latin1"))) {
      if (this.isCut) return void near.resetAndDestroy();
      this.pages.add(near);
      near.on("close", () => this.pages.delete(near));
    }
    const far = connect(this.port, "127.0.0.1");
    this.keep(far);
    far.write(first);
    near.pipe(far).pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true).on("error", () => socket.destroy());
    socket.on("close", () => this.sockets.delete(socket));
  }
}
