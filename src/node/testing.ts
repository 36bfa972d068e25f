/** The package's entry `concoord/testing`: users' classes and programs in simulated clusters. */
import { createSimulate, type Simulate } from "../shared/sim/simulate.ts";
import { simulationHost } from "./simulation-host.ts";

export type { Simulate, Simulated, SimulateOptions } from "../shared/sim/simulate.ts";
export type { SimulatedClient, UserFunction } from "../shared/sim/user-program.ts";
export type { Fault } from "../shared/sim/user-swarm.ts";
export type { SimulatedWorld } from "../shared/sim/world-handle.ts";

/**
 * Runs programs against a simulated cluster of real nodes, in simulated time: with faults at first, then everything
 * heals, and all programs must come to their end. Simulations of one process wait for each other.
 * @param type the class, as it would be given to a replica
 * @param options which seeds, how many replicas and clients, which faults
 * @param program run once by each client; it waits for calls and `client.sleep` alone, and fails by throwing
 * @returns how many seeds were run, calls executed and leaders changed
 * @throws ClassError, RangeError for what cannot be run; else the Error of the first seed that failed: its cause is
 *   what went wrong, and its message ends with the line that replays it
 * @example await simulate(Counter, { seeds: 20 }, async (counter) => { await counter.increment(); });
 */
export const simulate: Simulate = createSimulate(simulationHost);
