/**
 * The floor: what is left of replication when everything but durability is taken away. Client -> leader -> two
 * followers, three processes; commands of 100 bytes, opaque; each batch is written to a segmented file and synced by
 * a majority before it is answered; one frame for each connection and turn. No elections, no sessions, no execution.
 *
 * Frames are sequences of records: u32 number, u32 length, bytes. Towards a follower the number is a slot, towards a
 * client and from it a call.
 */
import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { crc32 } from "node:zlib";
import { WebSocket, WebSocketServer } from "ws";
import { loadOrder, report } from "./measure.ts";

const commandBytes = 100;
const segmentBytes = 16 * 1024 * 1024;
const options = { perMessageDeflate: false } as const;

/** What queues during one sync joins the next; `durable` hears how far the disk is. */
class Disk {
  private fd = -1;
  private position = 0;
  private segment = 0;
  private queued: Buffer[] = [];
  private mark = 0;
  private syncing = false;
  private readonly folder: string | null;
  private readonly durable: (slot: number) => void;

  constructor(folder: string | null, durable: (slot: number) => void) {
    this.folder = folder;
    this.durable = durable;
    this.roll();
  }

  append(slot: number, body: Buffer): void {
    this.queued.push(body);
    this.mark = slot;
    this.sync();
  }

  private sync(): void {
    if (this.syncing || this.queued.length === 0) return;
    const { mark, queued } = this;
    this.queued = [];
    if (this.folder === null) return this.durable(mark);
    this.syncing = true;
    const all = Buffer.concat(queued);
    const head = Buffer.alloc(8);
    head.writeUInt32LE(all.length, 0);
    head.writeUInt32LE(crc32(all), 4);
    if (this.position + all.length + 8 > segmentBytes) this.roll();
    writeSync(this.fd, Buffer.concat([head, all]), 0, all.length + 8, this.position);
    this.position += all.length + 8;
    fdatasync(this.fd, (error) => {
      if (error !== null) throw error;
      this.syncing = false;
      this.durable(mark);
      this.sync();
    });
  }

  private roll(): void {
    if (this.folder === null) return;
    if (this.fd !== -1) closeSync(this.fd);
    this.fd = openSync(join(this.folder, `${this.segment++}.log`), "w");
    ftruncateSync(this.fd, segmentBytes);
    this.position = 0;
  }
}

/** One frame for each turn of the event loop. */
class Outbox {
  private readonly socket: WebSocket;
  private parts: Buffer[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  push(number: number, body: Buffer): void {
    const head = Buffer.allocUnsafe(8);
    head.writeUInt32LE(number, 0);
    head.writeUInt32LE(body.length, 4);
    if (this.parts.length === 0) setImmediate(() => this.flush());
    this.parts.push(head, body);
  }

  private flush(): void {
    this.socket.send(Buffer.concat(this.parts));
    this.parts = [];
  }
}

function records(frame: Buffer, each: (number: number, body: Buffer) => void): void {
  for (let at = 0; at < frame.length; ) {
    const end = at + 8 + frame.readUInt32LE(at + 4);
    each(frame.readUInt32LE(at), frame.subarray(at + 8, end));
    at = end;
  }
}

function listen(connection: (socket: WebSocket) => void): void {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, ...options }, () => {
    const at = server.address();
    process.stdout.write(`READY ${typeof at === "object" && at !== null ? at.port : ""}\n`);
  });
  server.on("connection", connection);
}

async function dial(to: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${to}`, options);
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return socket;
}

const nothing = Buffer.alloc(0);

function follow(folder: string | null): void {
  listen((socket) => {
    const outbox = new Outbox(socket);
    const disk = new Disk(folder, (slot) => outbox.push(slot, nothing));
    socket.on("message", (frame: Buffer) => records(frame, (slot, body) => disk.append(slot, body)));
  });
}

interface Asked {
  readonly outbox: Outbox;
  readonly number: number;
}

async function lead(folder: string | null, followers: readonly string[]): Promise<void> {
  const sockets = await Promise.all(followers.map(dial));
  const outboxes = sockets.map((socket) => new Outbox(socket));
  const marks = [0, 0, 0];
  const slots = new Map<number, readonly Asked[]>();
  let slot = 0;
  let answered = 0;
  let commands: Buffer[] = [];
  let asked: Asked[] = [];
  /** Two of three hold all slots up to the middle one of the three marks. */
  const reached = (who: number, mark: number) => {
    marks[who] = mark;
    const middle = marks.toSorted((a, b) => a - b)[1] ?? 0;
    while (answered < middle) {
      for (const { outbox, number } of slots.get(++answered) ?? []) outbox.push(number, nothing);
      slots.delete(answered);
    }
  };
  const disk = new Disk(folder, (mark) => reached(0, mark));
  sockets.forEach((socket, i) => {
    socket.on("message", (frame: Buffer) => records(frame, (mark) => reached(i + 1, mark)));
  });
  const propose = () => {
    const body = Buffer.concat(commands);
    slots.set(++slot, asked);
    [commands, asked] = [[], []];
    for (const outbox of outboxes) outbox.push(slot, body);
    disk.append(slot, body);
  };
  listen((socket) => {
    const outbox = new Outbox(socket);
    socket.on("message", (frame: Buffer) =>
      records(frame, (number, body) => {
        if (commands.length === 0) setImmediate(propose);
        commands.push(body);
        asked.push({ outbox, number });
      }),
    );
  });
}

async function caller(to: string): Promise<() => Promise<void>> {
  const socket = await dial(to);
  const outbox = new Outbox(socket);
  const waiting = new Map<number, () => void>();
  const command = Buffer.alloc(commandBytes, 7);
  let calls = 0;
  socket.on("message", (frame: Buffer) =>
    records(frame, (number) => {
      waiting.get(number)?.();
      waiting.delete(number);
    }),
  );
  return () =>
    new Promise((resolve) => {
      waiting.set(++calls, resolve);
      outbox.push(calls, command);
    });
}

async function load(): Promise<void> {
  const { to, shape, seconds } = loadOrder(argv[3]);
  const calls = await Promise.all(Array.from({ length: shape.connections }, () => caller(to)));
  const lanes = Array.from(
    { length: shape.outstanding },
    (_, i) => calls[i % calls.length] as () => Promise<void>,
  );
  await report(lanes, seconds);
  process.exit(0);
}

const [, , role, folder = "", ...followers] = argv;
if (role === "follow") follow(folder === "-" ? null : folder);
else if (role === "lead") await lead(folder === "-" ? null : folder, followers);
else await load();
