/**
 * Keeps a client connected to a node, to the leader if it can be reached. One link is current; a candidate takes its
 * place once the session is open on it, so that calls go on through the old one meanwhile. Knows no sessions and no
 * calls.
 */
import type { ClusterId } from "../paxos/ids.ts";
import type { CloseReason } from "../wire/link.ts";
import type { ServerMessage } from "../wire/messages.ts";
import { Addresses } from "./addresses.ts";
import { Backoff } from "./backoff.ts";
import type { Bootstraps } from "./bootstrap.ts";
import { ConcoordError, errorOf } from "./errors.ts";
import type { LinkUser } from "./link-user.ts";
import { LookUps } from "./look-ups.ts";
import { type LinkOwner, NodeLink } from "./node-link.ts";
import type { ClientRuntime } from "./runtime.ts";
import { redialMillis } from "./times.ts";
import { Watch, type Watched } from "./watch.ts";

export interface LinkSettings {
  readonly token: string | null;
  /** Where domains are looked up, as a URL; null for where it is usual. */
  readonly doh: string | null;
  /** The cluster that is known from before; any one unless given. */
  readonly cluster?: ClusterId | null;
}

export type { LinkUser };

/** What connections need of the machine. */
export type LinkRuntime = Pick<ClientRuntime, "clock" | "dialer" | "resolve" | "onWake">;

export class Connection implements LinkOwner, Watched {
  readonly #runtime: LinkRuntime;
  readonly #token: string | null;
  readonly #user: LinkUser;
  readonly #addresses: Addresses;
  readonly #lookUps: LookUps;
  readonly #redial: Backoff;
  readonly #watch: Watch;
  readonly #move: Backoff;
  #current: NodeLink | null = null;
  #candidate: NodeLink | null = null;
  /** Remembered from the first hello on. */
  cluster: ClusterId | null;
  #closed = false;
  #endWaking: (() => void) | undefined;
  /** Addresses tried since the last success. */
  #tries = 0;
  /** Where the last link was: the others are tried first, as a hung node takes long to be known as such. */
  #left: string | null = null;
  /** Whether any node ever said hello. */
  #everOpen = false;
  #everFailed = false;

  constructor(runtime: LinkRuntime, bootstraps: Bootstraps, settings: LinkSettings, user: LinkUser) {
    const { clock } = runtime;
    const { token, doh, cluster = null } = settings;
    this.#runtime = runtime;
    this.#token = token;
    this.cluster = cluster;
    this.#user = user;
    this.#addresses = new Addresses(bootstraps);
    const resolve = (domain: string) => runtime.resolve(domain, doh);
    this.#lookUps = new LookUps(bootstraps.domains, clock, resolve, () => this.#lookedUp());
    this.#redial = new Backoff(clock, redialMillis, () => this.#connect());
    this.#watch = new Watch(clock, this, user);
    this.#move = new Backoff(clock, redialMillis, () => this.#follow());
  }

  /** Begins to dial. */
  start(): void {
    this.#endWaking = this.#runtime.onWake?.(() => this.#woken());
    this.#connect();
  }

  /** The machine slept, or had no network: neither back-offs nor what the link was like count any more. */
  #woken(): void {
    this.#redial.reset();
    // It may be due already, and late: browsers slow down the timers of tabs that nobody looks at.
    const dials = this.#redial.isSet;
    this.#redial.clear();
    if (dials) this.#connect();
    this.#watch.doubt();
  }

  /** The link to send calls on. */
  get ready(): NodeLink | null {
    return this.#current?.ready ? this.#current : null;
  }

  /** Links whose hello is done. */
  get open(): readonly NodeLink[] {
    return this.links.filter((l) => l.state === "open");
  }

  /** Dialling failed, and never anything else. */
  get unreached(): boolean {
    return this.#everFailed && !this.#everOpen;
  }

  /** Why nothing may be answered now, for the cause of an error; null when nothing is known to be wrong. */
  get trouble(): ConcoordError | null {
    const link = this.#current;
    if (link?.state === "open") {
      if (link.leader !== null) return null;
      return new ConcoordError("NO_QUORUM", `${link.addr} answers, but knows no leader`, "unknown");
    }
    if (!this.#everOpen && !this.#everFailed)
      return new ConcoordError("TIMEOUT", "not connected yet", "unknown");
    return this.#lookUps.unreachable(this.#addresses);
  }

  /** The session is open on this link. */
  setReady(link: NodeLink): void {
    if (link !== this.#current && link !== this.#candidate) return;
    link.ready = true;
    if (link === this.#candidate) {
      this.#candidate = null;
      this.#current?.close();
      this.#current = link;
    }
    this.#tries = 0;
    this.#redial.reset();
    this.answered();
    this.#user.connected();
    this.#follow();
  }

  /** The session ended: no link is ready any more. */
  unready(): void {
    for (const link of this.open) link.ready = false;
  }

  /** The node did what was asked. */
  answered(): void {
    this.#watch.answered();
  }

  /** Something is awaited from now on: the node's silence is noticed soon. */
  hurry(): void {
    if (!this.#closed) this.#watch.hurry();
  }

  members(link: NodeLink, message: Extract<ServerMessage, { readonly type: "members" }>): void {
    this.#addresses.learn(message);
    link.leader = message.leader;
    link.leaderAddr = this.#addresses.leaderOf(message);
    this.#follow();
  }

  close(): void {
    this.#closed = true;
    this.#redial.clear();
    this.#move.clear();
    this.#watch.stop();
    this.#endWaking?.();
    this.#current?.close();
    this.#candidate?.close();
    this.#current = null;
    this.#candidate = null;
  }

  linkOpen(link: NodeLink, cluster: ClusterId): void {
    this.cluster ??= cluster;
    this.#everOpen = true;
    this.#addresses.notWrong(link.addr);
    this.#addresses.problem = null;
    // The same node under another address: it would take the session from the link that has it.
    if (link === this.#candidate && link.node === this.#current?.node) return this.leave(link);
    this.#user.greet(link);
  }

  linkReceived(link: NodeLink, messages: readonly ServerMessage[]): void {
    this.#user.receive(link, messages);
  }

  linkClosed(link: NodeLink, reason: CloseReason): void {
    if (this.#closed) return;
    this.#everFailed = true;
    if (reason?.code === "UNREACHABLE") this.#addresses.problem = `${link.addr}: ${reason.message}`;
    if (link === this.#candidate) {
      this.#candidate = null;
      return this.#move.setNext();
    }
    if (link !== this.#current) return;
    if (link.node !== null) this.#left = link.addr;
    this.#current = this.#candidate;
    this.#candidate = null;
    if (this.#isFinal(link, reason)) {
      return this.#user.failed(errorOf(reason ?? { code: "UNREACHABLE", message: "" }, "no"));
    }
    this.#user.disconnected();
    if (this.#current === null) this.#again();
  }

  /** Only what the hello says is final: later refusals may be about what was under way when a session ended. */
  #isFinal(link: NodeLink, reason: CloseReason): boolean {
    if (link.node !== null) return false;
    const code = reason?.code;
    if (code === "WRONG_CLUSTER") return this.#addresses.isWrong(link.addr);
    this.#addresses.notWrong(link.addr);
    return code === "DENIED" || code === "VERSION";
  }

  /** All addresses were tried since the last success, or none. */
  get #newRound(): boolean {
    return this.#tries % Math.max(1, this.#addresses.all.length) === 0;
  }

  /** Tries the next address: at once within a round, after a pause when all were tried. */
  #again(): void {
    if (this.#newRound) this.#redial.setNext();
    else this.#redial.set(0);
  }

  /** Domains are looked up meanwhile: what is known is tried at once. */
  #connect(): void {
    if (this.#newRound) this.#lookUps.refresh();
    this.#dialNext();
  }

  #lookedUp(): void {
    const haveNew = this.#addresses.resolve(this.#lookUps.addresses);
    this.#everFailed ||= this.#addresses.all.length === 0;
    if (this.#current !== null || (!haveNew && this.#redial.isSet)) return;
    this.#redial.clear();
    this.#dialNext();
  }

  #dialNext(): void {
    if (this.#closed || this.#current !== null) return;
    const others = this.#tries < this.#addresses.all.length - 1;
    const addr = this.#addresses.next(others ? this.#left : null);
    if (addr === null) {
      // Only domains were given, and none of them has led anywhere yet.
      if (!this.#lookUps.areUnderWay) this.#redial.setNext();
      return;
    }
    this.#tries++;
    this.#current = this.#dial(addr);
  }

  #dial(addr: string): NodeLink {
    const link = new NodeLink(addr, this);
    // Not within this call: a dialer may answer at once, and the link must be known before.
    this.#runtime.clock.soon(() => {
      if (link.state === "dialing") link.dial(this.#runtime.dialer, this.cluster, this.#token);
    });
    this.hurry();
    return link;
  }

  /** Goes to the leader, if the node that we are connected to names another one. */
  #follow(): void {
    const link = this.#current;
    if (link === null || !link.ready || this.#candidate !== null || this.#move.isSet) return;
    if (link.leader === null || link.leaderAddr === null) return;
    if (link.leader === link.node) return this.#move.reset();
    // Also when it succeeds: two nodes that name each other must not make us run to and fro without a pause.
    this.#move.setNext();
    this.#candidate = this.#dial(link.leaderAddr);
  }

  get links(): readonly NodeLink[] {
    return [this.#current, this.#candidate].filter((l) => l !== null);
  }

  get failures(): number {
    return this.#redial.failures;
  }

  leave(link: NodeLink): void {
    link.close();
    this.linkClosed(link, null);
  }

  stalled(link: NodeLink): void {
    this.#user.nudge(link);
    this.#lookUps.refresh();
    if (this.#candidate !== null) return;
    // Behind the only address there may be several nodes, as behind a relay.
    this.#candidate = this.#dial(this.#addresses.next(link.addr) ?? link.addr);
  }
}
