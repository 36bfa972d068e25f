/** What a seed draws for the worlds of users' classes: the network, the clocks, the disks, and which faults are on. */
import type { Dice } from "./dice.ts";
import { calm, type Weather } from "./network.ts";
import { type Conditions, faultKinds } from "./swarm.ts";

/** How the network may be bad all the time, beside what befalls the cluster now and then. */
const weatherFaults = ["loss", "repeat", "delay"] as const;

/**
 * What may befall the cluster; docs/testing.md says what each is.
 */
export const faults = [...faultKinds, ...weatherFaults] as const;
export type Fault = (typeof faults)[number];

/** Probability that a fault is on in a seed that draws its faults. */
const faultChance = 0.4;

/**
 * @param wanted true: each seed draws its own; a list: these, in every seed
 */
export function drawConditions(
  dice: Dice,
  replicas: number,
  wanted: boolean | readonly Fault[],
): Conditions & { readonly on: readonly Fault[] } {
  // Drawn in any case, so that a list that names what was drawn gives the very same run.
  const drawn = faults.filter(() => dice.chance(faultChance));
  const on = wanted === true ? drawn : wanted === false ? [] : faults.filter((f) => wanted.includes(f));
  const has = (fault: Fault) => on.includes(fault);
  const faultsMillis = dice.between(1_000, 4_000);
  const drift = dice.chance(0.3) ? 0.05 : 0;
  const skewMillis = dice.chance(0.5) ? 3_600_000 : 0;
  return {
    on,
    roles: Array.from({ length: replicas }, () => "replica"),
    nameservers: 0,
    evictAfterMillis: dice.pick([700, 3_000, 30_000]),
    // So often that a program of a few calls meets some.
    pace: {
      slots: dice.pick([10, 30, 1_000]),
      bytesMin: 1_000_000,
      bytesMax: 1_000_000,
      smallBytes: Number.POSITIVE_INFINITY,
    },
    early: replicas,
    weather: drawWeather(dice, has),
    coded: dice.chance(0.1),
    frozen: false,
    drift: has("jump") ? drift : 0,
    skewMillis: has("jump") ? skewMillis : 0,
    turnMillis: dice.pick([0.05, 0.2, 2]),
    fsyncMillis: dice.pick([0.2, 1, 5, 20]),
    trailerFirst: 0,
    faults: faultKinds.filter(has),
    faultEveryMillis: dice.pick([20, 60, 150]),
    faultsMillis: on.length > 0 ? faultsMillis : 0,
    downMillis: dice.pick([20, 200, 800]),
  };
}

function drawWeather(dice: Dice, has: (fault: Fault) => boolean): Weather {
  const loss = dice.pick([0.02, 0.1, 0.3]);
  const twice = dice.pick([0.05, 0.3]);
  const echoMillis = dice.pick([0, 100, 2_000]);
  const delayMean = dice.pick([1, 5, 20]);
  const detour = dice.pick([0, 0.02, 0.2]);
  const detourMillis = dice.pick([50, 500]);
  const delays = has("delay");
  return {
    ...calm,
    loss: has("loss") ? loss : 0,
    twice: has("repeat") ? twice : 0,
    echoMillis: has("repeat") ? echoMillis : 0,
    delayMean: delays ? delayMean : calm.delayMean,
    detour: delays ? detour : 0,
    detourMillis: delays ? detourMillis : 0,
    inOrder: !delays,
    refusals: dice.chance(0.7),
  };
}
