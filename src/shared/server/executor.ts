/**
 * Executes what is decided, slot by slot (P5), with the code of the cluster and no other (P10). Where code is missing
 * that is kept here, it is loaded, and all that was decided meanwhile is executed then. Where it is not, this node
 * executes nothing and does not stand, until it is given the code or a snapshot that does without.
 */
import type { ClassEntry } from "../object/registry.ts";
import type { Applied, StateMachine } from "../object/state-machine.ts";
import type { ClassInfo } from "../object/types.ts";
import { must } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import type { Slot } from "../paxos/slot.ts";
import type { Decision } from "../paxos/types.ts";
import type { OwnCode } from "./own-code.ts";

export interface ExecutorEvents {
  /** A slot was executed. @param announced whether the log asks for a snapshot of the state after it */
  executed(decision: Decision, announced: boolean): void;
  /** What clients are to be told of a slot that was executed later than it was decided. */
  late(applied: Applied): void;
  /** The log does not reach back to what is executed here: only a snapshot helps. Null when there is none. */
  behind(): Promise<void> | null;
  /** It wants a turn. */
  again(): void;
  failed(error: unknown): void;
}

export class Executor {
  /** P10: false when this node lacks code of the cluster's classes, and where it holds no objects. */
  executes: boolean;
  private readonly node: PaxosNode;
  private readonly machine: StateMachine;
  private readonly code: OwnCode;
  private readonly holdsObjects: boolean;
  private readonly events: ExecutorEvents;
  /** While kept code is being loaded. */
  private gathering: Promise<void> | null = null;
  private stopped = false;

  constructor(
    node: PaxosNode,
    machine: StateMachine,
    code: OwnCode,
    holdsObjects: boolean,
    events: ExecutorEvents,
  ) {
    this.node = node;
    this.machine = machine;
    this.code = code;
    this.holdsObjects = holdsObjects;
    this.executes = holdsObjects;
    this.events = events;
  }

  /** Whether it holds the objects and lacks code to execute more, which is not kept here. */
  get isHalted(): boolean {
    return !this.executes && this.holdsObjects && this.gathering === null;
  }

  /** Whether it may yet execute what it does not execute now. */
  get isHoping(): boolean {
    return !this.executes && this.holdsObjects && this.node.elector.stands;
  }

  /** Whether all is executed that is known to be decided, or nothing ever will be. */
  get isUpToDate(): boolean {
    const { machine, node } = this;
    if (this.gathering !== null) return false;
    return !this.executes || (machine.classes.length > 0 && machine.executed === node.log.decided);
  }

  /** In order, and never with code that is not the cluster's. */
  execute(decision: Decision): Applied | null {
    const { machine } = this;
    // A snapshot may have come for slots whose decisions came as well.
    if (!this.executes || decision.slot <= machine.executed) return null;
    must(decision.slot === machine.executed + 1, "P5: a slot out of order");
    const before = machine.classes;
    const applied = machine.apply(decision.slot, decision.proposal);
    const { isPlanned } = machine.code;
    if (isPlanned || applied.upgraded !== null || machine.classes !== before) this.changed(applied, before);
    if (this.executes) this.events.executed(decision, applied.snapshot);
    return applied;
  }

  /** Executes what was decided and is not executed, as far as the log and the code reach. */
  goOn(): void {
    const { machine, node } = this;
    if (machine.executed < node.log.trimmed || machine.code.missing.length > 0) return;
    this.executes = true;
    node.elector.stands = true;
    for (let slot = machine.executed + 1; slot <= node.log.decided; slot++) {
      const applied = this.execute(this.decision(slot as Slot));
      if (applied === null) return;
      this.events.late(applied);
    }
  }

  /** More code is held here: what waited for it goes on. */
  async hold(entries: readonly ClassEntry[]): Promise<void> {
    const { machine, node, events } = this;
    const before = machine.classes;
    const rest = machine.hold(entries);
    if (rest === null) this.code.refresh();
    else {
      this.changed(rest, before);
      if (machine.executed > node.log.trimmed)
        events.executed(this.decision(machine.executed), rest.snapshot);
      events.late(rest);
    }
    if (this.executes || !this.holdsObjects || machine.code.missing.length > 0) return;
    await (machine.executed < node.log.trimmed ? events.behind() : this.goOn());
    events.again();
  }

  /** Resolves when no kept code is being loaded any more. */
  async settled(): Promise<void> {
    while (this.gathering !== null) await this.gathering;
  }

  /** Nothing will come that lets this node execute more, unless it is given other code. */
  giveUp(): void {
    this.executes = false;
    this.node.elector.stands = false;
  }

  stop(): void {
    this.stopped = true;
  }

  private decision(slot: Slot): Decision {
    return { slot, proposal: this.node.log.decidedIn(slot) };
  }

  /** The founding, or an upgrade. Without the code of the classes nothing is executed from here on. */
  private changed(applied: Applied, before: readonly ClassInfo[]): void {
    if (this.code.changed(applied, before).length === 0) return;
    this.executes = false;
    this.gathering ??= this.gather().then(
      () => this.gathered(),
      (error: unknown) => {
        this.gathering = null;
        this.events.failed(error);
      },
    );
  }

  private async gather(): Promise<void> {
    for (;;) {
      const entries = await this.code.load(this.machine.code.missing);
      if (this.stopped) return;
      await this.hold(entries);
      // What is executed then may need other code.
      if (this.executes || entries.length === 0) return;
    }
  }

  private gathered(): void {
    this.gathering = null;
    // A newcomer may find a snapshot that needs other code than the log does.
    if (this.isHalted && this.node.isMember) this.giveUp();
    this.events.again();
  }
}
