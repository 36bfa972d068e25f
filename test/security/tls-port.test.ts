/** A port with TLS: what it speaks with whom, what it shows, and whom it cuts. Certificates by openssl. */
import { copyFileSync, readFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { get } from "node:https";
import { connect as connectPlain, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, createSecureContext, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WsDialer } from "../../src/node/net/dialer.ts";
import { PeerTransport } from "../../src/node/net/peer-transport.ts";
import { WsPeerProbe } from "../../src/node/net/probe.ts";
import { type DialTls, plainly, trusting } from "../../src/node/tls/dial.ts";
import { loadAuthority } from "../../src/node/tls/files.ts";
import { NodeTls } from "../../src/node/tls/node-tls.ts";
import type { CloseReason } from "../../src/shared/wire/link.ts";
import { numbered, started } from "../conformance/transport.ts";
import { cluster, type NetNode, NetRig, newNodeId, until } from "../net/rig.ts";
import { Certificates, hasOpenssl, type Pair } from "./tls-certificates.ts";

const cutMillisMax = 25_000;

describe.skipIf(!hasOpenssl)("a port with TLS", () => {
  let made: Certificates;
  let authority: Pair;
  let stranger: Pair;
  let pair: Pair;
  let other: Pair;
  let late: Pair;
  let ca: Buffer;
  let rig: NetRig;
  beforeAll(() => {
    made = new Certificates();
    authority = made.authority("authority");
    stranger = made.authority("stranger");
    pair = made.issue("node", authority);
    other = made.issue("other", stranger);
    late = made.issue("late", authority, { days: -1 });
    ca = loadAuthority(authority.cert);
  });
  afterAll(() => made.remove());
  beforeEach(() => {
    rig = new NetRig();
  });
  afterEach(() => rig.close());

  /** A node that takes part. */
  async function add(tls: NodeTls) {
    const node = await rig.add({ tls });
    return { ...node, ...started(node) };
  }

  const mutual = (of: Pair = pair) => new NodeTls({ ...of, ca: authority.cert });
  const portOf = ({ addr }: NetNode) => Number(addr.split(":")[1]);

  function dial(addr: string, tls: DialTls) {
    const opened: string[] = [];
    const closed: CloseReason[] = [];
    const link = new WsDialer(() => tls).dial(addr, null, null, {
      open: (found) => opened.push(found),
      receive: () => undefined,
      closed: (reason) => closed.push(reason),
    });
    return { link, opened, closed, over: () => until(() => opened.length + closed.length > 0) };
  }

  function ask(addr: string, tls: DialTls) {
    const probe = new WsPeerProbe({ id: newNodeId(), addr: "", token: null, cluster: null, tls });
    return probe.ask(addr, { type: "askGenesis" }, cutMillisMax);
  }

  function handshake(node: NetNode, options: ConnectionOptions = {}): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({ host: "127.0.0.1", port: portOf(node), ca, ...options }, () =>
        resolve(socket),
      );
      socket.on("error", reject);
    });
  }

  /** What a port shows to those who come now. */
  async function shown(node: NetNode): Promise<string> {
    const socket = await handshake(node, { rejectUnauthorized: false });
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  }

  test("clients need no certificate, and trust only the authority that they name", async () => {
    const node = await rig.add({ tls: mutual() });
    for (const addr of [node.addr, `wss://${node.addr}`, `wss://localhost:${portOf(node)}/`]) {
      const client = dial(addr, trusting(ca));
      await client.over();
      expect(client.closed).toEqual([]);
      client.link.close();
    }
    const unsure = dial(`wss://${node.addr}`, plainly);
    const misled = dial(node.addr, trusting(loadAuthority(stranger.cert)));
    await Promise.all([unsure.over(), misled.over()]);
    const refused = {
      code: "UNREACHABLE",
      message: expect.stringMatching(/no authority that is trusted here/),
    };
    expect([...unsure.closed, ...misled.closed]).toEqual([refused, refused]);
  });

  test("whoever comes without TLS is told which scheme to write", async () => {
    const node = await rig.add({ tls: mutual() });
    const client = dial(node.addr, plainly);
    await client.over();
    const message = `only TLS is spoken there: write wss://${node.addr}`;
    expect(client.closed).toEqual([{ code: "DENIED", message }]);
    await expect(ask(node.addr, plainly)).rejects.toThrow(message);
    const page = await fetch(`http://${node.addr}/livez`);
    expect([page.status, page.headers.get("upgrade")]).toEqual([426, "TLS/1.2, HTTP/1.1"]);
    expect(await page.json()).toMatchObject({
      error: { code: "DENIED", message: expect.stringMatching(/wss:/) },
    });
    const plain = await rig.add();
    const eager = dial(`wss://${plain.addr}`, trusting(ca));
    await eager.over();
    expect(eager.closed).toEqual([
      { code: "UNREACHABLE", message: "it speaks no TLS: write ws:// if that is meant" },
    ]);
  });

  test("a certificate of another host, and one that has expired, are refused by who dials", async () => {
    const far = await rig.add({ tls: mutual(made.issue("far", authority, { names: "DNS:far.example" })) });
    const client = dial(far.addr, trusting(ca));
    await client.over();
    expect(client.closed[0]?.message).toMatch(/^its certificate is of another host: /);
  });

  test("nodes speak with nodes of the same authority, both ways", async () => {
    const a = await add(mutual());
    const b = await add(mutual(made.issue("second", authority)));
    a.transport.learn(b.id, b.addr);
    b.transport.learn(a.id, a.addr);
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      from.transport.send([to.id], numbered(1));
      from.transport.flush();
      await until(() => to.heard.length === 1);
    }
    expect([...a.warnings, ...b.warnings]).toEqual([]);
  });

  test("no certificate, one of another authority, one that has expired: no node", async () => {
    const node = await add(mutual());
    const shows = (shownPair: Pair): DialTls => {
      const [cert, key] = [readFileSync(shownPair.cert), readFileSync(shownPair.key)];
      const context = createSecureContext({ ca, cert, key });
      return { isUsual: true, context: () => context };
    };
    await expect(ask(node.addr, trusting(ca))).rejects.toThrow(/no certificate of this cluster: it shows no/);
    await expect(ask(node.addr, shows(other))).rejects.toThrow(/of this cluster: its certificate is refused/);
    await expect(ask(node.addr, shows(late))).rejects.toThrow(/is refused: CERT_HAS_EXPIRED/);
    const foe = await add(new NodeTls({ ...other, ca: stranger.cert }));
    foe.transport.learn(node.id, node.addr);
    node.transport.learn(foe.id, foe.addr);
    for (const [from, to] of [
      [foe, node],
      [node, foe],
    ] as const) {
      from.transport.send([to.id], numbered(1));
      from.transport.flush();
      await until(() => from.warnings.length > 0);
      expect(from.warnings[0]).toMatch(
        new RegExp(`^${to.addr} cannot be reached: UNREACHABLE its certificate is of no`),
      );
    }
    expect([node.heard, foe.heard]).toEqual([[], []]);
  });

  test("a node that is refused after its hello says so once, and goes on trying", async () => {
    const node = await rig.add({ tls: mutual() });
    const context = trusting(ca).context();
    let dials = 0;
    const warnings: string[] = [];
    const bare = new PeerTransport({
      id: newNodeId,
      addr: "127.0.0.1:1",
      cluster: () => cluster,
      token: null,
      tls: {
        isUsual: true,
        context: () => {
          dials++;
          return context;
        },
      },
      warn: (line) => warnings.push(line),
    });
    bare.learn(node.id, node.addr);
    await until(() => {
      bare.send([node.id], numbered(1));
      bare.flush();
      return dials >= 3;
    });
    await bare.close();
    expect(warnings).toEqual([
      `${node.addr} refuses this node: DENIED no certificate of this cluster: it shows no certificate`,
    ]);
  });

  test("HTTP/1.1 and HTTP/2, by what is negotiated; requests name the host either way", async () => {
    const fetch = (request: Request) => new Response(`${request.url} ${request.headers.get("host")}\n`);
    const { addr } = await rig.add({ tls: mutual(), fetch });
    const text = await new Promise<string>((resolve, reject) => {
      get(`https://${addr}/livez`, { ca, agent: false }, (response) => {
        response.setEncoding("utf8").on("data", resolve);
      }).on("error", reject);
    });
    const session = connectHttp2(`https://${addr}`, { ca });
    const stream = session.request({ ":path": "/livez" }).setEncoding("utf8");
    const both = [text, await new Promise((resolve) => stream.on("data", resolve))];
    session.destroy();
    expect(both).toEqual([`https://${addr}/livez ${addr}\n`, `https://${addr}/livez ${addr}\n`]);
  });

  test("silence, and a handshake or a head that comes byte by byte, are cut", async () => {
    const node = await rig.add({ tls: mutual() });
    const raw = () => connectPlain({ host: "127.0.0.1", port: portOf(node) });
    const slow = (socket: Socket, bytes: Uint8Array) => {
      let at = 0;
      const timer = setInterval(() => socket.write(bytes.subarray(at, ++at)), 100);
      socket.once("close", () => clearInterval(timer));
      return socket;
    };
    const hello = Buffer.concat([
      Buffer.from([0x16, 3, 1, 0x3f, 0xff, 1, 0, 0x3f, 0xfb, 3, 3]),
      Buffer.alloc(1_000),
    ]);
    const head = Buffer.from(`GET / HTTP/1.1\r\nhost: ${node.addr}\r\nx: ${"y".repeat(1_000)}`);
    const sockets = [raw(), slow(raw(), hello), slow(await handshake(node), head), await handshake(node)];
    const over = sockets.map(
      (socket) => new Promise((resolve) => socket.on("error", resolve).on("close", resolve).resume()),
    );
    const client = dial(node.addr, trusting(ca));
    await client.over();
    await Promise.all(over);
    expect(client.closed).toEqual([]);
    client.link.close();
  }, 60_000);

  test("new files: who comes later is shown them, who is connected stays, and wrong ones change nothing", async () => {
    const live = { cert: made.join("live.pem", pair.cert), key: made.join("live.key", pair.key) };
    const next = made.issue("next", authority);
    const tls = new NodeTls({ ...live, ca: authority.cert });
    let pings = 0;
    const client = () => ({ receive: () => void pings++, closed: () => undefined });
    const node = await rig.add({ tls, client });
    const { link, opened, closed } = dial(node.addr, trusting(ca));
    await until(() => opened.length > 0);
    const ping = async () => {
      const before = pings;
      link.send({ type: "ping" });
      link.flush();
      await until(() => pings > before);
    };
    const [first, dialling] = [await shown(node), tls.context()];
    await ping();
    for (const name of ["cert", "key"] as const) copyFileSync(next[name], live[name]);
    expect(tls.reload()).toMatch(/^the certificate of \S+live\.pem is valid until /);
    const second = await shown(node);
    expect(second).not.toBe(first);
    expect(tls.context()).not.toBe(dialling);
    await ping();
    copyFileSync(pair.cert, live.cert);
    expect(() => tls.reload()).toThrow(/--tls-key: \S+ does not belong to the certificate/);
    expect(await shown(node)).toBe(second);
    await ping();
    expect(closed).toEqual([]);
    link.close();
  });
});
