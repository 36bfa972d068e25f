/**
 * The processes beside the nameserver that bench/dns.ts measures: the bare echo, and the loads, each with 100 queries
 * under way and the next one sent when an answer comes.
 */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { argv } from "node:process";

const inFlight = 100;
const warmMillis = 500;
/** Answers by UDP that were lost are asked for again. */
const lostMillis = 250;
const tcpConnections = 4;

export interface Order {
  readonly port: number;
  /** The query, in hex; its first two bytes are its id. */
  readonly query: string;
  readonly seconds: number;
}

export interface Answers {
  readonly perSecond: number;
  /** With the warm-up. */
  readonly inAll: number;
  readonly lost: number;
  /** Of the first answer. */
  readonly bytes: number;
}

/** Answers every datagram with so many bytes and its id. Nothing that answers in Node can do less. */
function echo(bytes: number): void {
  const socket = createSocket("udp4");
  const answer = Buffer.alloc(bytes);
  socket.on("message", (query, from) => {
    answer[0] = query[0] as number;
    answer[1] = query[1] as number;
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, "127.0.0.1", () => process.stdout.write(`READY ${socket.address().port}\n`));
}

/** Counts answers from the end of the warm-up on, until time is up. */
class Count {
  inAll = 0;
  lost = 0;
  bytes = 0;
  private atStart = 0;

  constructor(seconds: number) {
    setTimeout(() => {
      this.atStart = this.inAll;
      const from = performance.now();
      setTimeout(() => this.report(performance.now() - from), seconds * 1_000);
    }, warmMillis);
  }

  private report(millis: number): void {
    const perSecond = ((this.inAll - this.atStart) / millis) * 1_000;
    const { inAll, lost, bytes } = this;
    process.stdout.write(`${JSON.stringify({ perSecond, inAll, lost, bytes } satisfies Answers)}\n`, () =>
      process.exit(0),
    );
  }
}

function udp({ port, query, seconds }: Order): void {
  const count = new Count(seconds);
  const socket = createSocket({ type: "udp4", lookup: (host, _options, found) => found(null, host, 4) });
  const queries = Array.from({ length: inFlight }, (_, id) => withId(query, id));
  const sentAt = new Float64Array(inFlight);
  const send = (id: number) => {
    sentAt[id] = performance.now();
    socket.send(queries[id] as Buffer, port, "127.0.0.1");
  };
  socket.on("message", (answer) => {
    count.inAll++;
    count.bytes ||= answer.length;
    send(answer.readUInt16BE(0));
  });
  setInterval(() => {
    for (const [id, at] of sentAt.entries()) {
      if (performance.now() - at < lostMillis) continue;
      count.lost++;
      send(id);
    }
  }, lostMillis);
  for (const id of queries.keys()) send(id);
}

function tcp({ port, query, seconds }: Order): void {
  const count = new Count(seconds);
  const message = withId(query, 7);
  const each = Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]);
  for (let i = 0; i < tcpConnections; i++) {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const ask = (n: number) => socket.write(Buffer.concat(Array.from({ length: n }, () => each)));
    let rest = Buffer.alloc(0);
    socket.on("connect", () => ask(inFlight / tcpConnections));
    socket.on("data", (piece: Buffer) => {
      rest = Buffer.concat([rest, piece]);
      let at = 0;
      let answers = 0;
      while (rest.length - at >= 2 && rest.length - at >= 2 + rest.readUInt16BE(at)) {
        count.bytes ||= rest.readUInt16BE(at);
        at += 2 + rest.readUInt16BE(at);
        answers++;
      }
      rest = rest.subarray(at);
      count.inAll += answers;
      if (answers > 0) ask(answers);
    });
  }
}

/** HTTP/1.1, one request at a time on each of the connections, which stay open. */
function doh({ port, query, seconds }: Order): void {
  const count = new Count(seconds);
  const path = `/dns-query?dns=${withId(query, 0).toString("base64url")}`;
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/dns-message\r\n\r\n`;
  for (let i = 0; i < inFlight; i++) {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let rest = "";
    socket.setEncoding("latin1").on("connect", () => socket.write(request));
    socket.on("data", (piece: string) => {
      rest += piece;
      const head = rest.indexOf("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(rest)?.[1]);
      if (head < 0 || rest.length < head + 4 + length) return;
      if (!rest.startsWith("HTTP/1.1 200")) throw new Error(rest.slice(0, 100));
      count.bytes ||= length;
      count.inAll++;
      rest = "";
      socket.write(request);
    });
  }
}

function withId(query: string, id: number): Buffer {
  const bytes = Buffer.from(query, "hex");
  bytes.writeUInt16BE(id, 0);
  return bytes;
}

const [, , what, order = "{}"] = argv;
const loads = { udp, tcp, doh } as const;
if (what === "echo") echo(Number(order));
else if (what === "udp" || what === "tcp" || what === "doh") loads[what](JSON.parse(order) as Order);
