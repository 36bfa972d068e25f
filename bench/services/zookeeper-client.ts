/**
 * What the bench asks of ZooKeeper 3, in its own protocol (zookeeper.apache.org, "ZooKeeper Internals" and the records
 * of zookeeper.jute): one session on one connection, and the lock of its recipes: an ephemeral sequential node for each
 * who wants it, each watching the one before.
 */
import { connect, type Socket } from "node:net";

const sessionMillis = 20_000;
const types = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getChildren: 8,
  sync: 9,
  ping: 11,
} as const;
const watchEvent = -1;
const ping = -2;
const noNode = -101;
const nodeExists = -110;
const ephemeralSequential = 3;

interface Asked {
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
}

export class ZooKeeperError extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`ZooKeeper: error ${code}`);
    this.code = code;
  }
}

export class ZooKeeperClient {
  private readonly socket: Socket;
  private readonly asked: Asked[] = [];
  private readonly watches = new Map<string, () => void>();
  private readonly beat: NodeJS.Timeout;
  private xid = 0;
  private rest: Buffer = Buffer.alloc(0);
  private opened = false;
  private readonly ready: Promise<void>;

  /** @param addr host:port */
  constructor(addr: string) {
    const at = addr.lastIndexOf(":");
    this.socket = connect({ host: addr.slice(0, at), port: Number(addr.slice(at + 1)), noDelay: true });
    this.ready = new Promise((resolve, reject) => {
      this.asked.push({ resolve: () => resolve(), reject });
    });
    this.socket.on("data", (bytes) => this.receive(bytes));
    const ended = (error?: Error) => this.fail(error ?? new Error("ZooKeeper closed the connection"));
    this.socket.on("error", ended).on("close", () => ended());
    const hello = new Record()
      .int(0)
      .long(0n)
      .int(sessionMillis)
      .long(0n)
      .bytes(Buffer.alloc(16))
      .bool(false);
    this.socket.write(framed(hello.done()));
    this.beat = setInterval(() => this.send(ping, types.ping, new Record()), sessionMillis / 3);
    this.beat.unref();
  }

  /** Makes a node; one that is there stays. @returns its path */
  async create(path: string, flags = 0): Promise<string> {
    const acl = (of: Record) => of.int(1).int(31).text("world").text("anyone");
    try {
      const body = await this.ask(
        types.create,
        acl(new Record().text(path).bytes(Buffer.alloc(0))).int(flags),
      );
      return body.subarray(4, 4 + body.readInt32BE(0)).toString();
    } catch (error) {
      if (error instanceof ZooKeeperError && error.code === nodeExists) return path;
      throw error;
    }
  }

  /** @returns its version after: with it the node is a counter */
  async set(path: string, data: Buffer): Promise<number> {
    const stat = await this.ask(types.setData, new Record().text(path).bytes(data).int(-1));
    return stat.readInt32BE(32);
  }

  /** Linearizable: a sync goes before the read. */
  async get(path: string): Promise<Buffer> {
    const synced = this.ask(types.sync, new Record().text(path));
    const read = this.ask(types.getData, new Record().text(path).bool(false));
    await synced;
    const body = await read;
    return body.subarray(4, 4 + Math.max(0, body.readInt32BE(0)));
  }

  /** @param folder exists. @returns the path by which it is given up */
  async lock(folder: string): Promise<string> {
    const own = await this.create(`${folder}/n-`, ephemeralSequential);
    const name = own.slice(folder.length + 1);
    for (;;) {
      const names = (await this.children(folder)).toSorted();
      const before = names[names.indexOf(name) - 1];
      if (before === undefined) return own;
      await this.gone(`${folder}/${before}`);
    }
  }

  async unlock(path: string): Promise<void> {
    await this.ask(types.delete, new Record().text(path).int(-1));
  }

  close(): void {
    clearInterval(this.beat);
    this.socket.destroy();
  }

  private async children(path: string): Promise<readonly string[]> {
    const body = await this.ask(types.getChildren, new Record().text(path).bool(false));
    const names: string[] = [];
    for (let at = 4, left = body.readInt32BE(0); left > 0; left--) {
      const length = body.readInt32BE(at);
      names.push(body.subarray(at + 4, at + 4 + length).toString());
      at += 4 + length;
    }
    return names;
  }

  private async gone(path: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.watches.set(path, resolve);
    try {
      await this.ask(types.exists, new Record().text(path).bool(true));
    } catch (error) {
      if (!(error instanceof ZooKeeperError && error.code === noNode)) throw error;
      this.watches.delete(path);
      return;
    }
    await promise;
  }

  private async ask(type: number, record: Record): Promise<Buffer> {
    await this.ready;
    return new Promise((resolve, reject) => {
      this.asked.push({ resolve, reject });
      this.send(++this.xid, type, record);
    });
  }

  private send(xid: number, type: number, record: Record): void {
    this.socket.write(framed(Buffer.concat([new Record().int(xid).int(type).done(), record.done()])));
  }

  private receive(bytes: Buffer): void {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    while (this.rest.length >= 4 && this.rest.length >= 4 + this.rest.readInt32BE(0)) {
      const end = 4 + this.rest.readInt32BE(0);
      const packet = this.rest.subarray(4, end);
      this.rest = this.rest.subarray(end);
      this.packet(packet);
    }
  }

  /** Answers come in the order of what was asked; in between come beats and what watches tell. */
  private packet(packet: Buffer): void {
    if (!this.opened) {
      this.opened = true;
      return this.asked.shift()?.resolve(packet);
    }
    const xid = packet.readInt32BE(0);
    if (xid === ping) return;
    if (xid === watchEvent) {
      const length = packet.readInt32BE(24);
      const path = packet.subarray(28, 28 + length).toString();
      this.watches.get(path)?.();
      this.watches.delete(path);
      return;
    }
    const code = packet.readInt32BE(12);
    const asked = this.asked.shift();
    if (code === 0) asked?.resolve(packet.subarray(16));
    else asked?.reject(new ZooKeeperError(code));
  }

  private fail(error: Error): void {
    clearInterval(this.beat);
    for (const { reject } of this.asked.splice(0)) reject(error);
  }
}

/** A record in the making, field after field. */
class Record {
  private readonly parts: Buffer[] = [];

  int(value: number): this {
    const part = Buffer.alloc(4);
    part.writeInt32BE(value);
    return this.add(part);
  }

  long(value: bigint): this {
    const part = Buffer.alloc(8);
    part.writeBigInt64BE(value);
    return this.add(part);
  }

  bool(value: boolean): this {
    return this.add(Buffer.from([value ? 1 : 0]));
  }

  bytes(value: Buffer): this {
    return this.int(value.length).add(value);
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  done(): Buffer {
    return Buffer.concat(this.parts);
  }

  private add(part: Buffer): this {
    this.parts.push(part);
    return this;
  }
}

function framed(body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(body.length);
  return Buffer.concat([head, body]);
}
