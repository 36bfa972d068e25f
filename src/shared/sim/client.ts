/** A simulated client program: it makes calls through the real client library and notes what it is told. */
import { createClient } from "../client/connect.ts";
import { ConcoordError } from "../client/errors.ts";
import { within } from "../client/proxy.ts";
import type { ClientRuntime } from "../client/runtime.ts";
import { flush, local, type Session } from "../client/types.ts";
import { must } from "../paxos/ids.ts";
import type { Agenda } from "./agenda.ts";
import type { Dice } from "./dice.ts";
import type { LinkNet } from "./links.ts";
import type { Machine } from "./machine.ts";
import type { Program } from "./play.ts";
import { simRuntime } from "./sim-runtime.ts";
import type { Work } from "./swarm.ts";
import { Waiter } from "./waiter.ts";
import { type Call, History, type Ledger, type Receipt } from "./workload.ts";

const methods = { add: "add", fail: "fail", unknownMethod: "nobodyHasThis" } as const;

export class SimClient implements Program {
  readonly machine: Machine;
  readonly alive = true;
  pausedUntil = 0;
  private readonly agenda: Agenda;
  private readonly dice: Dice;
  private readonly ledger: Ledger;
  private readonly work: Work;
  private readonly bootstrap: string;
  private readonly runtime: ClientRuntime;
  private session: Session;
  /** A call of its session leaves when the one before it is answered. */
  private oneByOne = false;
  /** Calls of its session wait until they are let go, and leave as one command. */
  private held = false;
  /** By object: the highest index that this session was told of. */
  private readonly seen = new Map<number, number>();
  private readonly waiter: Waiter;
  private made = 0;
  private open = 0;
  /** Sessions that are being closed. */
  private closing = 0;

  constructor(net: LinkNet, machine: Machine, ledger: Ledger, work: Work, bootstrap: string) {
    const { agenda } = net.network;
    this.machine = machine;
    this.agenda = agenda;
    this.dice = net.dice;
    this.ledger = ledger;
    this.work = work;
    this.bootstrap = bootstrap;
    this.runtime = simRuntime(net, this, bootstrap);
    this.waiter = new Waiter(agenda, this, net.dice, ledger.waiting, (error) => ledger.broke(error));
    this.session = this.begin();
    this.think();
  }

  /** All its calls are answered and its sessions are closed. */
  get done(): boolean {
    return this.made === this.work.callsEach && this.open + this.waiter.open === 0 && this.closing === 0;
  }

  private begin(): Session {
    const { openSession } = createClient(this.runtime);
    const proxy = this.dice.pick([0, 1, 2, 3] as const);
    this.oneByOne = proxy === 0;
    this.held = proxy === 2;
    return openSession(this.bootstrap, { sessionTtl: this.work.ttl, proxy });
  }

  private think(): void {
    this.agenda.after(this.dice.exponential(this.work.thinkMillis), this, () => this.act());
  }

  private act(): void {
    const { callsEach, outstanding, reopen } = this.work;
    if (this.made < callsEach && this.open < outstanding) {
      // Some calls leave together.
      const burst = Math.min(
        outstanding - this.open,
        callsEach - this.made,
        1 + this.dice.below(outstanding),
      );
      for (let i = 0; i < burst; i++) {
        this.call();
        if (this.dice.chance(this.work.reads)) this.read();
        if (this.work.waits > 0 && this.dice.chance(this.work.waits))
          this.waiter.act(this.session, this.timeout(), this.oneByOne);
      }
      this.letGo();
      if (reopen > 0 && this.dice.chance(reopen)) {
        this.end();
        this.session = this.begin();
        this.seen.clear();
      }
    }
    if (this.made < callsEach) this.think();
    else this.last();
  }

  private letGo(): void {
    if (!this.held) return;
    // What becomes of the calls is heard from each of them.
    const heard = () => undefined;
    void this.session.object(History)[flush]().then(heard, heard);
  }

  private last(): void {
    this.letGo();
    if (this.open + this.waiter.open > 0) this.agenda.after(50, this, () => this.last());
    else this.end();
  }

  /** Of one call; undefined without one. */
  private timeout(): number | undefined {
    const { dice, work } = this;
    return dice.chance(work.impatience) ? 1 + dice.exponential(work.timeoutMillis) : undefined;
  }

  private end(): void {
    this.closing++;
    void this.session[Symbol.asyncDispose]().then(() => {
      this.closing--;
    });
  }

  private call(): void {
    const { work, dice } = this;
    const roll = dice.fraction();
    const object = dice.below(work.objects);
    const call = this.ledger.make(
      this.machine.index,
      object,
      roll < 0.05 ? "fail" : roll < 0.08 ? "unknownMethod" : "add",
    );
    this.made++;
    this.open++;
    const timeout = this.timeout();
    const padding = "x".repeat(work.padding === 0 ? 0 : dice.below(work.padding));
    this.session
      .call(`History/${object}`, methods[call.wanted], [call.id, padding], { timeout })
      .then(
        (value) => this.answered(call, "yes", value as Receipt),
        (error: unknown) => this.failed(call, error),
      )
      .catch((error: unknown) => this.ledger.broke(error));
  }

  /** A linearizable read, one at the node that this client is connected to, or one that writes. */
  private read(): void {
    const { work, dice, ledger, session } = this;
    const object = dice.below(work.objects);
    const roll = dice.fraction();
    const timeout = this.timeout();
    const limits = timeout === undefined ? {} : { timeout };
    const remote = within(session.object(History, String(object)), limits);
    if (roll < 0.05) return this.settle(remote.sneak(), (error) => must(isMutation(error), "READ_MUTATED"));
    const isLocal = roll < 0.4;
    const above = isLocal ? (this.seen.get(object) ?? 0) : ledger.reads.top(object);
    const tail = isLocal ? remote[local].tail() : remote.tail();
    this.settle(
      tail.then((answer) => {
        if (session !== this.session) return;
        ledger.reads.done(object, answer, above, isLocal);
        this.saw(object, answer[0]);
      }),
      (error) => must(error instanceof ConcoordError && error.executed === "no", "a read that failed ran"),
    );
  }

  private settle(promise: Promise<unknown>, failed: (error: unknown) => void): void {
    this.open++;
    void promise
      .then(() => undefined, failed)
      .then(
        () => {
          this.open--;
        },
        (error: unknown) => this.ledger.broke(error),
      );
  }

  private saw(object: number, index: number): void {
    this.seen.set(object, Math.max(index, this.seen.get(object) ?? 0));
  }

  private failed(call: Call, error: unknown): void {
    if (error instanceof ConcoordError) return this.answered(call, error.executed, null);
    if (error instanceof Error && call.wanted === "fail" && "receipt" in error)
      return this.answered(call, "yes", error.receipt as Receipt);
    throw error;
  }

  private answered(call: Call, executed: "no" | "unknown" | "yes", receipt: Receipt | null): void {
    this.open--;
    if (receipt !== null) this.saw(call.object, receipt[0]);
    this.ledger.answered(call, executed, receipt);
  }
}

function isMutation(error: unknown): boolean {
  return error instanceof ConcoordError && (error.code === "READ_MUTATED" || error.executed === "no");
}
