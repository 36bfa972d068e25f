/** The peers' side of the simulated network: a Transport for each process, and the newcomers' probe. */

import type { NodeId } from "../paxos/ids.ts";
import type { PeerProbe, Transport, TransportEvents } from "../server/transport.ts";
import { joinFrame } from "../wire/codec.ts";
import type { PeerMessage } from "../wire/messages.ts";
import { decodePeerFrame, encodePeer } from "../wire/peer-codec.ts";
import type { Freezer } from "./freezer.ts";
import type { Machine, Process } from "./machine.ts";
import type { Network } from "./network.ts";

export interface PeerWatch {
  /** Called before a message leaves a process. */
  sent(process: Process, message: PeerMessage): void;
}

/** All that is shared by the peers of one world. */
export interface PeerNet {
  readonly network: Network;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly watch: PeerWatch;
  readonly freezer: Freezer;
  /** Whether messages travel as bytes, through the real codec, or as frozen objects. */
  readonly coded: boolean;
}

export class SimTransport implements Transport {
  private readonly net: PeerNet;
  private readonly process: Process;
  private readonly addrs = new Map<NodeId, string>();
  private readonly queues = new Map<NodeId, PeerMessage[]>();
  /** Peers that were found down and did not come back since. */
  private readonly down = new Set<NodeId>();

  constructor(net: PeerNet, process: Process) {
    this.net = net;
    this.process = process;
  }

  start(events: TransportEvents): void {
    this.process.peers = events;
  }

  learn(peer: NodeId, addr: string): void {
    if (addr !== this.process.machine.addr) this.addrs.set(peer, addr);
  }

  /** A peer said in its hello where it listens. */
  meet(peer: NodeId, addr: string): void {
    this.learn(peer, addr);
  }

  send(to: readonly NodeId[], message: PeerMessage): void {
    if (to.length === 0 || !this.process.alive) return;
    this.net.watch.sent(this.process, message);
    if (!this.net.coded) this.net.freezer.freeze(message);
    for (const id of to) {
      if (!this.addrs.has(id) || this.net.network.loses(message.type)) continue;
      const queue = this.queues.get(id);
      if (queue === undefined) this.queues.set(id, [message]);
      else queue.push(message);
    }
  }

  flush(): void {
    for (const [id, messages] of this.queues) {
      if (this.net.network.weather.separate) for (const message of messages) this.frame(id, [message]);
      else this.frame(id, messages);
    }
    this.queues.clear();
  }

  close(): Promise<void> {
    this.process.peers = null;
    return Promise.resolve();
  }

  /** The peer's machine says that nobody listens. */
  refused(peer: NodeId): void {
    if (this.down.has(peer) || !this.addrs.has(peer)) return;
    this.down.add(peer);
    this.process.peers?.refused(peer);
  }

  private frame(id: NodeId, messages: readonly PeerMessage[]): void {
    const { network, machines } = this.net;
    const target = machines.get(this.addrs.get(id) ?? "");
    const from = this.process.id;
    if (target === undefined || from === null) return;
    const packed = pack(this.net, messages);
    network.carry(this.process.machine, target, (process) => {
      if (process !== null) {
        this.down.delete(id);
        if (process.id === id) deliver(this.net, process, from, this.process, packed());
      } else if (network.weather.refusals && !network.isBroken(this.process.machine, target)) {
        network.agenda.after(network.latency(), this.process, () => this.refused(id));
      }
    });
  }
}

/** What arrives: each time anew, since it may arrive twice. */
function pack(net: PeerNet, messages: readonly PeerMessage[]): () => readonly PeerMessage[] {
  if (!net.coded) {
    return () => {
      for (const message of messages) net.freezer.check(message);
      return messages;
    };
  }
  const bytes = joinFrame(messages.map(encodePeer));
  return () => decodePeerFrame(bytes.slice());
}

function deliver(
  net: PeerNet,
  process: Process,
  from: NodeId,
  sender: Process,
  messages: readonly PeerMessage[],
): void {
  const events = process.peers;
  if (events === null) return;
  transportOf(process)?.meet(from, sender.machine.addr);
  const reply = (message: PeerMessage) => {
    const packed = pack(net, [message]);
    net.network.carry(process.machine, sender.machine, () => {
      const to = process.id;
      if (sender.alive && to !== null)
        for (const m of packed()) sender.peers?.receive(to, m, () => undefined);
    });
  };
  for (const message of messages) if (process.alive) events.receive(from, message, reply);
}

const transports = new WeakMap<Process, SimTransport>();

export function makeTransport(net: PeerNet, process: Process): SimTransport {
  const transport = new SimTransport(net, process);
  transports.set(process, transport);
  return transport;
}

export function transportOf(process: Process): SimTransport | null {
  return transports.get(process) ?? null;
}

/** A newcomer's question to an address, on a connection of its own. */
export class SimProbe implements PeerProbe {
  private readonly net: PeerNet;
  private readonly process: Process;
  private readonly id: NodeId;

  constructor(net: PeerNet, process: Process, id: NodeId) {
    this.net = net;
    this.process = process;
    this.id = id;
  }

  ask(addr: string, message: PeerMessage, timeoutMillis: number): Promise<PeerMessage> {
    const { network, machines } = this.net;
    const target = machines.get(addr);
    const here = this.process.machine;
    return new Promise((resolve, reject) => {
      network.agenda.after(timeoutMillis, this.process, () => reject(new Error("no answer in time")));
      if (target === undefined) return;
      network.carry(here, target, (process) => {
        if (process === null || process.peers === null) {
          network.agenda.after(network.latency(), this.process, () => reject(new Error("refused")));
          return;
        }
        transportOf(process)?.meet(this.id, here.addr);
        process.peers.receive(this.id, message, (answer) => {
          const packed = pack(this.net, [answer]);
          network.carry(target, here, () => {
            if (this.process.alive) resolve(packed()[0] as PeerMessage);
          });
        });
      });
    });
  }
}
