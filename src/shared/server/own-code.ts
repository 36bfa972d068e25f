/**
 * The code of this node beside the cluster's (P10): what is missing here and may be loaded, what an operator should
 * know of it, and which versions no start needs any more.
 */
import type { Applied, Upgraded } from "../object/applied.ts";
import type { ClassEntry, Registry } from "../object/registry.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { ClassInfo } from "../object/types.ts";
import type { Slot } from "../paxos/slot.ts";
import { codeProblems } from "./code.ts";
import type { CodeKeeper } from "./code-keeper.ts";

export class OwnCode {
  /** One line for each thing that an operator should know. */
  problems: readonly string[] = [];
  private readonly machine: StateMachine;
  private readonly given: Registry;
  private readonly keeper: CodeKeeper | null;
  private readonly upgraded: (upgraded: Upgraded) => void;
  /** Versions that were replaced, and the slot of the last state that they made. */
  private replaced: readonly { readonly slot: Slot; readonly classes: readonly ClassInfo[] }[] = [];

  /** Fingerprints of these, and of all that were replaced before. */
  private readonly outdated = new Set<string>();

  /**
   * @param given the classes with which the node was started
   * @param upgraded is told what became of each upgrade
   */
  constructor(
    machine: StateMachine,
    given: Registry,
    keeper: CodeKeeper | null,
    upgraded: (upgraded: Upgraded) => void,
  ) {
    this.machine = machine;
    this.given = given;
    this.keeper = keeper;
    this.upgraded = upgraded;
  }

  /** Loads versions that are kept here; those that are not are left out. */
  async load(classes: readonly ClassInfo[]): Promise<readonly ClassEntry[]> {
    const found: ClassEntry[] = [];
    for (const info of classes) {
      const entry = (await this.keeper?.find(info)) ?? null;
      if (entry !== null) found.push(entry);
    }
    return found;
  }

  /** Those of the cluster's classes without whose code nothing can be executed. */
  check(classes: readonly ClassInfo[]): readonly ClassInfo[] {
    const { held } = this.machine.code;
    this.problems = codeProblems(classes, held, this.given, this.outdated);
    return held.missing(classes);
  }

  /** A slot was executed that founded the cluster or decided an upgrade. @param before the classes before that */
  changed({ upgraded }: Applied, before: readonly ClassInfo[]): readonly ClassInfo[] {
    const { machine } = this;
    if (upgraded !== null) {
      const now = new Set(machine.classes);
      const gone = before.filter((info) => !now.has(info));
      for (const { fingerprint } of gone) this.outdated.add(fingerprint);
      for (const { fingerprint } of machine.classes) this.outdated.delete(fingerprint);
      if (gone.length > 0) this.replaced = [...this.replaced, { slot: machine.executed, classes: gone }];
      this.upgraded(upgraded);
    }
    return this.refresh();
  }

  /** What is held here or served by the cluster changed. */
  refresh(): readonly ClassInfo[] {
    const { machine } = this;
    const { missing } = machine.code;
    const replaces = new Set(missing.map(({ name }) => name));
    return this.check([...machine.classes.filter(({ name }) => !replaces.has(name)), ...missing]);
  }

  /** What was up to `slot` leaves the disk: no start executes it again. */
  trimmed(slot: Slot): void {
    this.replaced = this.replaced.filter((old) => old.slot > slot);
    const { classes, code } = this.machine;
    const needed = [...classes, ...this.replaced.flatMap((old) => old.classes), ...this.given.values()];
    // What was sent to this node is for an upgrade to come.
    const sent = [...code.held].filter(({ fingerprint }) => !this.outdated.has(fingerprint));
    this.keeper?.keepOnly([...needed, ...sent]);
  }
}

/** One line for the log. */
export function upgradeLine({ classes, problem }: Upgraded): string {
  const names = classes.map((info) => info.name).join(", ");
  return problem === null
    ? `upgraded ${names}: the cluster goes on with the new code`
    : `the upgrade of ${names} changed nothing: ${problem}`;
}
