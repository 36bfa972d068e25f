/**
 * Follows the views of a cluster without a session: nameservers do. It stays connected to a node, to the leader where
 * it can, and for ever: refused or cut off, it keeps the newest view that it was told of and goes on trying. A node
 * that is behind tells of older views, which are passed over.
 */
import type { ClusterId, Millis, NodeId } from "../paxos/ids.ts";
import type { View } from "../paxos/view.ts";
import type { ServerMessage } from "../wire/messages.ts";
import { schemeOf } from "./addresses.ts";
import { Backoff } from "./backoff.ts";
import type { Bootstraps } from "./bootstrap.ts";
import { Connection, type LinkRuntime, type LinkUser } from "./connection.ts";
import type { ConcoordError } from "./errors.ts";
import type { NodeLink } from "./node-link.ts";

const keepAliveMillis = 500;
/** Until a cluster that refused is asked again. */
const refusedMillis = 1_000;
const refusedMillisMax = 30_000;

export interface FollowerSettings {
  readonly bootstraps: Bootstraps;
  /** What lets clients in; null for none. */
  readonly token: string | null;
  /** Where domains are looked up, as a URL; null for where it is usual. */
  readonly doh: string | null;
  /** What was known when this program ended: the cluster, and its newest view. */
  readonly known?: { readonly cluster: ClusterId; readonly view: View } | null;
}

export interface FollowerEvents {
  /** A newer view; `cluster` never changes. */
  onView(view: View, cluster: ClusterId): void;
  /** The nodes will not have it: WRONG_CLUSTER, DENIED, VERSION. It tries again, less and less often. */
  onRefused(error: ConcoordError): void;
  /** `cutOffSince` is another one. */
  onCutOff?(since: Millis | null): void;
}

/**
 * @example
 * const follower = new ViewFollower(runtime, { bootstraps: parseBootstrap("10.0.0.1:14000"), token, doh: null }, {
 *   onView: (view) => publish(view), onRefused: (error) => log(error.message) });
 * follower.start();
 */
export class ViewFollower implements LinkUser {
  /** The newest view that it was told of; null before the first one. */
  view: View | null;
  /** Since when no node that knows a leader is connected: views may have changed. Null while one is. */
  cutOffSince: Millis | null;
  readonly ttl = 3 * keepAliveMillis;
  readonly feeds = null;
  private readonly runtime: LinkRuntime;
  private readonly settings: FollowerSettings;
  private readonly events: FollowerEvents;
  private readonly again: Backoff;
  private connection: Connection;
  private refusal: ConcoordError | null = null;
  private closed = false;

  constructor(runtime: LinkRuntime, settings: FollowerSettings, events: FollowerEvents) {
    this.runtime = runtime;
    this.settings = settings;
    this.events = events;
    this.view = settings.known?.view ?? null;
    this.cutOffSince = runtime.clock.moment().now;
    this.again = new Backoff(runtime.clock, refusedMillis, () => this.start(), refusedMillisMax);
    this.connection = this.connect(settings.known?.cluster ?? null);
  }

  /** The number of the newest view; 0 before the first one. */
  get number(): number {
    return this.view?.number ?? 0;
  }

  /** The cluster that it follows, from the first hello on. */
  get cluster(): ClusterId | null {
    return this.connection.cluster;
  }

  /** The node that tells it of views; null while none does. */
  get node(): NodeId | null {
    return this.connection.ready?.node ?? null;
  }

  /** Who leads, as far as the node knows that tells it of views. */
  get leader(): NodeId | null {
    return this.connection.ready?.leader ?? null;
  }

  /** Why the view may be old, for the status; null while nothing is known to be wrong. */
  get problem(): ConcoordError | null {
    return this.refusal ?? this.connection.trouble;
  }

  start(): void {
    if (!this.closed) this.connection.start();
  }

  close(): void {
    this.closed = true;
    this.again.clear();
    this.connection.close();
  }

  /** A view, or that the node knows a leader again: what it tells may be old meanwhile. */
  get waiting(): boolean {
    return this.cutOffSince !== null;
  }

  greet(link: NodeLink): void {
    link.send({ type: "follow" });
    link.flush();
  }

  receive(link: NodeLink, messages: readonly ServerMessage[]): void {
    for (const message of messages) {
      if (message.type === "members") this.connection.members(link, message);
      else if (message.type === "view") this.told(link, message.view);
    }
    this.look();
  }

  nudge(link: NodeLink): void {
    this.greet(link);
  }

  connected(): void {
    this.refusal = null;
    this.again.reset();
    this.look();
  }

  disconnected(): void {
    this.look();
  }

  /** A connection gives up for good; views are followed for as long as the program runs. */
  failed(error: ConcoordError): void {
    const { cluster } = this.connection;
    this.connection.close();
    this.refusal = error;
    this.again.setNext();
    this.connection = this.connect(cluster);
    this.look();
    this.events.onRefused(error);
  }

  private told(link: NodeLink, view: View): void {
    const { cluster } = this.connection;
    this.connection.setReady(link);
    if (view.number <= this.number || cluster === null) return;
    this.view = view;
    this.events.onView(view, cluster);
  }

  private look(): void {
    const { ready } = this.connection;
    const before = this.cutOffSince;
    if (ready !== null && ready.leader !== null) this.cutOffSince = null;
    else this.cutOffSince ??= this.runtime.clock.moment().now;
    if (this.cutOffSince !== before) this.events.onCutOff?.(this.cutOffSince);
    if (this.waiting) this.connection.hurry();
  }

  /** Begins with the members of the newest view, where it knows one; another one first each time that it is refused. */
  private connect(cluster: ClusterId | null): Connection {
    const { bootstraps, token, doh } = this.settings;
    const withScheme = schemeOf(bootstraps.addresses);
    const members = this.view?.members ?? [];
    const nodes = members.filter((m) => m.role === "replica" || m.role === "learner");
    const all = [...new Set([...bootstraps.addresses, ...nodes.map(({ addr }) => withScheme(addr))])];
    const at = this.again.failures % Math.max(1, all.length);
    const addresses = [...all.slice(at), ...all.slice(0, at)];
    const { domains } = bootstraps;
    return new Connection(this.runtime, { addresses, domains }, { token, doh, cluster }, this);
  }
}
