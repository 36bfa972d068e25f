/** Which classes a cluster serves, as its nodes say over HTTP. */
import { setTimeout as pause } from "node:timers/promises";
import { formatObject, mainName } from "../../shared/object/address.ts";
import type { Status } from "../../shared/server/status.ts";
import { askAll, leaderless, nobody } from "./ask.ts";

const askAgainMillis = 200;

export type ServedClass = Status["classes"][number];

/**
 * The classes by name; at least one. An acceptor serves none: the members that it names do.
 * @param until by performance.now()
 * @throws Failure 3 when nodes answer until then but serve nothing yet, 4 when nobody does
 */
export async function servedClasses(
  given: readonly string[],
  until: number,
): Promise<readonly ServedClass[]> {
  let addrs = given;
  for (;;) {
    const replies = await askAll(addrs);
    addrs = [
      ...new Set([...given, ...replies.flatMap((r) => r.status?.view.members ?? []).map((m) => m.addr)]),
    ];
    const classes = new Map(replies.flatMap((r) => r.status?.classes ?? []).map((c) => [c.name, c]));
    if (classes.size > 0) return [...classes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (performance.now() > until)
      throw replies.some((r) => r.status !== null) ? leaderless() : nobody(replies);
    await pause(askAgainMillis);
  }
}

/** The object "main" of the only class; null when there are several. */
export function onlyObject([first, ...others]: readonly ServedClass[]): string | null {
  if (first === undefined || others.length > 0) return null;
  return formatObject({ class: first.name, name: mainName });
}
