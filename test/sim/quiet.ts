/** Conditions of a simulated world in which nothing happens but what a test does. */
import { Dice } from "../../src/shared/sim/dice.ts";
import { calm } from "../../src/shared/sim/network.ts";
import { drawSwarm, type Swarm } from "../../src/shared/sim/swarm.ts";

export function quiet(members: number, seed: number): Swarm {
  const drawn = drawSwarm(new Dice(seed));
  const work = { clients: 2, callsEach: 100, outstanding: 2, thinkMillis: 30, objects: 1, padding: 0 };
  return {
    ...drawn,
    roles: Array.from({ length: members }, () => "replica" as const),
    nameservers: 0,
    early: members,
    evictAfterMillis: 1_000_000,
    pace: { slots: 1_000_000, bytesMin: 1e9, bytesMax: 1e9, smallBytes: 1_000_000_000 },
    weather: calm,
    coded: false,
    drift: 0,
    turnMillis: 0.2,
    fsyncMillis: 0.5,
    trailerFirst: 0,
    faults: [],
    work: { ...drawn.work, ...work, impatience: 0, timeoutMillis: 0, ttl: 60_000, reopen: 0, reads: 0 },
  };
}
