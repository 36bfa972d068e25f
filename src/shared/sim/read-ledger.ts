/** All reads of a world, and whether what they answered is true (P8). */
import { must } from "../paxos/ids.ts";
import type { History, Tail } from "./workload.ts";

export class ReadLedger {
  /** How many were answered. */
  answered = 0;
  /** By object: the highest index that anybody was told of, by a call or by a read. */
  private readonly tops = new Map<number, number>();
  private readonly tails: { readonly object: number; readonly tail: Tail }[] = [];

  /** What a linearizable read that begins now must show at least. */
  top(object: number): number {
    return this.tops.get(object) ?? 0;
  }

  told(object: number, index: number): void {
    this.tops.set(object, Math.max(index, this.top(object)));
  }

  /** @param above what the read had to show: what was completed before it began, or what its session had seen */
  done(object: number, tail: Tail, above: number, local: boolean): void {
    this.answered++;
    const shown = `a read of object ${object} shows index ${tail[0]}, ${above} was answered before`;
    must(tail[0] >= above, local ? `local ${shown} to its session` : `P8: ${shown}`);
    if (!local) this.told(object, tail[0]);
    this.tails.push({ object, tail });
  }

  /** Each read showed the object as it was after one of its calls, whole. */
  check(objects: readonly History[]): void {
    for (const { object, tail } of this.tails) {
      const [index, count, sum] = tail;
      const found = objects.some(({ entries }) => {
        const last = entries[count - 1];
        return count === 0 ? index === 0 && sum === 0 : last?.index === index && last.sum === sum;
      });
      must(
        found || (count === 0 && index === 0),
        `P8: a read of object ${object} shows a state that never was`,
      );
    }
  }
}
