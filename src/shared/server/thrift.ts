/**
 * Whom a proposal goes to first: a majority, and one voter more, so that one which is slow or gone delays nothing. To
 * the others it goes a little later, many slots at once (tidings.ts). So in a large view a slot costs the work of
 * little more than half of the voters; with three or four of them it makes no difference. The core knows nothing of
 * this: to it these are messages that take longer. The idea is "thrifty" of Moraru, Andersen, Kaminsky, "There Is More
 * Consensus in Egalitarian Parliaments" (SOSP 2013), which asks a bare majority.
 */
import type { NodeId } from "../paxos/ids.ts";
import { majority, type View, voters } from "../paxos/view.ts";

export class Thrift {
  /** Who voted for slots that were not decided yet, the latest first: those whose votes decide. */
  private prompt: readonly NodeId[] = [];

  /** A vote came that may decide its slot. */
  voted(from: NodeId): void {
    if (this.prompt[0] !== from) this.prompt = [from, ...this.prompt.filter((id) => id !== from)];
  }

  /** Who gets a proposal first in a slot that the view governs; null for all. */
  first(view: View): ReadonlySet<NodeId> | null {
    const all = voters(view);
    const count = majority(view) + 1;
    if (all.length <= count) return null;
    const known = this.prompt.filter((id) => all.includes(id));
    const unknown = all.filter((id) => !known.includes(id));
    return new Set([...known, ...unknown].slice(0, count));
  }
}
