/** Simulated machines and the processes on them. A process ends with its memory; a machine keeps its disk and clock. */
import type { NodeId } from "../paxos/ids.ts";
import type { Role } from "../paxos/view.ts";
import type { Server } from "../server/server.ts";
import type { TransportEvents } from "../server/transport.ts";
import type { Owner } from "./agenda.ts";
import type { Shadow } from "./shadow.ts";
import type { Quartz } from "./sim-clock.ts";

/** Anything that the network reaches: a node's machine or a client's. */
export class Machine {
  /** Its place in the table of cuts. */
  readonly index: number;
  /** Where it is reached; an operator may move it. */
  addr: string;
  readonly role: Role;
  readonly quartz: Quartz;
  /** What its disk must hold, as far as it said so. */
  shadow: Shadow | null;
  process: Process | null = null;
  /** Its disk is damaged: no process starts here any more. */
  lost = false;
  /** How often a process was started here. */
  starts = 0;

  constructor(index: number, addr: string, role: Role, quartz: Quartz, shadow: Shadow | null) {
    this.index = index;
    this.role = role;
    this.addr = addr;
    this.quartz = quartz;
    this.shadow = shadow;
  }
}

/** One run of a node's program, from its start to its end. */
export class Process implements Owner {
  readonly machine: Machine;
  readonly incarnation: number;
  alive = true;
  pausedUntil = 0;
  server: Server | null = null;
  /** Where it is no node but a nameserver. */
  nameserver: { readonly id: NodeId } | null = null;
  /** Whether `server.start` is over. */
  started = false;
  /** Where peers' messages go, once it listens. */
  peers: TransportEvents | null = null;

  constructor(machine: Machine) {
    this.machine = machine;
    this.incarnation = ++machine.starts;
  }

  /** Null until the node knows who it is. */
  get id(): NodeId | null {
    if (this.nameserver !== null) return this.nameserver.id;
    return this.started && this.server !== null ? this.server.id : null;
  }
}
