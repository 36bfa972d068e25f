/**
 * Messages between nodes over WebSocket: one dialled connection for each peer that this node sends to; what
 * peers send arrives on the connections that they dialled, replies on that of the question. A message is
 * encoded once however many peers it goes to.
 */
import type { WebSocket } from "ws";
import { strangersMax, waitingBytesMax } from "../../shared/limits.ts";
import type { ClusterId, NodeId } from "../../shared/paxos/ids.ts";
import type { Transport, TransportEvents } from "../../shared/server/transport.ts";
import type { CloseReason } from "../../shared/wire/link.ts";
import type { PeerMessage } from "../../shared/wire/messages.ts";
import { decodePeerFrame, encodePeer } from "../../shared/wire/peer-codec.ts";
import { type DialTls, processTls, tlsTrouble } from "../tls/dial.ts";
import { Connection, Joiner, joinFrames, Outbox, openSocket, type Traffic } from "./connection.ts";
import { dialHello } from "./hello.ts";

const redialMillisMin = 20;
const redialMillisMax = 1_000;
/** How often connections are probed: a silent one is dropped after two periods at most. */
const probeMillis = 2_000;

export interface PeerTransportOptions {
  /** Asked for when it is needed: a node learns its id from its disk. */
  readonly id: () => NodeId;
  /** host:port where this node listens. */
  readonly addr: string;
  readonly cluster: () => ClusterId;
  readonly token: string | null;
  /** That of the process unless given. */
  readonly tls?: DialTls | undefined;
  /** One line for the log: a peer that refuses us and why. */
  warn(line: string): void;
}

/** State: at most one of `connection`, `dialling` and `timer` is set; none when there is nothing to do. */
interface Peer {
  readonly id: NodeId;
  addr: string;
  readonly outbox: Outbox;
  connection: Connection | null;
  dialling: WebSocket | null;
  timer: NodeJS.Timeout | null;
  backOffMillis: number;
  /** Whether `refused` was said since the last open connection. */
  refused: boolean;
  complained: string;
}

export class PeerTransport implements Transport {
  readonly traffic: Traffic = { received: 0, sent: 0 };
  private readonly options: PeerTransportOptions;
  private readonly peers = new Map<NodeId, Peer>();
  private readonly dirty = new Set<Peer>();
  /** Invariant: a subset of `peers`, in the order in which they called last. */
  private readonly strangers = new Set<NodeId>();
  private readonly accepted = new Set<Connection>();
  private readonly joiner = new Joiner();
  private readonly pace: NodeJS.Timeout;
  private events: TransportEvents | null = null;
  private closing = false;

  constructor(options: PeerTransportOptions) {
    this.options = options;
    this.pace = setInterval(() => this.probeAll(), probeMillis).unref();
  }

  /** Bytes that wait for peers. */
  get waitingBytes(): number {
    let bytes = 0;
    for (const { outbox, connection } of this.peers.values())
      bytes += outbox.bytes + (connection?.backlog ?? 0);
    return bytes;
  }

  start(events: TransportEvents): void {
    this.events = events;
  }

  learn(id: NodeId, addr: string): void {
    const known = this.peers.get(id);
    this.strangers.delete(id);
    if (id === this.options.id() || known?.addr === addr) return;
    if (known === undefined) {
      this.peers.set(id, newPeer(id, addr));
      return;
    }
    known.addr = addr;
    known.refused = false;
    known.backOffMillis = redialMillisMin;
    this.hangUp(known);
  }

  send(to: readonly NodeId[], message: PeerMessage): void {
    let bytes: Uint8Array | null = null;
    for (const id of to) {
      const peer = this.peers.get(id);
      if (peer === undefined) continue;
      bytes ??= encodePeer(message);
      peer.outbox.push(bytes);
      this.dirty.add(peer);
    }
  }

  flush(): void {
    for (const peer of this.dirty) {
      if (peer.connection !== null) this.write(peer, peer.connection);
      else {
        peer.outbox.shrink(waitingBytesMax);
        this.dial(peer);
      }
    }
    this.dirty.clear();
    this.joiner.forget();
  }

  /** A peer's connection, its hello done; `addr` is where it says that it listens. */
  accept(ws: WebSocket, from: NodeId, addr: string, early: readonly Uint8Array[]): void {
    if (this.closing) return ws.terminate();
    const connection = this.connect(ws, from, early, (reason) => {
      this.accepted.delete(connection);
      if (reason?.code === "BAD_FRAME") this.options.warn(`bad frame from ${addr}: ${reason.message}`);
    });
    this.accepted.add(connection);
    if (addr !== "") this.meet(from, addr);
    connection.begin();
  }

  /**
   * An administrator's program: it is answered, and no message is sent to it.
   * @param refuses why it may not say a message; null when it may
   */
  acceptOperator(
    ws: WebSocket,
    from: NodeId,
    early: readonly Uint8Array[],
    refuses: (message: PeerMessage) => string | null,
  ): void {
    if (this.closing) return ws.terminate();
    const closed = () => void this.accepted.delete(connection);
    const connection = this.connect(ws, from, early, closed, (message) => {
      const why = refuses(message);
      if (why === null) return true;
      connection.close({ code: "DENIED", message: why });
      closed();
      return false;
    });
    this.accepted.add(connection);
    connection.begin();
  }

  /** Who calls says where it listens: a member that moved is reached there before any view shows it. */
  private meet(id: NodeId, addr: string): void {
    if (this.peers.has(id) && !this.strangers.has(id)) return this.learn(id, addr);
    this.strangers.delete(id);
    const [oldest] = this.strangers;
    if (oldest !== undefined && this.strangers.size >= strangersMax) {
      const peer = this.peers.get(oldest);
      if (peer !== undefined) this.hangUp(peer);
      this.peers.delete(oldest);
      this.strangers.delete(oldest);
    }
    this.learn(id, addr);
    this.strangers.add(id);
  }

  async close(): Promise<void> {
    this.closing = true;
    this.events = null;
    clearInterval(this.pace);
    for (const peer of this.peers.values()) this.hangUp(peer);
    for (const connection of this.accepted) connection.drop();
    this.accepted.clear();
    this.peers.clear();
    this.dirty.clear();
  }

  /** Messages arrive on both kinds of connection: on a dialled one come the replies. */
  private connect(
    ws: WebSocket,
    from: NodeId,
    early: readonly Uint8Array[],
    closed: (reason: CloseReason) => void,
    mayCome: (message: PeerMessage) => boolean = () => true,
  ): Connection {
    const reply = (message: PeerMessage) => connection.write(joinFrames([encodePeer(message)]));
    const frame = (bytes: Uint8Array) => {
      for (const message of decodePeerFrame(bytes))
        if (connection.open && mayCome(message)) this.events?.receive(from, message, reply);
    };
    const connection = new Connection(ws, early, { frame, closed }, this.traffic);
    return connection;
  }

  private write(peer: Peer, connection: Connection): void {
    const parts = peer.outbox.take();
    if (parts.length > 0) connection.write(this.joiner.frames(parts));
  }

  private dial(peer: Peer): void {
    if (this.closing || peer.connection !== null || peer.dialling !== null || peer.timer !== null) return;
    const ws = openSocket(peer.addr, this.options.tls ?? processTls());
    peer.dialling = ws;
    const { addr, token } = this.options;
    const [cluster, from] = [this.options.cluster(), this.options.id()];
    const me = { role: "peer", cluster, from, addr, to: peer.id, token } as const;
    dialHello(ws, me, {
      open: (_cluster, _node, early) => this.opened(peer, ws, early),
      failed: (reason, error) => {
        if (peer.dialling !== ws) return;
        peer.dialling = null;
        this.failed(peer, reason, error);
      },
    });
  }

  private opened(peer: Peer, ws: WebSocket, early: readonly Uint8Array[]): void {
    if (peer.dialling !== ws) return ws.terminate();
    peer.dialling = null;
    peer.refused = false;
    const since = performance.now();
    const connection = this.connect(ws, peer.id, early, (reason) => {
      if (peer.connection !== connection) return;
      peer.connection = null;
      this.complain(peer, reason);
      // One that closes again and again is not dialled in a loop.
      if (performance.now() - since < redialMillisMax) return this.retryLater(peer);
      peer.complained = "";
      peer.backOffMillis = redialMillisMin;
      this.dial(peer); // at once: a port that refuses now tells that the process is gone
    });
    peer.connection = connection;
    connection.begin();
    this.write(peer, connection);
  }

  private failed(peer: Peer, reason: CloseReason, error: Error | null): void {
    if (this.closing) return;
    if (reason !== null) this.complain(peer, reason);
    else this.complain(peer, tlsTrouble(peer.addr, error, true), "cannot be reached:");
    this.retryLater(peer);
    if (isRefused(error) && !peer.refused) {
      peer.refused = true;
      this.events?.refused(peer.id);
    }
  }

  /** Once for each reason, until it is connected for a while. */
  private complain(peer: Peer, reason: CloseReason, what = "refuses this node:"): void {
    if (reason === null || reason.code === peer.complained) return;
    peer.complained = reason.code;
    this.options.warn(`${peer.addr} ${what} ${reason.code} ${reason.message}`);
  }

  private retryLater(peer: Peer): void {
    if (this.closing) return;
    peer.timer = setTimeout(() => {
      peer.timer = null;
      if (peer.outbox.parts.length > 0) this.dial(peer);
    }, peer.backOffMillis);
    peer.backOffMillis = Math.min(peer.backOffMillis * 2, redialMillisMax);
  }

  private hangUp(peer: Peer): void {
    if (peer.timer !== null) clearTimeout(peer.timer);
    const { connection, dialling } = peer;
    peer.timer = null;
    peer.connection = null;
    peer.dialling = null;
    connection?.drop();
    dialling?.terminate();
  }

  private probeAll(): void {
    for (const peer of this.peers.values()) peer.connection?.probe();
    for (const connection of this.accepted) connection.probe();
  }
}

function newPeer(id: NodeId, addr: string): Peer {
  return {
    id,
    addr,
    outbox: new Outbox(),
    connection: null,
    dialling: null,
    timer: null,
    backOffMillis: redialMillisMin,
    refused: false,
    complained: "",
  };
}

function isRefused(error: Error | null): boolean {
  return error !== null && "code" in error && error.code === "ECONNREFUSED";
}
