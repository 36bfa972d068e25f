/** The play of a user's class: its programs, and what must hold of its objects after each slot. */

import { Membrane } from "../object/membrane.ts";
import { isClass } from "../object/private-members.ts";
import {
  type ClassEntry,
  type Constructor,
  describe,
  makeRegistry,
  type Registry,
} from "../object/registry.ts";
import type { StateMachine } from "../object/state-machine.ts";
import { tryConstruct } from "../object/surround.ts";
import { type Ballot, ballotZero, compareBallots } from "../paxos/ballot.ts";
import { must } from "../paxos/ids.ts";
import type { LinkNet } from "./links.ts";
import type { Machine, Process } from "./machine.ts";
import type { Play, Program } from "./play.ts";
import { type UserFunction, UserProgram } from "./user-program.ts";
import type { World } from "./world.ts";
import { ballotOf, WorldHandle } from "./world-handle.ts";

export interface UserScript<C extends new () => object> {
  readonly type: C;
  readonly programs: number;
  readonly run: UserFunction<C>;
  readonly always: ((state: InstanceType<C>) => void) | null;
  readonly drain: () => Promise<void>;
  readonly isProxy: (value: object) => boolean;
}

export class UserPlay<C extends new () => object> implements Play {
  readonly registry: Registry;
  readonly drain: () => Promise<void>;
  readonly eventsMax = 5_000_000;
  readonly programs: number;
  /** How often another node led than before, since the programs began. */
  failovers = 0;
  /** How many calls the objects executed; declared reads that need no log entry are not among them. */
  calls = 0;
  private readonly seed: number;
  private readonly script: UserScript<C>;
  private readonly entry: ClassEntry;
  private readonly executed = new WeakMap<Process, number>();
  /** The highest with which anybody led. */
  private ballot: Ballot = ballotZero;
  private started = 0;
  private firstIndex: number | null = null;
  private world: World | null = null;
  /** Read-only views of its objects do not work: `always` sees the objects themselves. */
  private bare = false;

  /** @throws ClassError when the class cannot be served; what its constructor throws */
  constructor(seed: number, script: UserScript<C>) {
    this.seed = seed;
    this.script = script;
    this.programs = script.programs;
    this.drain = script.drain;
    this.entry = describeUser(script.type, script.isProxy);
    this.registry = makeRegistry([this.entry]);
  }

  /** The world that plays it; to be told once, before the programs begin. */
  enter(world: World): void {
    this.world = world;
  }

  program(net: LinkNet, machine: Machine, bootstrap: string): Program {
    const { seed, script, world } = this;
    must(world !== null, "a play needs a world");
    return new UserProgram(net, machine, bootstrap, this.started++, {
      seed,
      type: script.type,
      run: script.run,
      world: new WorldHandle(world),
      failed: (error) => world.fail(error),
    });
  }

  ended(): void {
    return;
  }

  turned(process: Process): void {
    const { server } = process;
    if (server === null || !process.started) return;
    const { machine } = server;
    this.lead(ballotOf(process));
    this.firstIndex ??= machine.callIndex;
    if (this.executed.get(process) === machine.executed) return;
    this.executed.set(process, machine.executed);
    this.calls = Math.max(this.calls, machine.callIndex - this.firstIndex);
    if (this.script.always !== null) this.look(machine, this.script.always);
  }

  private lead(ballot: Ballot | null): void {
    if (ballot === null || compareBallots(ballot, this.ballot) <= 0) return;
    // Before the programs begin the cluster is being put together.
    if (ballot.leader !== this.ballot.leader && this.started > 0) this.failovers++;
    this.ballot = ballot;
  }

  check(): void {
    return;
  }

  private look(machine: StateMachine, always: (state: InstanceType<C>) => void): void {
    for (const { class: name, name: of } of machine.objects()) {
      const object = machine.peek(`${name}/${of}`);
      if (object === undefined) continue;
      if (this.bare) always(asInstance(object));
      else this.lookThrough(object, always);
    }
  }

  /** With a view through which nothing can be changed. What fails with it counts if it fails without it, too. */
  private lookThrough(object: object, always: (state: InstanceType<C>) => void): void {
    const membrane = new Membrane();
    let failed = false;
    try {
      always(asInstance(membrane.wrap(object)));
    } catch {
      failed = true;
    }
    const { verdict } = membrane;
    if (verdict?.type === "mutated")
      throw new Error(`always must change nothing: it tried to ${verdict.what}`);
    if (!failed && verdict === null) return;
    always(asInstance(object));
    this.bare = true;
  }
}

/** A registry holds instances of its classes, and a view of one passes for it. */
function asInstance<I>(object: unknown): I {
  return object as I;
}

/**
 * Nobody knows the module of a class, so that classes whose instances the state holds are learned when a snapshot
 * meets them. Nodes know those that are exported.
 */
function describeUser(type: new () => object, isProxy: (value: object) => boolean): ClassEntry {
  const nested = new Map<string, Constructor>();
  const known = new Set<unknown>([type]);
  const learn = (value: object) => {
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === null) return;
    const ctor: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
    if (known.has(ctor) || !isClass(ctor) || ctor.prototype !== prototype) return;
    known.add(ctor);
    const name = `${Reflect.get(ctor, "name")}`;
    nested.set(nested.has(name) ? `${name}#${nested.size}` : name, ctor);
  };
  const look = (value: object) => {
    if (isProxy(value)) return true;
    learn(value);
    return false;
  };
  tryConstruct(type);
  return describe(type, undefined, "this program", "0".repeat(64), nested, look);
}
