/**
 * Simulated connections between clients and nodes: in order and without loss, until they break. A connection across a
 * cut hangs in silence; both ends hear of it only much later, each for itself.
 */

import type { ClusterId } from "../paxos/ids.ts";
import { decodeClientFrame, decodeServerFrame, encodeClient, encodeServer } from "../wire/client-codec.ts";
import { joinFrame } from "../wire/codec.ts";
import type {
  ClientLink,
  ClientLinkEvents,
  CloseReason,
  Dialer,
  ServerLink,
  ServerLinkEvents,
} from "../wire/link.ts";
import type { ClientMessage, ServerMessage } from "../wire/messages.ts";
import type { Event, Owner } from "./agenda.ts";
import type { Dice } from "./dice.ts";
import type { Freezer } from "./freezer.ts";
import type { Machine, Process } from "./machine.ts";
import type { Network } from "./network.ts";

/** How long an end may wait until it hears that its connection hangs, ms. */
const hangMillisMin = 500;
const hangMillisMax = 4_000;

export interface LinkNet {
  readonly network: Network;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly dice: Dice;
  readonly freezer: Freezer;
  readonly coded: boolean;
  /** Called before a message leaves for a client. */
  readonly watch: { told(process: Process, message: ServerMessage): void };
  /** Connections that are open now. */
  readonly links: Set<SimLink>;
}

/** A client's program. */
export interface ClientSide extends Owner {
  readonly machine: Machine;
}

export class SimDialer implements Dialer {
  private readonly net: LinkNet;
  private readonly client: ClientSide;

  constructor(net: LinkNet, client: ClientSide) {
    this.net = net;
    this.client = client;
  }

  dial(addr: string, cluster: ClusterId | null, _token: string | null, events: ClientLinkEvents): ClientLink {
    return new SimLink(this.net, this.client, addr, cluster, events);
  }
}

export class SimLink implements ClientLink {
  private readonly net: LinkNet;
  private readonly client: ClientSide;
  private readonly machine: Machine | null;
  private events: ClientLinkEvents | null;
  /** The node's end, once it has accepted. */
  private server: { readonly process: Process; events: ServerLinkEvents | null } | null = null;
  private hangs = false;
  private up: ClientMessage[] = [];
  private down: ServerMessage[] = [];
  /** When the last frame in each direction arrives: the next one comes after it. */
  private upAt = 0;
  private downAt = 0;

  constructor(
    net: LinkNet,
    client: ClientSide,
    addr: string,
    cluster: ClusterId | null,
    events: ClientLinkEvents,
  ) {
    this.net = net;
    this.client = client;
    this.events = events;
    this.machine = net.machines.get(addr) ?? null;
    net.links.add(this);
    this.toServer(() => this.knock(cluster));
  }

  /** The process at its other end. */
  get process(): Process | null {
    return this.server?.process ?? null;
  }

  send(message: ClientMessage): void {
    this.up.push(message);
  }

  flush(): void {
    if (this.up.length === 0) return;
    const messages = this.pack(this.up, encodeClient, decodeClientFrame);
    this.up = [];
    this.toServer(() => this.server?.events?.receive(messages()));
  }

  close(): void {
    this.events = null;
    this.toServer(() => this.serverClosed());
  }

  /** Breaks the connection: both ends hear of it. */
  reset(): void {
    this.toServer(() => this.serverClosed());
    this.toClient(() => this.clientClosed(null));
  }

  /** Its node's process is gone, and its machine says so. */
  died(): void {
    if (this.server !== null) this.server.events = null;
    this.toClient(() => this.clientClosed(null));
  }

  private knock(cluster: ClusterId | null): void {
    const process = this.machine?.process ?? null;
    const server = process?.started ? process.server : null;
    if (process === null || server === null) return this.toClient(() => this.clientClosed(null));
    if (this.events === null) return;
    if (cluster !== null && cluster !== server.cluster) {
      const reason = { code: "WRONG_CLUSTER", message: "another cluster" } as const;
      return this.toClient(() => this.clientClosed(reason));
    }
    this.toClient(() => this.events?.open(server.cluster, server.id));
    this.server = { process, events: null };
    this.server.events = server.accept(this.serverEnd(process));
  }

  private serverEnd(process: Process): ServerLink {
    return {
      send: (message) => {
        this.net.watch.told(process, message);
        this.down.push(message);
      },
      flush: () => {
        if (this.down.length === 0) return;
        const messages = this.pack(this.down, encodeServer, decodeServerFrame);
        this.down = [];
        this.toClient(() => this.events?.receive(messages()));
      },
      close: (reason) => {
        if (this.server !== null) this.server.events = null;
        this.toClient(() => this.clientClosed(reason));
      },
    };
  }

  private pack<M extends object>(
    messages: readonly M[],
    encode: (message: M) => Uint8Array,
    decode: (frame: Uint8Array) => readonly M[],
  ): () => readonly M[] {
    const { coded, freezer } = this.net;
    if (coded) {
      const bytes = joinFrame(messages.map(encode));
      return () => decode(bytes);
    }
    freezer.freeze(messages);
    return () => {
      freezer.check(messages);
      return messages;
    };
  }

  private clientClosed(reason: CloseReason): void {
    const { events } = this;
    this.events = null;
    this.forget();
    events?.closed(reason);
  }

  private serverClosed(): void {
    const { server } = this;
    const events = server?.events;
    if (server !== null) server.events = null;
    this.forget();
    events?.closed();
  }

  private forget(): void {
    if (this.events === null && (this.server === null || this.server.events === null))
      this.net.links.delete(this);
  }

  private toServer(arrive: () => void): void {
    const { network } = this.net;
    if (this.machine === null || this.isHung(this.client.machine, this.machine)) return;
    this.upAt = Math.max(this.upAt, network.agenda.now + network.latency());
    network.agenda.plan(this.upAt, null, () => {
      const owner = this.server?.process ?? this.machine?.process ?? null;
      if (owner === null || owner.pausedUntil <= network.agenda.now) arrive();
      else network.agenda.plan(owner.pausedUntil, owner, arrive);
    });
  }

  private toClient(arrive: () => void): void {
    const { network } = this.net;
    if (this.machine === null || this.isHung(this.machine, this.client.machine)) return;
    this.downAt = Math.max(this.downAt, network.agenda.now + network.latency());
    network.agenda.plan(this.downAt, this.client, arrive);
  }

  /** What is sent across a cut never arrives, and nothing after it does. */
  private isHung(from: Machine, to: Machine): boolean {
    if (!this.hangs && this.net.network.isCut(from, to)) {
      this.hangs = true;
      const wait = (): number => this.net.dice.between(hangMillisMin, hangMillisMax);
      this.plan(wait(), this.client, () => this.clientClosed(null));
      this.plan(wait(), this.server?.process ?? null, () => this.serverClosed());
    }
    return this.hangs;
  }

  private plan(wait: number, owner: Owner | null, run: () => void): Event {
    return this.net.network.agenda.after(wait, owner, run);
  }
}
