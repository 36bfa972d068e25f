/** One of a user's programs in a simulated world: it calls an object through the real client library. */
import { createClient } from "../client/connect.ts";
import type { RemoteOf } from "../client/types.ts";
import type { Agenda } from "./agenda.ts";
import { Dice } from "./dice.ts";
import type { LinkNet } from "./links.ts";
import type { Machine } from "./machine.ts";
import type { Program } from "./play.ts";
import { simRuntime } from "./sim-runtime.ts";
import type { SimulatedWorld } from "./world-handle.ts";

/** Programs begin within this time of each other, ms. */
const startMillis = 100;
/** Streams of dice of one seed from here on belong to programs. */
const firstStream = 100;

/** What a program has beside the object. */
export interface SimulatedClient {
  /** From 0. */
  readonly id: number;
  /** Chance that follows from the seed: from 0 up to, not including, 1. */
  random(): number;
  /** Lets simulated time pass. Rejects with a RangeError when it is not a time from 0. */
  sleep(millis: number): Promise<void>;
  readonly world: SimulatedWorld;
}

export type UserFunction<C extends new () => object> = (
  object: RemoteOf<C>,
  client: SimulatedClient,
) => Promise<unknown>;

interface Script<C extends new () => object> {
  readonly seed: number;
  readonly type: C;
  readonly run: UserFunction<C>;
  readonly world: SimulatedWorld;
  readonly failed: (error: unknown) => void;
}

export class UserProgram<C extends new () => object> implements Program {
  readonly machine: Machine;
  readonly alive = true;
  pausedUntil = 0;
  done = false;
  private readonly agenda: Agenda;
  private readonly script: Script<C>;
  private readonly open: () => RemoteOf<C>;
  private readonly client: SimulatedClient;

  constructor(net: LinkNet, machine: Machine, bootstrap: string, id: number, script: Script<C>) {
    const { agenda } = net.network;
    const dice = new Dice(script.seed, firstStream + id);
    // 2 would leave it to the program when calls are sent.
    const proxy = dice.pick([0, 1, 3, 3] as const);
    this.machine = machine;
    this.agenda = agenda;
    this.script = script;
    this.open = () =>
      createClient(simRuntime(net, this, bootstrap)).connect(script.type, bootstrap, { proxy });
    this.client = {
      id,
      random: () => dice.fraction(),
      sleep: (millis) => this.sleep(millis),
      world: script.world,
    };
    agenda.after(dice.fraction() * startMillis, this, () => {
      this.live().catch((error: unknown) => script.failed(error));
    });
  }

  private async live(): Promise<void> {
    const object = this.open();
    await this.script.run(object, this.client);
    await object[Symbol.asyncDispose]();
    this.done = true;
  }

  private async sleep(millis: number): Promise<void> {
    if (!(millis >= 0 && millis < Number.POSITIVE_INFINITY))
      throw new RangeError(`sleep: milliseconds from 0, not ${String(millis)}`);
    await new Promise<void>((resolve) => {
      this.agenda.after(millis, this, resolve);
    });
  }
}
