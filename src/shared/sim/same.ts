/** Equality of proposals, written apart from the one of the core: the checker must not share its mistakes. */
import type { Proposal } from "../paxos/types.ts";

export function sameValue(a: Proposal, b: Proposal): boolean {
  if (a === b) return true;
  if ((a.stamp === null) !== (b.stamp === null) || (a.change === null) !== (b.change === null)) return false;
  if (a.stamp !== null && b.stamp !== null) {
    if (a.stamp.logTime !== b.stamp.logTime || a.stamp.wall !== b.stamp.wall) return false;
    if (a.stamp.seed !== b.stamp.seed || a.stamp.first !== b.stamp.first) return false;
  }
  if (a.change !== null && b.change !== null && sorted(a.change) !== sorted(b.change)) return false;
  if (a.body.length !== b.body.length) return false;
  for (let i = 0; i < a.body.length; i++) if (a.body[i] !== b.body[i]) return false;
  return true;
}

/** A text in which the order of keys does not matter. */
function sorted(value: object): string {
  const pairs = Object.entries(value).map(([key, of]: [string, unknown]) => {
    const text = typeof of === "object" && of !== null ? sorted(of) : JSON.stringify(of);
    return `${key}=${text}`;
  });
  return `{${pairs.sort().join(",")}}`;
}
