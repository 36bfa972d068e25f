/**
 * A node in this process, of any role: its parts put together. The package's `replica()` and `acceptor()` and the
 * command line use it.
 */
import { randomBytes } from "node:crypto";
import type { Registry } from "../shared/object/registry.ts";
import type { StateMachine } from "../shared/object/state-machine.ts";
import type { ClassInfo } from "../shared/object/types.ts";
import { type ClusterId, clusterId, type NodeId, nodeId } from "../shared/paxos/ids.ts";
import type { Role } from "../shared/paxos/view.ts";
import { Histogram } from "../shared/server/latency.ts";
import { Server } from "../shared/server/server.ts";
import type { Status } from "../shared/server/status.ts";
import { objectCodec } from "../shared/wire/values.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import { Entrance } from "./auth/entrance.ts";
import { nodeRuntime } from "./client/runtime.ts";
import type { CodeFolder } from "./code/code-folder.ts";
import type { DnsServer } from "./dns/dns-server.ts";
import type { Names } from "./dns/names.ts";
import { Greeting } from "./greeting.ts";
import { hasher, hashOfSecret } from "./hash.ts";
import { httpApp } from "./http/app.ts";
import { HttpCalls } from "./http/calls.ts";
import { httpNodeOf } from "./http/http-node.ts";
import { PastLooker } from "./http/past.ts";
import { Pages } from "./http/watch.ts";
import type { Log } from "./log/levels.ts";
import { type TraceLine, traced } from "./log/traced-transport.ts";
import { type Counts, countsOf } from "./metrics/counts.ts";
import { timed } from "./metrics/timed-storage.ts";
import type { ViewPublisher } from "./nameserver.ts";
import type { Tokens } from "./net/hello.ts";
import { PeerTransport } from "./net/peer-transport.ts";
import { AnyProbe, WsPeerProbe } from "./net/probe.ts";
import type { Place } from "./place.ts";
import { mayWatch } from "./safety/watched.ts";
import { ChildSnapshotter } from "./snapshot/child-snapshotter.ts";
import { slotSpans } from "./tracing/slot-spans.ts";
import { version } from "./version.ts";

/** How long a newcomer looks for a node of its bootstrap list. */
const joinMillisMax = 10_000;
/** Makes what takes the views of a node elsewhere, too. */
export type MakePublisher = (node: RunningReplica, names: Names) => ViewPublisher;

export interface RunningOptions {
  readonly place: Place;
  /** The address that the others use: host:port. */
  readonly addr: string;
  readonly role: Role;
  readonly groups: readonly string[];
  readonly evictAfterMillis?: number;
  readonly registry: Registry;
  /** Its code; null for a node that executes nothing. */
  readonly code: CodeFolder | null;
  /** Members to join through when the storage is empty, or domains that name some; null to found a cluster. */
  readonly boot: readonly string[] | null;
  readonly tokens: Tokens;
  /** Who has which token, where `tokens` do not say it of clients. */
  readonly authenticator?: Authenticator;
  /** Of pages that may connect, beside its own and those of other members. */
  readonly origins?: readonly string[];
  /** What it answers as a nameserver; null for a node that is none. */
  readonly names: Names | null;
  /** Its DNS port; null for a node that has none. */
  readonly dns: DnsServer | null;
  /** Makes what is told of each view, too, of a node with a domain. */
  readonly publisher: MakePublisher | null;
  /** One line for the log. */
  readonly log: Log;
  /** How many lines no log took. */
  readonly linesDropped?: () => number;
  /** Each message between this node and others. */
  readonly trace?: TraceLine;
}

export interface Inside {
  readonly server: Server;
  readonly calls: HttpCalls;
  readonly pages: Pages;
}

export class RunningReplica {
  /** Resolves with why the node stopped by itself: its disk refused, an invariant broke, or it is `Gone`. */
  readonly broken: Promise<unknown>;
  private readonly options: RunningOptions;
  private readonly server: Server;
  /** How long appends took, in ms. */
  private readonly appends = new Histogram();
  private readonly newCluster: ClusterId = clusterId(randomBytes(16).toString("hex"));
  private readonly newId: NodeId = nodeId(randomBytes(8).toString("hex"));
  private readonly transport: PeerTransport;
  private readonly entrance: Entrance;
  private readonly calls: HttpCalls;
  private readonly pages: Pages;
  private readonly past: PastLooker;
  private publisher: ViewPublisher | null = null;
  private stopping: Promise<void> | null = null;
  private hasStarted = false;
  private isOver = false;

  constructor(options: RunningOptions) {
    const { addr, role, groups, evictAfterMillis, tokens, registry, code, place, dns, log, trace } = options;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.broken = promise;
    this.options = options;
    this.transport = new PeerTransport({
      id: () => this.server.id,
      addr,
      cluster: () => this.server.cluster,
      token: tokens.peer,
      tls: place.dial,
      warn: (line) => log(line, "warn"),
    });
    const slots = slotSpans(() => this.server.id);
    this.server = new Server({
      addr,
      role,
      domain: dns?.names.domain ?? "",
      groups,
      ...(evictAfterMillis === undefined ? {} : { evictAfterMillis }),
      newId: this.newId,
      newCluster: this.newCluster,
      storage: timed(place.storage, this.appends),
      transport: trace === undefined ? this.transport : traced(this.transport, trace),
      clock: nodeRuntime.clock,
      registry,
      codec: objectCodec,
      hash: hashOfSecret,
      hasher,
      warn: (line) => log(line, "warn"),
      mayWatch,
      ...(options.authenticator === undefined ? {} : { refuse: options.authenticator.refuse }),
      ...(slots === null ? {} : { slots }),
      keeper: code,
      snapshotter: code === null ? null : new ChildSnapshotter({ code: () => code.places }),
      version,
      onStop: (reason) => {
        this.isOver = true;
        resolve(reason);
      },
    });
    this.pages = new Pages(this.server, (objectsMax) => this.status(objectsMax));
    this.past = new PastLooker(() => this.server.past, code === null ? null : () => code.places);
    this.entrance = new Entrance({ ...options, server: this.server, transport: this.transport });
    this.calls = new HttpCalls(this.entrance, tokens.peer ?? "");
  }

  get addr(): string {
    return this.options.addr;
  }

  /** host:port of its DNS; null for a node without a DNS port. */
  get dns(): string | null {
    return this.options.dns?.addr ?? null;
  }

  get tls() {
    return this.options.place.tls;
  }

  /** The data folder; null when nothing is kept on disk. */
  get dir(): string | null {
    return this.options.place.dir;
  }

  get id(): NodeId {
    return this.server.id;
  }

  get cluster(): ClusterId {
    return this.server.cluster;
  }

  /** The classes that the cluster serves, as far as this node has executed. */
  get classes(): readonly ClassInfo[] {
    return this.server.machine.classes;
  }

  /** Its copy of the state, to look at. */
  get machine(): StateMachine {
    return this.server.machine;
  }

  /** In the view, and caught up with a leader. */
  get isReady(): boolean {
    return this.server.ready;
  }

  /** Whether it executes nothing because it lacks code of these. */
  get lacksCode(): boolean {
    return this.server.lacksCode;
  }

  /** Whether this start founded the cluster. */
  get founded(): boolean {
    return this.server.cluster === this.newCluster;
  }

  /** Resolves when the node is in the view and caught up; rejects when it can never be. */
  whenReady(): Promise<void> {
    return this.server.whenReady();
  }

  /** With the members in the order of their addresses. @param objectsMax how many objects it names at most */
  status(objectsMax?: number): Status {
    const status = this.server.status(objectsMax);
    const members = status.view.members.toSorted((a, b) =>
      a.addr.localeCompare(b.addr, "en", { numeric: true }),
    );
    const all = [status, this.options.names, this.publisher, this.tls];
    const problems = all.flatMap((part) => part?.problems ?? []);
    return { ...status, problems, view: { ...status.view, members } };
  }

  /** What it counted since it started. */
  get counts(): Counts {
    const { appends, transport, options } = this;
    const linesDropped = options.linesDropped?.() ?? 0;
    return countsOf(this.server, options.place, transport, appends, linesDropped);
  }

  /** Its parts, for the shell. */
  get inside(): Inside {
    return { server: this.server, calls: this.calls, pages: this.pages };
  }

  /**
   * Reads the storage, founds or joins, and listens; the node need not be ready yet.
   * @throws StorageError, NobodyAnswered, Error
   */
  async start(): Promise<void> {
    const { boot, addr, place, tokens, names, log } = this.options;
    const { dial: tls } = place;
    const probe = new WsPeerProbe({ id: this.newId, addr, token: tokens.peer, cluster: null, tls });
    const others = (boot ?? []).filter((item) => item !== addr);
    await this.server.start(
      boot === null
        ? { type: "found" }
        : {
            type: "join",
            addrs: others.length === 0 ? [] : [others.join(",")],
            probe: new AnyProbe(probe, addr, tls),
            timeoutMillis: joinMillisMax,
          },
    );
    this.hasStarted = true;
    if (names !== null) {
      this.publisher = this.options.publisher?.(this, names) ?? null;
      names.follow((link) => this.server.accept(link), this.publisher);
    }
    const isOld = this.id !== this.newId;
    const greeting = new Greeting(this.server, { list: isOld ? others : [], addr, tokens, place, log });
    await greeting.greet();
    for (const note of this.server.notes) log(note, "warn");
    const app = httpApp({
      node: httpNodeOf(this, this.past),
      door: this.entrance.door,
      names,
    });
    place.listener.serve({
      id: this.server.id,
      cluster: this.server.cluster,
      ...this.entrance.handlers,
      fetch: (request, env) => app.fetch(request, env),
      warn: log,
      peer: (ws, from, address, early) => this.transport.accept(ws, from, address, early),
    });
    void greeting.untilReady(() => this.isOver);
  }

  /**
   * Answers what can be answered, stops, and releases port and folder. Never rejects for being called
   * again.
   */
  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    const { storage, listener } = this.options.place;
    this.isOver = true;
    this.publisher?.stop();
    try {
      this.pages.close();
      this.past.close();
      await this.calls.close();
      if (this.hasStarted) await this.server.stop();
      else await storage.close();
    } finally {
      this.options.code?.close();
      await this.options.dns?.close();
      await listener.close();
    }
  }
}
