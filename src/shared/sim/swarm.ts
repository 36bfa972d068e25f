/**
 * What a seed draws before its world begins: how many nodes, which faults are on and how strong, what the clients do.
 * A world with every fault at full strength gets nowhere; one with few finds other bugs (Groce et al., "Swarm
 * testing", ISSTA 2012).
 */

import type { Role } from "../paxos/view.ts";
import type { SnapshotPace } from "../server/snapshots.ts";
import type { Dice } from "./dice.ts";
import { calm, type Weather } from "./network.ts";

/** What may befall the cluster. */
export const faultKinds = [
  "crash",
  "crashAll",
  "pause",
  "cut",
  "oneWay",
  "isolate",
  "partial",
  "chain",
  "star",
  "stop",
  "jump",
  "slowDisk",
  "brokenDisk",
  "reset",
  "pauseClient",
  "wipe",
  "move",
  "leave",
  "snapshot",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Of the nodes, the network and the clocks, and of what befalls them. */
export interface Conditions {
  /** One for each machine; the first is a replica, which founds. */
  readonly roles: readonly Role[];
  /** How many there are beside these. */
  readonly nameservers: number;
  /** Silence after which a member is away. */
  readonly evictAfterMillis: number;
  readonly pace: SnapshotPace;
  /** Members whose joining is over before the faults begin. */
  readonly early: number;
  readonly weather: Weather;
  /** Whether messages go through the real codec. */
  readonly coded: boolean;
  /** Whether it is checked that nobody changes a message on its way; where they are not coded. */
  readonly frozen: boolean;
  /** Largest deviation of a clock's rate, and of its wall time in ms. */
  readonly drift: number;
  readonly skewMillis: number;
  /** A turn of an event loop takes up to this long. */
  readonly turnMillis: number;
  readonly fsyncMillis: number;
  /** Probability that a torn write damages a disk. */
  readonly trailerFirst: number;
  readonly faults: readonly FaultKind[];
  /** Mean time between faults, and how long they go on. */
  readonly faultEveryMillis: number;
  readonly faultsMillis: number;
  readonly downMillis: number;
}

/** What the project's own worlds draw. */
export interface Swarm extends Conditions {
  readonly work: Work;
}

export interface Work {
  readonly clients: number;
  readonly callsEach: number;
  readonly outstanding: number;
  readonly thinkMillis: number;
  readonly objects: number;
  /** Probability that a call has a time-out, and its mean. */
  readonly impatience: number;
  readonly timeoutMillis: number;
  readonly ttl: number;
  /** Probability that a call is followed by a read. */
  readonly reads: number;
  /** Bytes of padding in each call, at most. */
  readonly padding: number;
  /** Probability that a client closes its session half-way and opens another. */
  readonly reopen: number;
  /** Probability that a call is followed by one that may block. */
  readonly waits: number;
}

export function drawSwarm(dice: Dice): Swarm {
  const members = dice.pick([1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5, 5, 5, 5]);
  const faultsMillis = dice.between(2_000, 5_000);
  return {
    roles: drawRoles(dice, members),
    nameservers: dice.pick([0, 0, 1, 2]),
    evictAfterMillis: dice.pick([700, 3_000, 30_000, 30_000]),
    pace: {
      slots: dice.pick([15, 100, 1_000]),
      bytesMin: dice.pick([1_000, 20_000]),
      bytesMax: 20_000,
      smallBytes: 1_000_000_000,
    },
    early: dice.chance(0.75) ? members : 1 + dice.below(members),
    weather: drawWeather(dice),
    coded: dice.chance(0.1),
    frozen: dice.chance(0.2),
    drift: dice.chance(0.3) ? 0.05 : 0,
    skewMillis: dice.chance(0.5) ? 3_600_000 : 0,
    turnMillis: dice.pick([0.05, 0.2, 2, 10]),
    fsyncMillis: dice.pick([0.2, 1, 5, 30]),
    trailerFirst: dice.chance(0.05) ? 0.3 : 0,
    faults: faultKinds.filter(() => dice.chance(0.4)),
    faultEveryMillis: dice.pick([60, 150, 400]),
    faultsMillis,
    downMillis: dice.pick([20, 200, 800]),
    work: drawWork(dice, faultsMillis),
  };
}

function drawRoles(dice: Dice, members: number): readonly Role[] {
  const odd: Role = dice.chance(0.5) ? "acceptor" : "learner";
  const others = dice.chance(0.3) ? dice.pick([0.2, 0.5]) : 0;
  return Array.from({ length: members }, (_, i) => (i > 0 && dice.chance(others) ? odd : "replica"));
}

function drawWeather(dice: Dice): Weather {
  if (dice.chance(0.1)) return calm;
  const detour = dice.chance(0.4);
  return {
    loss: dice.chance(0.5) ? dice.pick([0.02, 0.1, 0.3]) : 0,
    twice: dice.chance(0.5) ? dice.pick([0.05, 0.3]) : 0,
    echoMillis: dice.pick([0, 100, 5_000]),
    scarce: dice.chance(0.3)
      ? dice.pick(["p2a", "p2b", "p1b", "decided", "decisions", "forward", "heartbeat"])
      : "",
    scarceLoss: dice.pick([0.3, 0.6, 0.9]),
    delayMin: 0.1,
    delayMean: dice.pick([0.2, 1, 5, 20]),
    detour: detour ? dice.pick([0.02, 0.2]) : 0,
    detourMillis: detour ? dice.pick([50, 500, 2_000]) : 0,
    inOrder: dice.chance(0.4),
    separate: dice.chance(0.4),
    refusals: dice.chance(0.7),
  };
}

function drawWork(dice: Dice, faultsMillis: number): Work {
  const clients = 1 + dice.below(4);
  const outstanding = dice.pick([1, 3, 8, 30]);
  const callsEach = 5 + dice.below(dice.pick([20, 40, 40, 150]));
  return {
    clients,
    callsEach,
    outstanding,
    // So that calls are made all through the faults.
    thinkMillis: (dice.between(0.2, 1) * faultsMillis) / callsEach,
    objects: dice.pick([1, 2]),
    impatience: dice.chance(0.4) ? dice.pick([0.1, 0.6]) : 0,
    timeoutMillis: dice.pick([20, 200, 1_000]),
    ttl: dice.pick([1_000, 1_000, 3_000, 10_000]),
    padding: dice.pick([0, 0, 200]),
    reads: dice.pick([0, 0.2, 0.6]),
    reopen: dice.chance(0.3) ? 0.05 : 0,
    waits: dice.pick([0, 0, 0.2, 0.6]),
  };
}
