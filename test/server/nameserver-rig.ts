/** Nameservers beside the nodes of membership-rig.ts: real followers and standings, and links that a test may break. */
import { ViewFollower } from "../../src/shared/client/view-follower.ts";
import { type NodeId, nodeId } from "../../src/shared/paxos/ids.ts";
import { NameserverStanding } from "../../src/shared/server/nameserver-standing.ts";
import type { ClientLinkEvents, Dialer, ServerLinkEvents } from "../../src/shared/wire/link.ts";
import type { ServerMessage } from "../../src/shared/wire/messages.ts";
import type { Nodes } from "./membership-rig.ts";

const hopMillis = 1;
let made = 0;

export class Named {
  readonly id: NodeId;
  readonly follower: ViewFollower;
  readonly standing: NameserverStanding;
  /** What it was told, in order: "shown 4", "refused …", "gone left". */
  readonly told: string[] = [];
  /** Names of the nodes that it reaches. */
  reaches: string;
  private readonly nodes: Nodes;

  constructor(nodes: Nodes, addr: string, reaches: string, domain = "d.example", id?: NodeId) {
    const { clock } = nodes;
    this.nodes = nodes;
    this.reaches = reaches;
    this.id = id ?? nodeId((0xf000 + ++made).toString(16).padStart(16, "0"));
    const addresses = [...nodes.hosts.values()].map((host) => host.addr);
    const runtime = { clock, dialer: this.dialer, resolve: () => Promise.reject(new Error("no domains")) };
    const settings = { bootstraps: { addresses, domains: [] }, token: null, doh: null };
    this.follower = new ViewFollower(runtime, settings, {
      onView: (view) => this.standing.viewed(view),
      onRefused: (error) => this.told.push(`refused ${error.code}`),
    });
    // Two may claim one address; what is sent to them comes back on their own connections.
    const within = nodes.transport(this.id, () => this.id);
    const transport = {
      ...within,
      // What goes to a node that it does not reach is lost.
      send: (to: readonly NodeId[], message: Parameters<typeof within.send>[1]) =>
        within.send(
          to.filter((peer) => this.reachesNode(peer)),
          message,
        ),
    };
    const near = () => this.follower.node;
    this.standing = new NameserverStanding(
      { id: this.id, addr, domain, transport, clock, near },
      {
        onShown: (view) => this.told.push(`shown ${view.number}`),
        onRefused: (message) => this.told.push(`refused ${message}`),
        onGone: ({ reason }) => this.told.push(`gone ${reason}`),
      },
    );
    this.standing.start();
    this.follower.start();
  }

  kill(): void {
    this.standing.stop();
    this.follower.close();
  }

  shown(): Promise<void> {
    return this.nodes.clock.until(() => this.standing.isShown, "a nameserver that is shown");
  }

  private reachesNode(peer: NodeId): boolean {
    return [...this.nodes.hosts.values()].some((h) => h.server?.id === peer && this.reaches.includes(h.name));
  }

  private get dialer(): Dialer {
    const { nodes } = this;
    const later = (run: () => void) => nodes.clock.after(hopMillis, run);
    return {
      dial: (addr, _cluster, _token, events: ClientLinkEvents) => {
        const host = [...nodes.hosts.values()].find((h) => h.addr === addr);
        let server: ServerLinkEvents | null = null;
        let down: ServerMessage[] = [];
        const start = host?.starts;
        const lives = () => host?.server != null && host.starts === start && this.reaches.includes(host.name);
        later(() => {
          if (host === undefined || !lives() || host.server === null) return events.closed(null);
          events.open(host.server.cluster, host.server.id);
          server = host.server.accept({
            send: (message) => void down.push(message),
            flush: () => {
              const frame = down;
              down = [];
              later(() => {
                if (lives()) events.receive(frame);
              });
            },
            close: (reason) => later(() => events.closed(reason)),
          });
        });
        return {
          send: (message) =>
            later(() => {
              if (lives()) server?.receive([message]);
            }),
          flush: () => undefined,
          close: () => server?.closed(),
        };
      },
    };
  }
}
