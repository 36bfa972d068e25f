/**
 * The code that the cluster executes (P10): which classes, and which version of each. The founding says so, and since
 * then each upgrade. An upgrade takes effect at the end of its slot: all calls of the slot still run on the old code. A
 * node that does not hold the new code cannot carry it out, and must not execute the next slot.
 */
import { classesMax } from "../limits.ts";
import { must } from "../paxos/ids.ts";
import type { Upgraded } from "./applied.ts";
import type { HeldCode } from "./held-code.ts";
import type { Instances } from "./instances.ts";
import type { ClassEntry } from "./registry.ts";
import type { SlotContext } from "./surround.ts";
import type { ClassInfo, Command } from "./types.ts";
import { moveObjects } from "./upgrade.ts";

/** An upgrade that was decided and is not carried out. */
interface Planned {
  /** Those whose code changes, and those that are new. */
  readonly classes: readonly ClassInfo[];
  readonly context: SlotContext;
}

export class ServedCode {
  readonly held: HeldCode;
  private infos: readonly ClassInfo[] = [];
  private entries: ReadonlyMap<string, ClassEntry> = new Map();
  private count = 0;
  private planned: Planned | null = null;

  constructor(held: HeldCode) {
    this.held = held;
  }

  /** What the cluster serves; empty before slot 1. */
  get classes(): readonly ClassInfo[] {
    return this.infos;
  }

  /** How many upgrades were decided, whatever became of them. */
  get upgrades(): number {
    return this.count;
  }

  /** Classes without whose code this node cannot go on. */
  get missing(): readonly ClassInfo[] {
    return this.held.missing(this.planned?.classes ?? this.infos);
  }

  /** Whether an upgrade waits to be carried out. */
  get isPlanned(): boolean {
    return this.planned !== null;
  }

  /** The class of this name as the cluster executes it. */
  entry(name: string): ClassEntry | undefined {
    return this.entries.get(name);
  }

  /** More code is held. */
  hold(entries: Iterable<ClassEntry>): void {
    this.held.add(entries);
    this.entries = this.entriesOf(this.infos);
  }

  /** The founding; a second one does nothing. */
  found(classes: readonly ClassInfo[]): void {
    if (this.infos.length === 0) this.serve(classes.slice(0, classesMax));
  }

  /** A snapshot stands for all that was decided. */
  replace(classes: readonly ClassInfo[], upgrades: number): void {
    this.planned = null;
    this.serve(classes);
    this.count = upgrades;
  }

  /**
   * An upgrade was decided. It does nothing when it was made against another view or another state of the code: so a
   * command that comes twice, or late, brings no old code back.
   *
   * @param view the number of the newest view
   */
  plan(command: Extract<Command, { type: "upgrade" }>, view: number, context: SlotContext): void {
    if (this.infos.length === 0 || this.planned !== null) return;
    if (command.view !== view || command.upgrades !== this.count) return;
    const now = new Map(this.infos.map(({ name, fingerprint }) => [name, fingerprint]));
    const named = new Map(command.classes.map((info) => [info.name, info]));
    const classes = [...named.values()].filter((info) => now.get(info.name) !== info.fingerprint);
    const added = classes.filter((info) => !now.has(info.name)).length;
    if (classes.length === 0 || this.infos.length + added > classesMax) return;
    this.count++;
    this.planned = { classes, context };
  }

  /** Carries the planned upgrade out, all of it or nothing. @returns null while code is missing, or none is planned */
  carryOut(instances: Instances): Upgraded | null {
    const { planned } = this;
    if (planned === null || this.missing.length > 0) return null;
    this.planned = null;
    const { classes, context } = planned;
    const problem = moveObjects(instances, this.entriesOf(classes), context);
    if (problem === null) {
      const all = new Map([...this.infos, ...classes].map((info) => [info.name, info]));
      this.serve([...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1)));
    }
    return { classes, problem };
  }

  private serve(classes: readonly ClassInfo[]): void {
    must(this.planned === null, "P10: an upgrade is carried out before anything else");
    this.infos = classes;
    this.entries = this.entriesOf(classes);
  }

  private entriesOf(classes: readonly ClassInfo[]): ReadonlyMap<string, ClassEntry> {
    const entries = classes.map((info) => this.held.find(info)).filter((entry) => entry !== undefined);
    return new Map(entries.map((entry) => [entry.name, entry]));
  }
}
