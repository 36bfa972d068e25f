/** Nodes in virtual time on a network in memory: they come, go, move and lose their disks. */
import type { Clock } from "../../src/shared/clock.ts";
import type { Registry } from "../../src/shared/object/registry.ts";
import { clusterId, type NodeId, nodeId } from "../../src/shared/paxos/ids.ts";
import type { Role } from "../../src/shared/paxos/view.ts";
import type { CodeKeeper } from "../../src/shared/server/code-keeper.ts";
import { Server } from "../../src/shared/server/server.ts";
import { type SnapshotPace, snapshotPace } from "../../src/shared/server/snapshots.ts";
import type { Boot } from "../../src/shared/server/start.ts";
import type { PeerProbe, Transport, TransportEvents } from "../../src/shared/server/transport.ts";
import type { PeerMessage } from "../../src/shared/wire/messages.ts";
import { objectCodec } from "../../src/shared/wire/values.ts";
import { VirtualClock } from "../client/virtual-clock.ts";
import { counterOf, hash, hasher, Kept } from "./rig.ts";

const hopMillis = 1;
const askMillis = 20_000;

/** A machine: its address, and the disk that outlives its process. */
export interface Host {
  readonly name: string;
  addr: string;
  role: Role;
  groups: readonly string[];
  disk: Kept;
  /** The classes that it is given. */
  registry: Registry;
  /** Keeps code in several versions; null for none. */
  keeper: CodeKeeper | null;
  server: Server | null;
  /** How often its process was started. */
  starts: number;
  /** Why the server stopped by itself. */
  stopped: unknown;
}

interface Listening {
  readonly id: NodeId;
  readonly events: TransportEvents;
  /** Where others listen, as far as this node was told. */
  readonly known: Map<NodeId, string>;
}

export class Nodes {
  readonly clock = new VirtualClock(7);
  readonly hosts = new Map<string, Host>();
  private readonly listening = new Map<string, Listening>();
  private readonly evictAfterMillis: number;
  private readonly pace: SnapshotPace;
  private made = 0;

  constructor(evictAfterMillis = 30_000, pace = snapshotPace) {
    this.evictAfterMillis = evictAfterMillis;
    this.pace = pace;
  }

  /** The one that leads. @throws Error when there is none */
  get leader(): Host {
    const found = [...this.hosts.values()].find(({ server }) => server?.node.leader.ready === true);
    if (found === undefined) throw new Error("nobody leads");
    return found;
  }

  /** Addresses of the newest view that any node knows, with roles and marks: "a:1", "b:1 acceptor", "c:1 away". */
  get view(): string {
    const views = [...this.hosts.values()].flatMap(({ server }) => server?.node.views.newest ?? []);
    const newest = views.reduce((x, y) => (y.number > x.number ? y : x));
    const text = newest.members.map(({ addr, role, away, groups }) =>
      [addr, ...(role === "replica" ? [] : [role]), ...(away ? ["away"] : []), ...groups].join(" "),
    );
    return text.join(", ");
  }

  at(name: string): Host {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`there is no host ${name}`);
    return host;
  }

  server(name: string): Server {
    const { server } = this.at(name);
    if (server === null) throw new Error(`${name} is down`);
    return server;
  }

  /** The id of a node that runs. */
  id(name: string): NodeId {
    return this.server(name).id;
  }

  /** Starts the hosts called by letters, one after the other; the first one of all founds. */
  async start(names: string, role: Role = "replica"): Promise<void> {
    for (const name of names) {
      this.add(name, role);
      await this.run(name);
      await this.ready(name);
    }
  }

  /** A host with an empty disk; one that is there already stays as it is. */
  add(name: string, role: Role = "replica"): Host {
    const rest = {
      groups: [],
      registry: counterOf(""),
      keeper: null,
      server: null,
      starts: 0,
      stopped: null,
    };
    const host = this.hosts.get(name) ?? { name, addr: `${name}:1`, role, disk: new Kept(), ...rest };
    this.hosts.set(name, host);
    return host;
  }

  /** Starts a host; it may not be ready yet. @throws what its start throws */
  async run(name: string): Promise<void> {
    const host = this.at(name);
    const { addr, role, groups, disk, registry, keeper } = host;
    const start = ++host.starts;
    const newId = nodeId((++this.made).toString(16).padStart(16, "0"));
    const server: Server = new Server({
      addr,
      role,
      groups,
      evictAfterMillis: this.evictAfterMillis,
      newId,
      newCluster: clusterId("c".repeat(32)),
      storage: disk,
      transport: this.transport(addr, () => server.id),
      clock: this.while(() => host.starts === start),
      registry,
      keeper,
      pace: this.pace,
      codec: objectCodec,
      hash,
      hasher,
      version: "0",
      onStop: (reason) => {
        host.stopped = reason;
        this.kill(name);
      },
    });
    const others = [...this.hosts.values()].map((other) => other.addr).filter((other) => other !== addr);
    const probe = this.probe(newId);
    const isFirst = this.made === 1;
    const boot: Boot = isFirst
      ? { type: "found" }
      : { type: "join", addrs: others, probe, timeoutMillis: 100 };
    await this.settled(server.start(boot));
    host.server = server;
  }

  ready(name: string): Promise<void> {
    return this.clock.until(() => this.at(name).server?.ready === true, `${name} is ready`);
  }

  /** Its process is gone; what it sends from now on reaches nobody. */
  kill(name: string): void {
    const host = this.at(name);
    this.listening.delete(host.addr);
    const id = host.server?.id;
    host.starts++;
    host.server = null;
    if (id === undefined) return;
    for (const { events } of this.listening.values()) events.refused(id);
  }

  wipe(name: string): void {
    this.at(name).disk = new Kept();
  }

  /** Says something to the node at a host, and waits for no answer. */
  tell(name: string, from: NodeId, message: PeerMessage): void {
    this.listening.get(this.at(name).addr)?.events.receive(from, message, () => undefined);
  }

  /** A node says to another one where it listens, as every hello does. */
  greet(from: string, to: string): void {
    this.listening.get(this.at(to).addr)?.known.set(this.id(from), this.at(from).addr);
  }

  /** Asks the node at a host; resolves with its answer. */
  ask(name: string, message: PeerMessage): Promise<PeerMessage> {
    return this.settled(this.probe(nodeId("f".repeat(16))).ask(this.at(name).addr, message, askMillis));
  }

  /** Lets time pass until the promise is settled. */
  private async settled<T>(promise: Promise<T>): Promise<T> {
    let over = false;
    const done = () => {
      over = true;
    };
    promise.then(done, done);
    await this.clock.until(() => over, "an answer");
    return promise;
  }

  /** The clock of a process: what it planned does not happen once it is gone. */
  private while(lives: () => boolean): Clock {
    const only = (run: () => void) => () => {
      if (lives()) run();
    };
    return {
      moment: () => this.clock.moment(),
      at: (at, run) => this.clock.at(at, only(run)),
      soon: (run) => this.clock.soon(only(run)),
    };
  }

  private probe(from: NodeId): PeerProbe {
    return {
      ask: (addr, message) =>
        new Promise((resolve, reject) => {
          this.clock.after(hopMillis, () => {
            const there = this.listening.get(addr);
            if (there === undefined) reject(new Error("connection refused"));
            else
              there.events.receive(from, message, (answer) =>
                this.clock.after(hopMillis, () => resolve(answer)),
              );
          });
        }),
    };
  }

  /** A message reaches whoever listens at the address, if that is the node that is meant. */
  transport(addr: string, self: () => NodeId): Transport {
    const known = new Map<NodeId, string>();
    let own: Listening | null = null;
    const isUp = () => own !== null && this.listening.get(addr) === own;
    const deliver = (to: NodeId, message: PeerMessage) => {
      this.clock.after(hopMillis, () => {
        const there = this.listening.get(known.get(to) ?? "");
        if (!isUp() || there?.id !== to) return;
        there.known.set(self(), addr);
        there.events.receive(self(), message, (answer) =>
          this.clock.after(hopMillis, () => {
            if (isUp()) own?.events.receive(to, answer, () => undefined);
          }),
        );
      });
    };
    return {
      start: (events) => {
        own = { id: self(), events, known };
        this.listening.set(addr, own);
      },
      learn: (peer, at) => void known.set(peer, at),
      send: (to, message) => {
        for (const peer of to) deliver(peer, message);
      },
      flush: () => undefined,
      close: async () => {
        if (isUp()) this.listening.delete(addr);
      },
    };
  }
}
