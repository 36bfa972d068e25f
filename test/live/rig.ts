/** A node in virtual time and real clients of it, on links that carry bytes and are counted. */
import { createHash } from "node:crypto";
import { MemoryStorage } from "../../src/node/memory-storage.ts";
import { createClient } from "../../src/shared/client/connect.ts";
import { createLive, withLive } from "../../src/shared/live/index.ts";
import { type Constructor, describe, makeRegistry, type Registry } from "../../src/shared/object/registry.ts";
import type { Server } from "../../src/shared/server/server.ts";
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeClient,
  encodeServer,
} from "../../src/shared/wire/client-codec.ts";
import { joinFrame } from "../../src/shared/wire/codec.ts";
import type { ClientLink, ClientLinkEvents, Dialer, ServerLinkEvents } from "../../src/shared/wire/link.ts";
import type { ServerMessage } from "../../src/shared/wire/messages.ts";
import { diceOf, VirtualClock } from "../client/virtual-clock.ts";
import { serverOf } from "../server/rig.ts";

export const boot = "127.0.0.1:1";

/** One connection: frames arrive a millisecond later. */
export class Wire {
  /** What the node sent, in order. */
  readonly heard: ServerMessage[] = [];
  readonly frames: Uint8Array[] = [];
  /** Milliseconds that a frame to the client takes of the node's time. */
  cost = 0;
  /** What the node is told that waits for the client. */
  backlog = 0;
  private readonly clock: VirtualClock;
  private readonly events: ClientLinkEvents;
  private server: ServerLinkEvents | null = null;
  private open = true;

  constructor(clock: VirtualClock, events: ClientLinkEvents) {
    this.clock = clock;
    this.events = events;
  }

  begin(server: Server): ClientLink {
    this.clock.after(1, () => {
      if (!this.open) return;
      this.events.open(server.cluster, server.id);
      this.server = server.accept(this.nodeEnd());
    });
    const waiting: Uint8Array[] = [];
    return {
      send: (message) => void waiting.push(encodeClient(message)),
      flush: () => {
        if (waiting.length === 0) return;
        const frame = joinFrame(waiting.splice(0));
        this.clock.after(1, () => this.open && this.server?.receive(decodeClientFrame(frame)));
      },
      close: () => this.break(false),
    };
  }

  private nodeEnd() {
    const waiting: Uint8Array[] = [];
    return {
      send: (message: ServerMessage) => void waiting.push(encodeServer(message)),
      flush: () => {
        if (waiting.length === 0) return;
        const frame = joinFrame(waiting.splice(0));
        this.frames.push(frame);
        this.clock.now += this.cost;
        const messages = decodeServerFrame(frame);
        this.heard.push(...messages);
        this.clock.after(1, () => this.open && this.events.receive(messages));
      },
      backlog: () => this.backlog,
      close: () => this.break(true),
    };
  }

  /** The connection ends; the client hears of it unless it hung up. */
  break(isHeard = true): void {
    if (!this.open) return;
    this.open = false;
    this.server?.closed();
    if (isHeard) this.clock.after(1, () => this.events.closed(null));
  }

  of<T extends ServerMessage["type"]>(type: T): readonly Extract<ServerMessage, { readonly type: T }>[] {
    return this.heard.filter((m): m is Extract<ServerMessage, { readonly type: T }> => m.type === type);
  }
}

export class LiveRig implements Dialer {
  readonly clock: VirtualClock;
  server: Server;
  readonly wires: Wire[] = [];

  private constructor(clock: VirtualClock, server: Server) {
    this.clock = clock;
    this.server = server;
  }

  static start(...classes: readonly Constructor[]): Promise<LiveRig> {
    return LiveRig.serving(makeRegistry(classes.map((ctor) => describe(ctor))));
  }

  static async serving(registry: Registry): Promise<LiveRig> {
    const clock = new VirtualClock(1);
    const server = serverOf(clock, new MemoryStorage(), registry);
    await server.start({ type: "found" });
    await clock.until(() => server.ready, "a node that is ready");
    return new LiveRig(clock, server);
  }

  dial(_addr: string, _cluster: string | null, _token: string | null, events: ClientLinkEvents): ClientLink {
    const wire = new Wire(this.clock, events);
    this.wires.push(wire);
    return wire.begin(this.server);
  }

  /** The connection that was made last. */
  get wire(): Wire {
    return this.wires.at(-1) as Wire;
  }

  client() {
    const dice = diceOf(this.clock.dice());
    const client = createClient({
      clock: this.clock,
      dialer: this,
      randomBytes: (n) => Uint8Array.from({ length: n }, () => dice() & 255),
      sha256: (bytes) => Promise.resolve(createHash("sha256").update(bytes).digest()),
      resolve: () => Promise.resolve({ addresses: [], ttlMillis: 0 }),
      defaultBootstrap: () => boot,
    });
    const openSession = withLive(client.openSession);
    return { ...client, openSession, live: createLive(client.openSession) };
  }

  /** Resolves what needs time to pass. */
  async done<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const end = () => {
      isDone = true;
    };
    promise.then(end, end);
    await this.clock.until(() => isDone, "a promise");
    return promise;
  }
}
