/** A simulated nameserver's process: it follows views and is a member, through the real code. */
import { parseBootstrap } from "../client/bootstrap.ts";
import { ViewFollower } from "../client/view-follower.ts";
import { type ClusterId, must, type NodeId } from "../paxos/ids.ts";
import type { View } from "../paxos/view.ts";
import { NameserverStanding } from "../server/nameserver-standing.ts";
import type { LinkNet } from "./links.ts";
import type { Process } from "./machine.ts";
import { makeTransport, type PeerNet } from "./peers.ts";
import { simRuntime } from "./sim-runtime.ts";

/** What it keeps over restarts, where it keeps anything. */
export interface Copy {
  readonly id: NodeId;
  readonly known: { readonly cluster: ClusterId; readonly view: View } | null;
}

export interface NameserverEvents {
  /** A newer view. @throws what is not true of it */
  viewed(view: View): void;
  /** An operator let it leave. */
  gone(): void;
}

export interface Nets {
  readonly peers: PeerNet;
  readonly links: LinkNet;
}

export class SimNameserver {
  readonly id: NodeId;
  readonly follower: ViewFollower;
  readonly standing: NameserverStanding;

  constructor(
    process: Process,
    { id, known }: Copy,
    nets: Nets,
    bootstrap: string,
    events: NameserverEvents,
  ) {
    const { addr } = process.machine;
    const runtime = simRuntime(nets.links, process, bootstrap);
    const settings = { bootstraps: parseBootstrap(bootstrap), token: null, doh: null, known };
    this.id = id;
    this.follower = new ViewFollower(runtime, settings, {
      onView: (view) => {
        events.viewed(view);
        this.standing.viewed(view);
      },
      onRefused: (error) => must(false, `a nameserver is refused: ${error.message}`),
    });
    const transport = makeTransport(nets.peers, process);
    const near = () => this.follower.node;
    const options = { id, addr, domain: "sim.example", transport, clock: runtime.clock, near };
    this.standing = new NameserverStanding(options, {
      onShown: () => undefined,
      onRefused: () => undefined,
      onGone: () => events.gone(),
    });
  }

  start(): void {
    this.standing.start();
    this.follower.start();
    // A copy from before tells whom to ask.
    if (this.follower.view !== null) this.standing.viewed(this.follower.view);
  }

  stop(): void {
    this.standing.stop();
    this.follower.close();
  }

  /** What it would keep. */
  get copy(): Copy {
    const { view, cluster } = this.follower;
    return { id: this.id, known: view === null || cluster === null ? null : { cluster, view } };
  }
}
