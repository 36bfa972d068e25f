/** The clock of one simulated machine: its own start, rate and wall time, which jumps now and then. */
import type { Clock, Timer } from "../clock.ts";
import { type Millis, millis, wallMillis } from "../paxos/ids.ts";
import type { Moment } from "../paxos/types.ts";
import type { Agenda, Owner } from "./agenda.ts";
import type { Dice } from "./dice.ts";

/** What a machine keeps over restarts of its process. */
export interface Quartz {
  /** Local milliseconds per millisecond of the world; 1 is right. */
  rate: number;
  /** Monotonic time when the world began. */
  readonly start: number;
  /** Wall time when the world began; jumps change it. */
  wall: number;
}

export class SimClock implements Clock {
  private readonly agenda: Agenda;
  private readonly dice: Dice;
  private readonly owner: Owner;
  private readonly quartz: Quartz;
  /** How long a turn of the event loop takes at most, ms: what arrives meanwhile is taken together. */
  private readonly turnMillis: number;
  /** What is done after each turn of this process. */
  private readonly looked: () => void;

  constructor(
    agenda: Agenda,
    dice: Dice,
    owner: Owner,
    quartz: Quartz,
    turnMillis: number,
    looked: () => void,
  ) {
    this.agenda = agenda;
    this.dice = dice;
    this.owner = owner;
    this.quartz = quartz;
    this.turnMillis = turnMillis;
    this.looked = looked;
  }

  moment(): Moment {
    const passed = this.agenda.now * this.quartz.rate;
    return {
      now: millis(this.quartz.start + passed),
      wall: wallMillis(Math.floor(this.quartz.wall + passed)),
      random: this.dice.bits(),
    };
  }

  at(at: Millis, run: () => void): Timer {
    // A little late, as real timers are, and never early in local time whatever rounding does.
    const due = (at - this.quartz.start) / this.quartz.rate + 0.001 + this.dice.fraction();
    const event = this.agenda.plan(due, this.owner, run);
    return {
      cancel: () => {
        event.run = null;
      },
    };
  }

  soon(run: () => void): void {
    this.agenda.after(this.dice.fraction() * this.turnMillis, this.owner, () => {
      run();
      this.looked();
    });
  }
}
