/**
 * What an operator does to a simulated cluster: replaces disks, moves machines, lets members leave. Never more at a
 * time than the cluster tolerates, as no operator should.
 */
import { must, type NodeId } from "../paxos/ids.ts";
import { next, type Slot } from "../paxos/slot.ts";
import { isVoter, majority, type View } from "../paxos/view.ts";
import type { Machine } from "./machine.ts";
import type { Shadow } from "./shadow.ts";
import type { World } from "./world.ts";

export type OperatorKind = "wipe" | "move" | "leave" | "snapshot";

/** Clients know the first addresses alone; one of those that stay may still be lost. */
const stayingMin = 2;
const movedTo = "10.0.2.";

export class Operator {
  private readonly world: World;
  private moves = 0;
  /** A member that shall leave, until the cluster says what became of that. */
  private leaving: { readonly machine: Machine; readonly id: NodeId } | null = null;

  constructor(world: World) {
    this.world = world;
  }

  act(kind: OperatorKind, machine: Machine): void {
    const { world } = this;
    switch (kind) {
      case "wipe":
        if (this.canLose(machine)) this.wipe(machine);
        return;
      case "move":
        if (this.staying(machine) >= stayingMin) this.move(machine);
        return;
      case "leave":
        return this.leave(machine);
      case "snapshot":
        if (machine.process?.started) world.ask(machine.process, { type: "takeSnapshot" });
        return;
    }
  }

  /** How many others are where clients look for them. */
  private staying(machine: Machine): number {
    return this.world.nodes.filter((m) => m !== machine && !m.lost && !m.addr.startsWith(movedTo)).length;
  }

  private move(machine: Machine): void {
    const { world } = this;
    world.kill(machine);
    world.move(machine, `${movedTo}${++this.moves}:14000`);
    world.agenda.after(this.down(), null, () => world.start(machine));
  }

  private wipe(machine: Machine): void {
    const { world } = this;
    world.kill(machine);
    world.replaceDisk(machine);
    world.agenda.after(this.down(), null, () => world.start(machine));
  }

  /** Any node is asked; the one that leaves comes back with an empty disk. */
  private leave(machine: Machine): void {
    const { world } = this;
    const id = machine.process?.id ?? null;
    const asked = world.dice.pick(world.nodes).process;
    if (id === null || asked === null || !asked.started || !this.canLose(machine)) return;
    world.tell(machine.addr, "shall leave");
    this.leaving = { machine, id };
    // What is refused may have been proposed before, and may still be decided.
    world.ask(asked, { type: "askChange", kind: "leave", id }, (answer) => {
      if (answer.type === "changed") this.leaving = null;
    });
  }

  private down(): number {
    return this.world.dice.exponential(this.world.swarm.downMillis);
  }

  /**
   * Whether a majority of the voters of each view that governs an open slot would still hold all that was decided if
   * this disk were lost: what f failures may take is taken by one of them.
   */
  private canLose(machine: Machine): boolean {
    const { checker, nodes } = this.world;
    const lost = machine.shadow;
    // Who goes is missed as well, whenever that is decided.
    if (this.leaving !== null && this.leaving.machine.shadow?.id === this.leaving.id) return false;
    must(lost !== null, "a client has no disk");
    // Nor one that may become a member at any moment: its join would be decided for a node that is gone.
    const newest = checker.views.at(-1);
    if (lost.id !== null && newest?.members.every((m) => m.id !== lost.id) !== false) return false;
    const end = checker.log.length as Slot;
    const open = checker.views.filter(
      (_, i) => (checker.views[i + 1]?.first ?? Number.POSITIVE_INFINITY) > end,
    );
    const whole = nodes.flatMap(({ shadow, lost: damaged }) =>
      shadow !== null && shadow !== lost && !damaged && holdsAll(shadow, end) ? [shadow.id] : [],
    );
    const left = (view: View) => view.members.filter((m) => isVoter(m) && whole.includes(m.id)).length;
    const leads = (view: View) => view.members.some((m) => m.role === "replica" && whole.includes(m.id));
    return open.length > 0 && open.every((view) => left(view) >= majority(view) && leads(view));
  }
}

function holdsAll(shadow: Shadow, end: Slot): boolean {
  for (let s = next(shadow.snapshot); s <= end; s = next(s)) if (!shadow.values.has(s)) return false;
  return true;
}
