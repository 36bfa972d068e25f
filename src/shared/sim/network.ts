/**
 * The simulated network: when, whether and how often a frame arrives. It knows machines, and nothing of what the
 * frames say. Peers' messages may be lost, repeated and reordered; clients' connections (links.ts) are in order, but
 * break.
 */
import type { Agenda } from "./agenda.ts";
import type { Dice } from "./dice.ts";
import type { Machine, Process } from "./machine.ts";

/** How bad the network is; each world draws its own, and the healed one is calm. */
export interface Weather {
  /** Probabilities that a frame is lost, and that it arrives twice. */
  readonly loss: number;
  readonly twice: number;
  /** How much later than the first a second copy arrives at most, ms. */
  readonly echoMillis: number;
  /** A kind of message that gets lost more often than the others, or "". */
  readonly scarce: string;
  readonly scarceLoss: number;
  /** Milliseconds on the way: at least, and more on average. */
  readonly delayMin: number;
  readonly delayMean: number;
  /** Probability and length of a detour. */
  readonly detour: number;
  readonly detourMillis: number;
  /** Whether frames of one machine to another keep their order, as on one connection. */
  readonly inOrder: boolean;
  /** Whether each message is a frame of its own. */
  readonly separate: boolean;
  /** Whether the machine of a dead process says so. */
  readonly refusals: boolean;
}

export const calm: Weather = {
  loss: 0,
  twice: 0,
  echoMillis: 0,
  scarce: "",
  scarceLoss: 0,
  delayMin: 0.2,
  delayMean: 0.3,
  detour: 0,
  detourMillis: 0,
  inOrder: true,
  separate: false,
  refusals: true,
};

/** More machines than any world has. */
const machinesMax = 1_024;

export class Network {
  weather: Weather = calm;
  readonly agenda: Agenda;
  private readonly dice: Dice;
  /** One-way cuts, as from * machinesMax + to. */
  private readonly cuts = new Set<number>();
  private readonly lastArrival = new Map<number, number>();

  constructor(agenda: Agenda, dice: Dice) {
    this.agenda = agenda;
    this.dice = dice;
  }

  cut(from: Machine, to: Machine): void {
    this.cuts.add(from.index * machinesMax + to.index);
  }

  uncut(from: Machine, to: Machine): void {
    this.cuts.delete(from.index * machinesMax + to.index);
  }

  /** Ends all cuts. */
  heal(): void {
    this.cuts.clear();
  }

  isCut(from: Machine, to: Machine): boolean {
    return this.cuts.size > 0 && this.cuts.has(from.index * machinesMax + to.index);
  }

  isBroken(a: Machine, b: Machine): boolean {
    return this.isCut(a, b) || this.isCut(b, a);
  }

  latency(): number {
    const { delayMin, delayMean, detour, detourMillis } = this.weather;
    const extra = detour > 0 && this.dice.chance(detour) ? this.dice.fraction() * detourMillis : 0;
    return delayMin + this.dice.exponential(delayMean) + extra;
  }

  /** Whether a message of this kind is left out of its frame. */
  loses(type: string): boolean {
    const { scarce, scarceLoss } = this.weather;
    return type === scarce && this.dice.chance(scarceLoss);
  }

  /** Carries one frame of a peer, perhaps. `arrive` is called with the process that runs there then, if any. */
  carry(from: Machine, to: Machine, arrive: (process: Process | null) => void): void {
    const { loss, twice, echoMillis, inOrder } = this.weather;
    if (this.isCut(from, to) || (loss > 0 && this.dice.chance(loss))) return;
    let at = this.agenda.now + this.latency();
    if (inOrder) at = this.afterEarlier(from, to, at);
    this.plan(at, to, arrive);
    if (twice === 0 || !this.dice.chance(twice)) return;
    this.plan(at + this.latency() + this.dice.fraction() * echoMillis, to, arrive);
  }

  private afterEarlier(from: Machine, to: Machine, at: number): number {
    const key = from.index * machinesMax + to.index;
    const arrival = Math.max(at, this.lastArrival.get(key) ?? 0);
    this.lastArrival.set(key, arrival);
    return arrival;
  }

  private plan(at: number, to: Machine, arrive: (process: Process | null) => void): void {
    this.agenda.plan(at, null, () => {
      const { process } = to;
      // A paused process finds it when it goes on.
      if (process !== null && process.pausedUntil > this.agenda.now)
        this.agenda.plan(process.pausedUntil, process, () => arrive(process));
      else arrive(process);
    });
  }
}
