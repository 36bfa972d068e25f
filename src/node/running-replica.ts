/**
 * A node in this process, of any role: its parts put together. The package's `replica()` and `acceptor()` and the
 * command line use it.
 */
import { createHash, randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { LookUpFailed } from "../shared/client/domain.ts";
import type { Registry } from "../shared/object/registry.ts";
import type { ClassInfo } from "../shared/object/types.ts";
import { type ClusterId, clusterId, type NodeId, nodeId } from "../shared/paxos/ids.ts";
import type { Role } from "../shared/paxos/view.ts";
import { Server } from "../shared/server/server.ts";
import { sessionList } from "../shared/server/session-list.ts";
import type { Hasher } from "../shared/server/snapshot-pieces.ts";
import type { Status } from "../shared/server/status.ts";
import { Refused } from "../shared/server/transport.ts";
import { objectCodec } from "../shared/wire/values.ts";
import { nodesOf } from "./client/boot.ts";
import { nodeRuntime } from "./client/runtime.ts";
import type { CodeFolder } from "./code/code-folder.ts";
import { httpApp } from "./http/app.ts";
import { HttpCalls } from "./http/calls.ts";
import { PastLooker } from "./http/past.ts";
import { Pages } from "./http/watch.ts";
import type { Tokens } from "./net/hello.ts";
import { PeerTransport } from "./net/peer-transport.ts";
import { AnyProbe, WsPeerProbe } from "./net/probe.ts";
import type { Place } from "./place.ts";
import { mayWatch } from "./safety/watched.ts";
import { ChildSnapshotter } from "./snapshot/child-snapshotter.ts";
import { version } from "./version.ts";

/** How long a newcomer looks for a node of its bootstrap list. */
const joinMillisMax = 10_000;
/** How long a node with data looks whether its bootstrap list is of its cluster. */
const checkMillisMax = 1_000;
/** How often it greets the nodes of its list again while it is not ready. */
const greetMillis = 1_000;

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
  /** One line for the log. */
  log(line: string): void;
}

export class RunningReplica {
  /** Resolves with why the node stopped by itself: its disk refused, an invariant broke, or it is `Gone`. */
  readonly broken: Promise<unknown>;
  private readonly options: RunningOptions;
  private readonly server: Server;
  private readonly newCluster: ClusterId = clusterId(randomBytes(16).toString("hex"));
  private readonly newId: NodeId = nodeId(randomBytes(8).toString("hex"));
  private readonly transport: PeerTransport;
  private readonly calls: HttpCalls;
  private readonly pages: Pages;
  private readonly past: PastLooker;
  private stopping: Promise<void> | null = null;
  private hasStarted = false;
  private isOver = false;

  constructor(options: RunningOptions) {
    const { addr, role, groups, evictAfterMillis, tokens, registry, code, place, log } = options;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.broken = promise;
    this.options = options;
    this.transport = new PeerTransport({
      id: () => this.server.id,
      addr,
      cluster: () => this.server.cluster,
      token: tokens.peer,
      warn: log,
    });
    this.server = new Server({
      addr,
      role,
      groups,
      ...(evictAfterMillis === undefined ? {} : { evictAfterMillis }),
      newId: this.newId,
      newCluster: this.newCluster,
      storage: place.storage,
      transport: this.transport,
      clock: nodeRuntime.clock,
      registry,
      codec: objectCodec,
      hash: hashOfSecret,
      hasher,
      warn: log,
      mayWatch,
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
    this.calls = new HttpCalls((link) => this.server.accept(link), addr, tokens.client);
  }

  get addr(): string {
    return this.options.addr;
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
    return { ...status, view: { ...status.view, members } };
  }

  /**
   * Reads the storage, founds or joins, and listens; the node need not be ready yet.
   * @throws StorageError, NobodyAnswered, Error
   */
  async start(): Promise<void> {
    const { boot, addr, place, tokens, log } = this.options;
    const probe = new WsPeerProbe({ id: this.newId, addr, token: tokens.peer, cluster: null });
    const others = (boot ?? []).filter((item) => item !== addr);
    await this.server.start(
      boot === null
        ? { type: "found" }
        : {
            type: "join",
            addrs: others.length === 0 ? [] : [others.join(",")],
            probe: new AnyProbe(probe, addr),
            timeoutMillis: joinMillisMax,
          },
    );
    this.hasStarted = true;
    const isOld = this.id !== this.newId;
    if (isOld) await this.greet(others);
    for (const note of this.server.notes) log(note);
    const app = httpApp({
      node: {
        status: () => this.status(),
        sessions: () => sessionList(this.server.machine),
        ready: () => this.server.ready,
        call: (request) => this.calls.call(request),
        watch: (object) => this.pages.open(object),
        state: async (object, slot) =>
          slot === null ? this.pages.state(object) : this.past.look(object, slot),
      },
      token: tokens.client,
      host: addr.replace(/:[0-9]+$/, "").replace(/^\[|\]$/g, ""),
    });
    place.listener.serve({
      id: this.server.id,
      cluster: this.server.cluster,
      tokens,
      members: () => this.status().view.members.map((member) => member.addr),
      fetch: (request, env) => app.fetch(request, env),
      peer: (ws, from, address, early) => this.transport.accept(ws, from, address, early),
      client: (link) => this.server.accept(link),
    });
    if (isOld) void this.greetUntilReady(others);
  }

  /**
   * With data in the folder the list only adds addresses. Those of another cluster show that one of both is wrong. The
   * others say where the members are now, and learn from the hello where this node is: any of them may have moved.
   */
  private async greet(list: readonly string[]): Promise<void> {
    const { id, cluster } = this;
    const { addr: own, tokens, place } = this.options;
    const addrs = list.length === 0 ? [] : await this.lookUp(list);
    const probe = new WsPeerProbe({ id, addr: own, token: tokens.peer, cluster });
    const asked = addrs.map((addr) => probe.ask(addr, { type: "askGenesis" }, checkMillisMax));
    for (const [i, result] of (await Promise.allSettled(asked)).entries()) {
      if (this.isOver) return;
      if (result.status === "fulfilled") {
        if (result.value.type === "genesis") this.server.meet(result.value.newest);
        continue;
      }
      const reason: unknown = result.reason;
      if (reason instanceof Refused && reason.code === "WRONG_CLUSTER")
        throw new Error(
          `the data in ${place.dir} is of cluster ${cluster}, ${addrs[i]} belongs to another one`,
        );
    }
  }

  private async lookUp(list: readonly string[]): Promise<readonly string[]> {
    try {
      return (await nodesOf(list.join(","), checkMillisMax)).filter((item) => item !== this.addr);
    } catch (error) {
      if (!(error instanceof LookUpFailed)) throw error;
      this.options.log(error.message);
      return [];
    }
  }

  /** Nodes that start together at new addresses find each other once both listen. */
  private async greetUntilReady(list: readonly string[]): Promise<void> {
    while (list.length > 0 && !this.isOver && !this.server.ready) {
      await pause(greetMillis, undefined, { ref: false });
      if (!this.isOver) await this.greet(list).catch((error: unknown) => this.options.log(String(error)));
    }
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
    try {
      this.pages.close();
      this.past.close();
      await this.calls.close();
      if (this.hasStarted) await this.server.stop();
      else await storage.close();
    } finally {
      this.options.code?.close();
      await listener.close();
    }
  }
}

/** SHA-256 in steps. */
function hasher(): Hasher {
  const hash = createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
}

/** SHA-256, hex, of the bytes that 32 hex digits stand for. */
function hashOfSecret(secret: string): string {
  return createHash("sha256").update(Buffer.from(secret, "hex")).digest("hex");
}
