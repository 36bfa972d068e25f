/**
 * DNS servers that are none: over UDP and TCP, and over HTTPS's semantics without its TLS. They speak through
 * dns-packet, so that our own codec does not judge itself.
 */
import { createSocket } from "node:dgram";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  streamDecode,
  streamEncode,
  TRUNCATED_RESPONSE,
} from "dns-packet";

const rcodes = { noerror: 0, servfail: 2, nxdomain: 3 } as const;

/** What all servers of a test say. */
export class FakeZone {
  records: readonly Answer[] = [];
  /** Sent along whatever is asked. */
  additional: readonly Answer[] = [];
  /** Every question gets this instead, "silence" being none. */
  mood: "well" | "servfail" | "silence" = "well";
  /** What was asked, as "SRV name", oldest first. */
  readonly asked: string[] = [];

  /** @returns null for silence */
  answer(query: Packet): Packet | null {
    const [question] = query.questions ?? [];
    if (question === undefined || this.mood === "silence") return null;
    const name = question.name.toLowerCase();
    this.asked.push(`${question.type} ${name}`);
    const below = this.records.filter((r) => r.name === name || r.name.endsWith(`.${name}`));
    const answers = below.filter((r) => r.name === name && r.type === question.type);
    const rcode =
      this.mood === "servfail" ? rcodes.servfail : below.length === 0 ? rcodes.nxdomain : rcodes.noerror;
    return {
      type: "response",
      id: query.id ?? 0,
      flags: AUTHORITATIVE_ANSWER | rcode,
      questions: [question],
      answers: rcode === rcodes.servfail ? [] : [...answers],
      additionals: answers.length === 0 ? [] : [...this.additional],
    };
  }

  count(text: string): number {
    return this.asked.filter((each) => each === text).length;
  }
}

/** The SRV records of a cluster, with the addresses of their targets. */
export function clusterRecords(
  domain: string,
  addrs: readonly string[],
  ttl = 30,
): { readonly srv: readonly Answer[]; readonly glue: readonly Answer[] } {
  const nodes = addrs.map((addr) => {
    const [ip = "", port] = addr.split(":");
    return { ip, port: Number(port), target: `${ip.replaceAll(".", "-")}.ipaddr.${domain}` };
  });
  const srv = nodes.map(({ port, target }): Answer => {
    const data = { priority: 0, weight: 100, port, target };
    return { type: "SRV", name: `_concoord._tcp.${domain}`, ttl, data };
  });
  const glue = new Map(nodes.map(({ ip, target }) => [target, ip]));
  return { srv, glue: [...glue].map(([name, data]) => ({ type: "A", name, ttl, data })) };
}

/** Puts a cluster into the zone in place of what is there. */
export function publish(zone: FakeZone, domain: string, addrs: readonly string[], ttl = 30): void {
  const { srv, glue } = clusterRecords(domain, addrs, ttl);
  zone.records = [...srv, ...glue];
}

export interface FakeServer {
  /** host:port, or a URL. */
  readonly addr: string;
  close(): Promise<void>;
}

export class FakeDns implements FakeServer {
  readonly zone: FakeZone;
  /** Whether UDP carries nothing, so that TCP is needed. */
  cuts = false;
  tcpQueries = 0;
  private readonly udp = createSocket("udp4");
  private readonly tcp: Server;
  private readonly sockets = new Set<Socket>();
  private port = 0;

  private constructor(zone: FakeZone) {
    this.zone = zone;
    this.udp.on("message", (bytes, { port, address }) => {
      const answer = zone.answer(decode(bytes));
      if (answer !== null) this.udp.send(encode(this.cuts ? cut(answer) : answer), port, address);
    });
    this.tcp = createServer((socket) => this.serve(socket));
  }

  /** On a free port of the loopback. */
  static async start(zone: FakeZone): Promise<FakeDns> {
    const dns = new FakeDns(zone);
    await new Promise<void>((resolve) => dns.tcp.listen(0, "127.0.0.1", resolve));
    const address = dns.tcp.address();
    dns.port = typeof address === "object" && address !== null ? address.port : 0;
    await new Promise<void>((resolve, reject) => {
      dns.udp.once("error", reject).bind(dns.port, "127.0.0.1", resolve);
    });
    return dns;
  }

  get addr(): string {
    return `127.0.0.1:${this.port}`;
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket.on("close", () => this.sockets.delete(socket)));
    let read = Buffer.alloc(0);
    socket.on("data", (part: Buffer) => {
      read = Buffer.concat([read, part]);
      while (read.length >= 2 && read.length >= 2 + read.readUInt16BE(0)) {
        const end = 2 + read.readUInt16BE(0);
        this.tcpQueries++;
        const answer = this.zone.answer(streamDecode(read.subarray(0, end)));
        if (answer !== null) socket.write(streamEncode(answer));
        read = read.subarray(end);
      }
    });
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await Promise.all([
      new Promise<void>((resolve) => this.udp.close(() => resolve())),
      new Promise<void>((resolve) => this.tcp.close(() => resolve())),
    ]);
  }
}

function cut(answer: Packet): Packet {
  return { ...answer, flags: (answer.flags ?? 0) | TRUNCATED_RESPONSE, answers: [], additionals: [] };
}

export class FakeDoh implements FakeServer {
  readonly zone: FakeZone;
  /** Seconds for which answers were in caches. */
  age = 0;
  /** Answers in place of the zone. */
  instead: ((query: Packet, response: ServerResponse) => void) | null = null;
  /** Every request's path with its query, and the answer's type that it wants. */
  readonly requests: { readonly url: string; readonly accept: string | undefined }[] = [];
  private readonly http = createHttpServer((request, response) => this.serve(request, response));

  private constructor(zone: FakeZone) {
    this.zone = zone;
  }

  /** On a free port of the loopback. */
  static async start(zone: FakeZone): Promise<FakeDoh> {
    const doh = new FakeDoh(zone);
    await new Promise<void>((resolve) => doh.http.listen(0, "127.0.0.1", resolve));
    return doh;
  }

  get addr(): string {
    const address = this.http.address();
    return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/dns-query`;
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? "";
    this.requests.push({ url, accept: request.headers.accept });
    const query = decode(Buffer.from(new URL(url, "http://x").searchParams.get("dns") ?? "", "base64url"));
    if (this.instead !== null) return this.instead(query, response);
    const answer = this.zone.answer(query);
    if (answer !== null) this.say(response, answer);
  }

  say(response: ServerResponse, answer: Packet): void {
    const age = this.age === 0 ? {} : { age: String(this.age) };
    response.writeHead(200, { "content-type": "application/dns-message", ...age }).end(encode(answer));
  }

  close(): Promise<void> {
    this.http.closeAllConnections();
    return new Promise((resolve) => this.http.close(() => resolve()));
  }
}
