/** A simulated world as users' programs see it: they may steer what befalls the cluster. */
import { type Ballot, ballotZero, compareBallots } from "../paxos/ballot.ts";
import type { Machine, Process } from "./machine.ts";
import type { World } from "./world.ts";

/** The cluster and its network. Replicas are numbered from 0; another number is a RangeError. */
export interface SimulatedWorld {
  /** Simulated milliseconds since the world began. */
  readonly now: number;
  /** The replica that leads; null while none does. */
  leader(): number | null;
  /** Ends a replica's process as kill -9 does; nothing happens when it is down. */
  kill(replica: number): void;
  /** Starts a replica's process; one that runs is killed before. */
  restart(replica: number): void;
  /** From now on two replicas do not reach each other. */
  cut(a: number, b: number): void;
  /** Ends all cuts and starts all replicas that are down. */
  heal(): void;
}

/** The ballot with which a process leads; null when it does not. One that was cut off may not know of a higher one. */
export function ballotOf({ started, server }: Process): Ballot | null {
  return started && server?.node.leader.ready ? server.node.leader.ballot : null;
}

export class WorldHandle implements SimulatedWorld {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  get now(): number {
    return this.#world.agenda.now;
  }

  leader(): number | null {
    let [leader, highest]: [number | null, Ballot] = [null, ballotZero];
    this.#world.nodes.forEach(({ process }, i) => {
      const ballot = process === null ? null : ballotOf(process);
      if (ballot === null || compareBallots(ballot, highest) <= 0) return;
      [leader, highest] = [i, ballot];
    });
    return leader;
  }

  kill(replica: number): void {
    this.#world.kill(this.#machine(replica));
  }

  restart(replica: number): void {
    const machine = this.#machine(replica);
    this.#world.kill(machine);
    this.#world.start(machine);
  }

  cut(a: number, b: number): void {
    const { network } = this.#world;
    const [one, other] = [this.#machine(a), this.#machine(b)];
    if (one === other) throw new RangeError(`cut: replica ${a} cannot be cut from itself`);
    network.cut(one, other);
    network.cut(other, one);
  }

  heal(): void {
    this.#world.network.heal();
    for (const machine of this.#world.nodes) this.#world.start(machine);
  }

  #machine(replica: number): Machine {
    const machine = this.#world.nodes[replica];
    if (machine !== undefined) return machine;
    throw new RangeError(`replica ${replica}: there are 0 to ${this.#world.nodes.length - 1}`);
  }
}
