/**
 * A dry run: what was decided lately is executed twice, by the code that decided it and by other code, beginning with
 * the same state; what callers would have been told differently is noted. Nothing of the cluster changes.
 */
import type { CodeName } from "../../shared/object/held-code.ts";
import { type ClassEntry, makeRegistry } from "../../shared/object/registry.ts";
import { commandsOf } from "../../shared/object/slot-commands.ts";
import { type Applied, StateMachine } from "../../shared/object/state-machine.ts";
import type { Answer, ClassInfo, Command, Outcome } from "../../shared/object/types.ts";
import type { Slot } from "../../shared/paxos/slot.ts";
import type { Decision } from "../../shared/paxos/types.ts";
import type { Genesis } from "../../shared/paxos/view.ts";
import { decodeError, decodeValue, objectCodec } from "../../shared/wire/values.ts";
import { jsonLine } from "../json.ts";

/** Differences of which each is told. */
const differencesTold = 20;

export class Rehearsal {
  /** The first differences, one line each. */
  readonly lines: string[] = [];
  /** Calls that were compared, and those of them with other outcomes. */
  compared = 0;
  differing = 0;
  private readonly old: StateMachine;
  private readonly young: StateMachine;
  private readonly classes: readonly ClassInfo[];
  /** What the calls are that were made since the beginning. */
  private readonly called = new Map<string, string>();
  private begun = false;

  /** @param classes the new code, with its entries */
  constructor(genesis: Genesis, classes: readonly ClassInfo[], entries: readonly ClassEntry[]) {
    const options = { genesis, registry: makeRegistry([]), codec: objectCodec };
    this.old = new StateMachine(options);
    this.young = new StateMachine(options);
    this.classes = classes;
    this.hold(entries);
  }

  /** The last slot that was executed. */
  get executed(): Slot {
    return this.old.executed;
  }

  /** The code that is needed for a snapshot. */
  missingIn(snapshot: Uint8Array): readonly CodeName[] {
    return this.old.code.held.missing(this.old.classesIn(snapshot));
  }

  /** The code that is needed before the next slot. */
  get missing(): readonly CodeName[] {
    return this.old.code.missing;
  }

  hold(entries: readonly ClassEntry[]): void {
    for (const machine of [this.old, this.young]) machine.hold(entries);
  }

  /** Begins with a snapshot. @returns why no object goes over; null: all do */
  restore(snapshot: Uint8Array): string | null {
    for (const machine of [this.old, this.young]) machine.restore(snapshot);
    return this.begin();
  }

  /** Executes the next slot. The first that is not from before a snapshot founds the cluster. @returns as `restore` */
  apply({ slot, proposal }: Decision): string | null {
    for (const [, command] of commandsOf(proposal.body, objectCodec)) this.note(command);
    const expected = outcomesOf(this.old.apply(slot, proposal));
    const given = outcomesOf(this.young.apply(slot, proposal));
    if (!this.begun) return this.old.classes.length > 0 && this.missing.length === 0 ? this.begin() : null;
    for (const key of new Set([...expected.keys(), ...given.keys()]))
      this.compare(slot, key, expected.get(key) ?? "no answer", given.get(key) ?? "no answer");
    return null;
  }

  /** From here on the machines differ. */
  begin(): string | null {
    if (this.begun) return null;
    this.begun = true;
    return this.young.rehearse(this.classes)?.problem ?? null;
  }

  private compare(slot: Slot, key: string, expected: string, given: string): void {
    this.compared++;
    if (expected === given) return;
    this.differing++;
    if (this.differing > differencesTold) return;
    const what = this.called.get(key) ?? `call ${key}`;
    this.lines.push(`slot ${slot}, ${what}: ${expected}; with the new code ${given}`);
  }

  private note(command: Command): void {
    if (command.type !== "calls") return;
    try {
      for (const [i, { object, method }] of objectCodec.decodeCalls(command.payload, command.n).entries())
        this.called.set(`${command.session}/${command.firstSeq + i}`, `${object}.${method}`);
    } catch {
      // What does not decode is executed by neither.
    }
  }
}

/** The outcomes of a slot by session and seq: of a call that blocked and was resumed at once there are two. */
function outcomesOf({ answers }: Applied): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const { session, seq, outcome } of answers satisfies readonly Answer[]) {
    const key = `${session}/${seq}`;
    const before = all.get(key);
    all.set(key, before === undefined ? shown(outcome) : `${before}, then ${shown(outcome)}`);
  }
  return all;
}

function shown(outcome: Outcome): string {
  switch (outcome.type) {
    case "returned":
      return jsonLine(decodeValue(outcome.value)) || "undefined";
    case "threw": {
      const { name, message } = decodeError(outcome.error);
      return `${name}: ${message}`;
    }
    case "blocked":
      return "blocked";
    default:
      return `${outcome.code}: ${outcome.message}`;
  }
}
