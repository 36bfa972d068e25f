/**
 * Whom a proposal goes to first: a majority, and one voter more, so that one which is slow or gone delays nothing. To
 * the others it goes a little later, many slots at once. So in a large view a slot costs the work of little more than
 * half of the voters; with three or four of them it makes no difference. The idea is "thrifty" of Moraru, Andersen,
 * Kaminsky, "There Is More Consensus in Egalitarian Parliaments" (SOSP 2013), which asks a bare majority and tells the
 * others only what was decided.
 */
import type { NodeId } from "./ids.ts";
import { majority, type View, voters } from "./view.ts";

export class Thrift {
  /** Voters, those first whose votes decided the newest slot; empty until this ballot has decided one. */
  private prompt: readonly NodeId[] = [];

  /** @param by whose votes decided a slot */
  decided(by: ReadonlySet<NodeId>): void {
    this.prompt = [...by, ...this.prompt.filter((id) => !by.has(id))];
  }

  forget(): void {
    this.prompt = [];
  }

  /** Who is asked first in a slot that the view governs; null for all. */
  first(view: View): ReadonlySet<NodeId> | null {
    const all = voters(view);
    const count = majority(view) + 1;
    if (this.prompt.length === 0 || all.length <= count) return null;
    const known = this.prompt.filter((id) => all.includes(id));
    const unknown = all.filter((id) => !known.includes(id));
    return new Set([...known, ...unknown].slice(0, count));
  }
}
