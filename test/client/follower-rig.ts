/** Nodes that tell a follower what a test says, in virtual time. */
import { parseBootstrap } from "../../src/shared/client/bootstrap.ts";
import { ViewFollower } from "../../src/shared/client/view-follower.ts";
import { type ClusterId, clusterId, type NodeId } from "../../src/shared/paxos/ids.ts";
import type { View } from "../../src/shared/paxos/view.ts";
import type { ClientLink, ClientLinkEvents, CloseReason, Dialer } from "../../src/shared/wire/link.ts";
import type { ServerMessage } from "../../src/shared/wire/messages.ts";
import { id, view } from "../paxos/case.ts";
import { VirtualClock } from "./virtual-clock.ts";

const hopMillis = 1;

export class Teller {
  readonly name: string;
  up = true;
  /** Takes everything and says nothing. */
  hung = false;
  /** What its hello is answered with instead. */
  rejects: CloseReason = null;
  cluster: ClusterId = clusterId("c".repeat(32));
  leader: NodeId | null = id("a");
  view: View = view("abc", 4);
  dials = 0;
  readonly links = new Set<ClientLinkEvents>();
  private readonly clock: VirtualClock;

  constructor(name: string, clock: VirtualClock) {
    this.name = name;
    this.clock = clock;
  }

  /** To all that are connected. */
  say(...messages: readonly ServerMessage[]): void {
    for (const events of this.links) this.answer(events, messages);
  }

  answer(events: ClientLinkEvents, messages: readonly ServerMessage[]): void {
    this.clock.after(hopMillis, () => {
      if (!this.hung && this.links.has(events)) events.receive(messages);
    });
  }

  /** Who leads, as this node knows now. */
  get members(): ServerMessage {
    const { number, members } = this.view;
    return { type: "members", id: id(this.name), leader: this.leader, view: number, members };
  }

  /** It tells of its view again. */
  tell(): void {
    this.say(this.members, { type: "view", view: this.view });
  }

  down(): void {
    this.up = false;
    for (const events of this.links) events.closed(null);
    this.links.clear();
  }
}

/** A follower, and the nodes a, b and c at a:1, b:1 and c:1. */
export class Scene implements Dialer {
  readonly clock = new VirtualClock(3);
  readonly a = new Teller("a", this.clock);
  readonly b = new Teller("b", this.clock);
  readonly c = new Teller("c", this.clock);
  readonly follower: ViewFollower;
  /** The numbers of the views that it told of, and the codes of what it was refused with. */
  readonly told: number[] = [];
  readonly refused: string[] = [];

  constructor(bootstrap: string, known: { readonly cluster: ClusterId; readonly view: View } | null = null) {
    const runtime = {
      clock: this.clock,
      dialer: this,
      resolve: () => Promise.resolve({ addresses: [], ttlMillis: 0 }),
    };
    const settings = { bootstraps: parseBootstrap(bootstrap), token: null, doh: null, known };
    this.follower = new ViewFollower(runtime, settings, {
      onView: (newer) => this.told.push(newer.number),
      onRefused: (error) => this.refused.push(error.code),
    });
    this.follower.start();
  }

  get all(): readonly Teller[] {
    return [this.a, this.b, this.c];
  }

  /** The name of the node that tells it of views. */
  get near(): string | null {
    return this.all.find(({ name }) => this.follower.node === id(name))?.name ?? null;
  }

  dial(addr: string, cluster: ClusterId | null, _token: string | null, events: ClientLinkEvents): ClientLink {
    const node = this.all.find(({ name }) => addr === `${name}:1`);
    this.clock.after(hopMillis, () => {
      if (node !== undefined) node.dials++;
      if (node?.up !== true) return events.closed(null);
      if (node.rejects !== null) return events.closed(node.rejects);
      if (cluster !== null && cluster !== node.cluster)
        return events.closed({ code: "WRONG_CLUSTER", message: "another cluster" });
      if (node.hung) return;
      node.links.add(events);
      events.open(node.cluster, id(node.name));
    });
    return {
      send: ({ type }) => {
        if (type === "follow") node?.answer(events, [node.members, { type: "view", view: node.view }]);
        if (type === "ping") node?.answer(events, [{ type: "pong" }]);
      },
      flush: () => undefined,
      close: () => void node?.links.delete(events),
    };
  }
}
