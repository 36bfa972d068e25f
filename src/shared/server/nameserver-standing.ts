/**
 * A nameserver's own membership. It holds no log: it knows of its standing by the views that it follows. It asks to be
 * shown for as long as it lives, for the leader hears of it in no other way. One that was evicted or replaced asks on;
 * one that an operator let leave is told so when it asks, and stops.
 */
import type { Clock, Timer } from "../clock.ts";
import { millis, type NodeId } from "../paxos/ids.ts";
import { type Member, takesPart, type View } from "../paxos/view.ts";
import type { PeerMessage } from "../wire/messages.ts";
import { isAsWanted, nameserverAsksMillis } from "./admission.ts";
import { Gone } from "./farewell.ts";
import type { Transport } from "./transport.ts";

/** How often it asks until it is shown, and at the least when the leader is impatient, ms. */
const soonMillis = 250;

export interface StandingOptions {
  readonly id: NodeId;
  /** host:port of its HTTP; also the host of its DNS. */
  readonly addr: string;
  readonly domain: string;
  /** What it shares with others and may lose together with them. */
  readonly groups?: readonly string[];
  /** To nodes; nobody dials back, so that its hello may name no address. */
  readonly transport: Transport;
  readonly clock: Clock;
  /** The node that tells of views, which certainly is reached; null while none does. */
  readonly near: () => NodeId | null;
}

export interface StandingEvents {
  /** The view shows it as it is, after it did not. */
  onShown(view: View): void;
  /** It is not shown, and why; told when the reason changes. It asks on. */
  onRefused(message: string): void;
  /** An operator let it leave: it has stopped, and the process should. */
  onGone(reason: Gone): void;
}

/**
 * @example
 * const standing = new NameserverStanding({ id, addr, domain, transport, clock, near: () => follower.node }, events);
 * standing.start(); // and `standing.viewed(view)` for each view that the follower tells of
 */
export class NameserverStanding {
  private readonly options: StandingOptions;
  private readonly events: StandingEvents;
  private readonly wanted: Member;
  private view: View | null = null;
  private refusal: string | null = null;
  private timer: Timer | null = null;
  private paceMillis = nameserverAsksMillis;
  private turn = 0;
  private wasShown = false;
  private over = false;

  constructor(options: StandingOptions, events: StandingEvents) {
    const { id, addr, domain, groups = [] } = options;
    this.options = options;
    this.events = events;
    this.wanted = { id, role: "nameserver", addr, domain, groups, away: false };
  }

  /** Whether the newest view shows it as it is. */
  get isShown(): boolean {
    const { self } = this;
    return self !== null && !self.away && isAsWanted(self, this.wanted);
  }

  /** What keeps it from being shown, for the status; null for nothing that is known. */
  get problem(): string | null {
    return this.isShown ? null : this.refusal;
  }

  start(): void {
    this.options.transport.start({
      receive: (_from, message) => this.receive(message),
      refused: () => undefined,
    });
  }

  /** A newer view was decided. */
  viewed(view: View): void {
    if (this.over) return;
    this.view = view;
    for (const m of view.members) if (takesPart(m)) this.options.transport.learn(m.id, m.addr);
    const { isShown, wasShown } = this;
    this.wasShown = isShown;
    // Marked away although it asked: the leader is less patient than most are.
    if (wasShown && this.self?.away === true) this.paceMillis = Math.max(soonMillis, this.paceMillis / 2);
    if (!isShown) return this.ask();
    if (this.timer === null) this.arm();
    if (wasShown) return;
    this.refusal = null;
    this.events.onShown(view);
  }

  /** It asks no more: after some time the leader marks it away. */
  stop(): void {
    this.over = true;
    this.timer?.cancel();
  }

  private get self(): Member | null {
    return this.view?.members.find((m) => m.id === this.wanted.id) ?? null;
  }

  private ask(): void {
    if (this.over || this.view === null) return;
    const { transport, near } = this.options;
    const nodes = this.view.members.filter(takesPart).map((m) => m.id);
    const inTurn = nodes.slice(this.turn++ % Math.max(1, nodes.length)).slice(0, 1);
    const nearest = near();
    // The nearest may reach nobody else.
    transport.send([...new Set(nearest === null ? inTurn : [nearest, ...inTurn])], {
      type: "askJoin",
      member: this.wanted,
    });
    transport.flush();
    this.arm();
  }

  private arm(): void {
    const { clock } = this.options;
    this.timer?.cancel();
    const after = this.isShown ? this.paceMillis : soonMillis;
    this.timer = clock.at(millis(clock.moment().now + after), () => this.ask());
  }

  private receive(message: PeerMessage): void {
    if (this.over || message.type !== "joinRefused" || message.id !== this.wanted.id) return;
    if (message.code === "CLOSED") {
      this.stop();
      return this.events.onGone(new Gone("left", message.message));
    }
    if (this.isShown || message.message === this.refusal) return;
    this.refusal = message.message;
    this.events.onRefused(message.message);
  }
}
