/**
 * A simulated world with live objects: programs that call, programs that only follow, and what must hold of them: what
 * a follower shows is what replicas had after that slot, changes come in order and once, and nothing is left out unless
 * a gap says so: only where a log had been cut, or a state came from a snapshot.
 */
import { createClient } from "../../src/shared/client/connect.ts";
import { session } from "../../src/shared/client/types.ts";
import { createLive } from "../../src/shared/live/index.ts";
import type { Change, Gap, Live } from "../../src/shared/live/types.ts";
import type { StateMachine } from "../../src/shared/object/state-machine.ts";
import { must } from "../../src/shared/paxos/ids.ts";
import type { Server } from "../../src/shared/server/server.ts";
import { Dice } from "../../src/shared/sim/dice.ts";
import type { LinkNet } from "../../src/shared/sim/links.ts";
import type { Machine, Process } from "../../src/shared/sim/machine.ts";
import type { Play, Program } from "../../src/shared/sim/play.ts";
import { simRuntime } from "../../src/shared/sim/sim-runtime.ts";
import { Board, boardRegistry, textOf } from "./board.ts";

const key = "Board/main";

export interface LiveWork {
  readonly callers: number;
  readonly followers: number;
  readonly callsEach: number;
  readonly thinkMillis: number;
}

export class LivePlay implements Play {
  readonly registry = boardRegistry;
  readonly programs: number;
  readonly eventsMax = 3_000_000;
  readonly drain = () => new Promise<void>((resolve) => void setImmediate(resolve));
  readonly work: LiveWork;
  readonly followers: Follower[] = [];
  /** What the object was after a slot. */
  private readonly states = new Map<number, string>();
  private readonly seed: number;
  /** How often the state of a replica came from a snapshot. */
  private readonly replaced = new WeakMap<object, number>();
  /** How often a follower was compared with what replicas had. */
  compared = 0;
  diverged = 0;
  /** The newest slot of any replica. */
  newest = 0;
  /** The newest slot whose inputs some replica cannot tell any more. */
  forgotten = 0;
  gaps = 0;

  constructor(seed: number, work: LiveWork) {
    this.seed = seed;
    this.work = work;
    this.programs = work.callers + work.followers;
  }

  program(net: LinkNet, machine: Machine, bootstrap: string): Program {
    const dice = new Dice(this.seed, 200 + this.followers.length);
    const follower = new Follower(
      this,
      net,
      machine,
      bootstrap,
      dice,
      this.followers.length < this.work.callers,
    );
    this.followers.push(follower);
    return follower;
  }

  ended(): void {
    return;
  }

  turned({ server, started }: Process): void {
    if (!started || server === null) return;
    const { machine } = server;
    if (machine.executed === 0) return;
    this.newest = Math.max(this.newest, machine.executed);
    this.forget(server, machine);
    if (this.states.has(machine.executed)) return;
    this.states.set(machine.executed, textOf(machine.peek(key) ?? new Board()));
  }

  private forget({ node }: Server, { turns, executed }: StateMachine): void {
    const { replaced } = turns.execution;
    const restored = replaced === (this.replaced.get(turns) ?? 0) ? 0 : executed;
    this.replaced.set(turns, replaced);
    this.forgotten = Math.max(this.forgotten, node.log.trimmed, restored);
  }

  /** @param since the program knew all inputs up to this slot. @throws Broken when it had to miss nothing */
  gap(since: number): void {
    this.gaps++;
    must(since < this.forgotten, `a gap after slot ${since}: all is known after slot ${this.forgotten}`);
  }

  /** @throws Broken when what is shown is not what replicas had */
  compare(slot: number, shown: unknown): void {
    const known = this.states.get(slot);
    if (known === undefined) return;
    this.compared++;
    const text = textOf(shown);
    must(text === known, `after slot ${slot} it shows ${text}, and replicas had ${known}`);
  }

  check(): void {
    const lists = this.followers.map(({ seen }) => seen);
    const all = new Map<string, string>();
    for (const change of lists.flat()) {
      if (change.kind === "gap") continue;
      const place = placeOf(change);
      const text = JSON.stringify(change);
      must((all.get(place) ?? text) === text, `two changes at ${place}: ${text} and ${all.get(place)}`);
      all.set(place, text);
    }
    const order = [...all.keys()].sort();
    for (const seen of lists) checkOrder(seen, order);
  }
}

function placeOf({ slot, at }: Change): string {
  return `${String(slot).padStart(9, "0")}.${String(at).padStart(9, "0")}`;
}

/** In the order of all, none twice, none left out but where a gap says so. */
function checkOrder(seen: readonly (Change | Gap)[], order: readonly string[]): void {
  let last = -1;
  let isGap = true;
  for (const change of seen) {
    if (change.kind === "gap") {
      isGap = true;
      continue;
    }
    const i = order.indexOf(placeOf(change));
    must(i > last, `${placeOf(change)} comes twice, or too late`);
    must(isGap || i === last + 1, `something is missing before ${placeOf(change)}`);
    last = i;
    isGap = false;
  }
}

class Follower implements Program {
  readonly machine: Machine;
  readonly alive = true;
  pausedUntil = 0;
  readonly seen: (Change | Gap)[] = [];
  private readonly play: LivePlay;
  private readonly net: LinkNet;
  private readonly dice: Dice;
  private readonly live: Live<Board>;
  private readonly calls: boolean;
  private made = 0;
  private open = 0;
  private ready = false;
  /** The last slot that it was told of, or one before. */
  private known = 0;
  private failure: Error | null = null;

  constructor(play: LivePlay, net: LinkNet, machine: Machine, boot: string, dice: Dice, calls: boolean) {
    this.play = play;
    this.net = net;
    this.machine = machine;
    this.dice = dice;
    this.calls = calls;
    const { openSession } = createClient(simRuntime(net, this, boot));
    this.live = createLive(openSession)(Board, boot, { sessionTtl: dice.pick([1_000, 10_000]) });
    this.live[session].addEventListener("diverged", () => {
      this.play.diverged++;
    });
    this.live.ready.then(
      () => {
        this.ready = true;
      },
      (error: unknown) => this.fail(error),
    );
    this.live.subscribe(() => this.look());
    void this.follow();
    if (calls) this.think();
  }

  private fail(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error));
  }

  private async follow(): Promise<void> {
    try {
      for await (const change of this.live.changes()) {
        if (change.kind === "gap") this.play.gap(this.known);
        this.seen.push(change);
      }
    } catch (error) {
      this.fail(error);
    }
  }

  private look(): void {
    this.known = this.live.slot;
    if (this.ready && !this.calls) this.play.compare(this.live.slot, this.live.state);
    else void this.live.state;
  }

  /** All calls are answered, and what is shown is what there is. */
  get done(): boolean {
    if (this.failure !== null) throw this.failure;
    if (!this.ready || (this.calls && this.made < this.play.work.callsEach) || this.open > 0) return false;
    if (this.live.slot < this.play.newest) return false;
    this.play.compare(this.live.slot, this.live.state);
    return true;
  }

  private think(): void {
    const { agenda } = this.net.network;
    agenda.after(this.dice.exponential(this.play.work.thinkMillis), this, () => {
      this.act();
      if (this.made < this.play.work.callsEach) this.think();
    });
  }

  private act(): void {
    const { dice } = this;
    const id = `${this.machine.index}-${++this.made}`;
    const { calls } = this.live;
    const key = `${this.machine.index}-${1 + dice.below(this.made)}`;
    const millis = dice.pick([0, 5, 50, 300]);
    const what: (() => Promise<unknown>)[] = [
      () => calls.put(id, "x".repeat(dice.below(40))),
      () => calls.vote(key),
      () => calls.dice(id),
      () => calls.half(id),
      () => calls.wake(id),
      () => calls.serve(id),
      () => calls.rouse(),
      () => calls.release(),
      () => calls.size(),
    ];
    this.settle(dice.pick(what)());
    // Who wakes them may have ended: nobody waits for these.
    const waits: (() => Promise<unknown>)[] = [
      () => calls.wait(id, millis),
      () => calls.queue(id),
      () => calls.doze(millis),
      () => calls.acquire(id, millis),
    ];
    if (dice.chance(0.3)) ignore(dice.pick(waits)());
    void this.live.state;
  }

  private settle(promise: Promise<unknown>): void {
    this.open++;
    const end = () => {
      this.open--;
    };
    promise.then(end, end);
  }
}

function ignore(promise: Promise<unknown>): void {
  const heard = () => undefined;
  promise.then(heard, heard);
}
