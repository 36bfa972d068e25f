/**
 * `node bench/placement.ts`: figure 11 of the OpenReplica paper (Altinbuken and Sirer, 2012): how often a year 5
 * replicas lose their majority, placed greedily and at random on 40, 80 and 120 hosts. The rates of failures here are
 * assumed: they are not the paper's. Also how long the choice takes among 80,000 hosts.
 * JSON on standard output; exit 1 when greedy is not far below random, or too slow.
 */
import { type PlaceableHost, place } from "../src/node/placement/greedy.ts";
import { Dice } from "../src/shared/sim/dice.ts";

const replicas = 5;
const sizes = [40, 80, 120];
const years = 2_000;
const placements = 50;
const hoursOfYear = 8_766;
const manyHosts = 80_000;
const millisMax = 1_000;

/** Failures a year of one of a kind, and how long each lasts. */
const kinds = {
  host: { perYear: 2, hours: 4 },
  rack: { perYear: 0.5, hours: 6 },
  pdu: { perYear: 1, hours: 6 },
  cooling: { perYear: 0.5, hours: 12 },
} as const;

/** Racks of 8 hosts, power lines that cross them, and a cooling unit for each 10 hosts. */
export function hostsOf(n: number): PlaceableHost[] {
  const lines = Math.ceil(n / 8);
  return Array.from({ length: n }, (_, i) => ({
    name: `h${i}`,
    groups: [
      `rack${Math.floor(i / 8)}`,
      `pdu${((i % 8) * 3 + Math.floor(i / 8)) % lines}`,
      `cooling${Math.floor(i / 10)}`,
    ],
  }));
}

interface Component {
  readonly perHour: number;
  readonly hours: number;
  readonly hits: readonly number[];
}

function componentsOf(hosts: readonly PlaceableHost[]): readonly Component[] {
  const byGroup = new Map<string, number[]>();
  for (const [i, { name, groups }] of hosts.entries())
    for (const group of [`host ${name}`, ...groups]) byGroup.set(group, [...(byGroup.get(group) ?? []), i]);
  return [...byGroup].map(([group, hits]) => {
    const kind = /^[a-z]+/.exec(group)?.[0] as keyof typeof kinds;
    const { perYear, hours } = kinds[kind];
    return { perHour: perYear / hoursOfYear, hours, hits };
  });
}

/** How often in so many years a majority is down. */
function catastrophes(hosts: readonly PlaceableHost[], dice: Dice, forYears: number): number {
  const end = forYears * hoursOfYear;
  const events = componentsOf(hosts).flatMap(({ perHour, hours, hits }) => {
    const list: { readonly at: number; readonly change: number; readonly hits: readonly number[] }[] = [];
    let at = 0;
    for (;;) {
      at += -Math.log(1 - dice.fraction()) / perHour;
      if (at > end) return list;
      list.push({ at, change: 1, hits });
      at += hours;
      list.push({ at, change: -1, hits });
    }
  });
  events.sort((a, b) => a.at - b.at);
  const down = hosts.map(() => 0);
  let count = 0;
  let lost = false;
  for (const { change, hits } of events) {
    for (const i of hits) down[i] = (down[i] ?? 0) + change;
    const now = down.filter((n) => n > 0).length > (hosts.length - 1) / 2;
    if (now && !lost) count++;
    lost = now;
  }
  return count;
}

function atRandom(hosts: readonly PlaceableHost[], dice: Dice): PlaceableHost[] {
  const left = [...hosts];
  return Array.from(
    { length: replicas },
    () => left.splice(Math.floor(dice.fraction() * left.length), 1)[0] as PlaceableHost,
  );
}

function figure() {
  const dice = new Dice(11);
  return sizes.map((n) => {
    const hosts = hostsOf(n);
    const chosen = place(hosts, replicas).choices.map(({ host }) => host);
    const greedy = catastrophes(chosen, dice, years * placements) / (years * placements);
    let all = 0;
    for (let i = 0; i < placements; i++) all += catastrophes(atRandom(hosts, dice), dice, years);
    const random = all / (years * placements);
    return { hosts: n, replicas, greedyPerYear: greedy, randomPerYear: random };
  });
}

const rows = figure();
const many = hostsOf(manyHosts);
const since = performance.now();
place(many, replicas);
const millis = Math.round(performance.now() - since);
process.stdout.write(`${JSON.stringify({ figure11: rows, hosts: manyHosts, millis })}\n`);
process.exitCode = millis < millisMax && rows.every((r) => r.greedyPerYear < r.randomPerYear / 3) ? 0 : 1;
