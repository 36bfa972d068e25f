/**
 * What is played in a simulated world: the classes that it serves and the programs that call their objects. All else
 * (nodes, network, disks, clocks, faults, checks) is the same in every world.
 */
import type { Registry } from "../object/registry.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { ClientSide, LinkNet } from "./links.ts";
import type { Machine, Process } from "./machine.ts";

/** A program on a machine of its own. */
export interface Program extends ClientSide {
  /** While it is paused its events wait. */
  pausedUntil: number;
  /** It has ended: all its calls are answered and its sessions are closed. */
  readonly done: boolean;
}

export interface Play {
  readonly registry: Registry;
  /** How many programs there are. */
  readonly programs: number;
  /** Starts one. @param bootstrap the addresses of the nodes, as programs are given them */
  program(net: LinkNet, machine: Machine, bootstrap: string): Program;
  /** A node that had executed up to `slot` told that a session is over. */
  ended(session: string, slot: number): void;
  /** After each turn of a node. @throws what is not true of the objects */
  turned(process: Process): void;
  /** At the end. @param machine of a replica: all have the same state. @throws what is not true of the objects */
  check(machine: StateMachine): void;
  /** A world in which more than this happens does not come to rest. */
  readonly eventsMax: number;
  /** Resolves when no promise is left to settle by itself; null where no chain is longer than `ticks` (world.ts). */
  readonly drain: (() => Promise<void>) | null;
}
