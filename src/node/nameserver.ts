/**
 * A nameserver in this process: it follows the views of a cluster, is shown in them, and answers DNS from the newest
 * one, also while it is cut off. It has no log and no vote. The package's `nameserver()` and the command line use it.
 */
import type { Bootstraps } from "../shared/client/bootstrap.ts";
import type { ConcoordError } from "../shared/client/errors.ts";
import { ViewFollower } from "../shared/client/view-follower.ts";
import type { ClusterId, NodeId } from "../shared/paxos/ids.ts";
import type { View } from "../shared/paxos/view.ts";
import type { Gone } from "../shared/server/farewell.ts";
import { NameserverStanding } from "../shared/server/nameserver-standing.ts";
import { NobodyAnswered } from "../shared/server/start.ts";
import type { Status } from "../shared/server/status.ts";
import { nodeRuntime, runtimeOf } from "./client/runtime.ts";
import type { DnsServer } from "./dns/dns-server.ts";
import type { Names } from "./dns/names.ts";
import { httpApp } from "./http/app.ts";
import { Door } from "./http/callers.ts";
import { HttpError } from "./http/errors.ts";
import { StatusPages } from "./http/status-pages.ts";
import type { Log } from "./log/levels.ts";
import { type TraceLine, traced } from "./log/traced-transport.ts";
import type { Counts } from "./metrics/counts.ts";
import type { NameserverNotes } from "./nameserver-notes.ts";
import { nameserverStatus } from "./nameserver-status.ts";
import type { Tokens } from "./net/hello.ts";
import { PeerTransport } from "./net/peer-transport.ts";
import type { Place } from "./place.ts";

/** How long one that knows no view looks for a node of its list. */
const findMillisMax = 10_000;

/** Takes the views elsewhere: to Route 53, to the nameserver of the domain above. */
export interface ViewPublisher {
  /** Newer than every view before. */
  onView(view: View): void;
  /** One line for each thing that an operator should know. */
  readonly problems: readonly string[];
  stop(): void;
}

export interface NameserverParts {
  readonly place: Place;
  /** The address that views show: host:port of its HTTP. */
  readonly addr: string;
  readonly groups: readonly string[];
  readonly bootstraps: Bootstraps;
  readonly tokens: Tokens;
  readonly notes: NameserverNotes;
  readonly names: Names;
  /** Null for one that only publishes elsewhere. */
  readonly dns: DnsServer | null;
  readonly publisher: ViewPublisher | null;
  /** One line for the log. */
  readonly log: Log;
  /** How many lines no log took. */
  readonly linesDropped?: () => number;
  /** Each message between this node and others. */
  readonly trace?: TraceLine;
}

export class RunningNameserver {
  readonly id: NodeId;
  /** Resolves with why it stopped by itself: it is `Gone`, or of no use where it is. */
  readonly broken: Promise<unknown>;
  private readonly parts: NameserverParts;
  private readonly transport: PeerTransport;
  private readonly follower: ViewFollower;
  private readonly standing: NameserverStanding;
  private readonly startedAt = performance.now();
  private readonly isReady = Promise.withResolvers<void>();
  private readonly hasView = Promise.withResolvers<void>();
  private readonly isBroken = Promise.withResolvers<unknown>();
  private stopping: Promise<void> | null = null;
  private everFollowed = false;
  private keepProblem: string | null = null;
  private readonly pages = new StatusPages(() => this.status());

  constructor(parts: NameserverParts) {
    const { addr, groups, notes, names, dns, tokens, log } = parts;
    this.parts = parts;
    this.id = notes.id;
    this.broken = this.isBroken.promise;
    for (const { promise } of [this.isReady, this.hasView]) promise.catch(() => this.stopping);
    this.follower = this.makeFollower();
    // Nobody dials a nameserver: its hello names no address.
    this.transport = new PeerTransport({
      id: () => this.id,
      addr: "",
      cluster: () => this.cluster,
      token: tokens.peer,
      tls: parts.place.dial,
      warn: log,
    });
    const { clock } = nodeRuntime;
    const near = () => this.follower.node;
    this.standing = new NameserverStanding(
      {
        id: this.id,
        addr,
        domain: dns === null ? "" : names.domain,
        groups,
        transport: parts.trace === undefined ? this.transport : traced(this.transport, parts.trace),
        clock,
        near,
      },
      { onShown: () => this.look(), onRefused: log, onGone: (reason) => this.fail(reason) },
    );
  }

  get addr(): string {
    return this.parts.addr;
  }

  /** host:port of its DNS. */
  get dns(): string | null {
    return this.parts.dns?.addr ?? null;
  }

  /** Known once it has started. */
  get cluster(): ClusterId {
    if (this.follower.cluster === null) throw new Error("the cluster is not known yet");
    return this.follower.cluster;
  }

  /** @throws Error before it has started: it knows no view */
  status(): Status {
    const { follower, standing, parts } = this;
    if (follower.view === null) throw new Error("no view is known yet");
    const cutOff = parts.names.problems;
    const why = cutOff.length === 0 ? null : (follower.problem?.message ?? null);
    return nameserverStatus({
      id: this.id,
      addr: this.addr,
      cluster: this.cluster,
      uptimeMs: Math.round(performance.now() - this.startedAt),
      view: follower.view,
      leader: follower.leader,
      problems: [
        ...cutOff,
        ...[why, standing.problem, this.keepProblem].filter((text) => text !== null),
        ...(parts.publisher?.problems ?? []),
        ...(this.tls?.problems ?? []),
      ],
    });
  }

  private get counts(): Counts {
    return {
      status: this.status(),
      ready: this.standing.isShown,
      connections: null,
      traffic: { peers: this.transport.traffic },
      waitingBytes: this.transport.waitingBytes,
      linesDropped: this.parts.linesDropped?.() ?? 0,
      log: null,
    };
  }

  /** Null without TLS. */
  get tls() {
    return this.parts.place.tls;
  }

  /** Resolves when the newest view shows it; rejects when none ever will. */
  whenReady(): Promise<void> {
    return this.isReady.promise;
  }

  /**
   * Resolves when it answers: from the view of its last start, or from one that a node told.
   * @throws NobodyAnswered; Error when the nodes refuse it
   */
  async start(): Promise<void> {
    const { place, addr, tokens, notes } = this.parts;
    const app = httpApp({
      node: {
        status: () => (this.follower.view === null ? null : this.status()),
        sessions: () => ({ count: 0, list: [] }),
        ready: () => this.standing.isShown,
        counts: () => (this.follower.view === null ? null : this.counts),
        call: () => Promise.reject(noObjects()),
        watch: () => this.pages.open(),
        state: () => Promise.reject(noObjects()),
      },
      door: new Door({ tokens, authenticator: null, names: () => ({ members: [addr], allowed: [] }) }),
      names: this.parts.names,
    });
    place.listener.serveHttp((request, env) => app.fetch(request, env));
    this.standing.start();
    this.follower.start();
    if (notes.known !== null) this.viewed(notes.known.view);
    const late = setTimeout(() => {
      const why = this.follower.problem?.message ?? "nobody answers";
      this.hasView.reject(new NobodyAnswered(`no node of the list tells of a view: ${why}`));
    }, findMillisMax);
    await this.hasView.promise.finally(() => clearTimeout(late));
  }

  /** Releases port and folder. Never rejects for being called again. */
  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    const { place, dns, publisher } = this.parts;
    this.standing.stop();
    this.follower.close();
    publisher?.stop();
    this.pages.close();
    try {
      await dns?.close();
      await this.transport.close();
      await place.listener.close();
    } finally {
      await place.storage.close();
    }
  }

  private makeFollower(): ViewFollower {
    const { tls } = this;
    const { bootstraps, tokens, notes, names, log } = this.parts;
    const settings = { bootstraps, token: tokens.client, doh: null, known: notes.known };
    const runtime = tls === null ? nodeRuntime : runtimeOf(() => tls);
    return new ViewFollower(runtime, settings, {
      onView: (view, cluster) => {
        this.keep(view, cluster);
        this.viewed(view);
      },
      onRefused: (error) => this.refused(error),
      onCutOff: (since) => {
        this.everFollowed ||= since === null;
        names.cutOff(since !== null);
        if (since === null) log("follows the cluster");
        else log("cut off from the cluster", "warn");
        this.look();
      },
    });
  }

  private viewed(view: View): void {
    const { names, publisher } = this.parts;
    names.onView(view);
    publisher?.onView(view);
    this.standing.viewed(view);
    this.hasView.resolve();
  }

  private look(): void {
    if (this.standing.isShown && this.follower.cutOffSince === null) this.isReady.resolve();
  }

  /** Without its copy it answers as well: only a start while it is cut off would miss it. */
  private keep(view: View, cluster: ClusterId): void {
    try {
      this.parts.notes.keep({ cluster, view });
      this.keepProblem = null;
    } catch (error) {
      this.keepProblem = error instanceof Error ? error.message : String(error);
      this.parts.log(this.keepProblem, "error");
    }
  }

  /** Nodes that refuse it from the start show that something was given wrong; later it goes on from its copy. */
  private refused(error: ConcoordError): void {
    const { place, notes } = this.parts;
    this.parts.log(`${error.code} ${error.message}`, "warn");
    if (this.everFollowed) return;
    if (error.code === "WRONG_CLUSTER" && notes.known !== null)
      this.fail(
        new Error(`the data in ${place.dir} is of cluster ${notes.known.cluster}, the nodes of another one`),
      );
    else if (notes.known === null) this.fail(error);
  }

  private fail(reason: Error | Gone): void {
    this.hasView.reject(reason);
    this.isReady.reject(reason);
    this.isBroken.resolve(reason);
  }
}

function noObjects(): HttpError {
  return new HttpError(503, "NOT_EXECUTED", "a nameserver holds no objects");
}
