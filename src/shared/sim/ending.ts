/** How a simulated world ends: whether it can come to rest, whether it has, and whether everything is true then. */
import { must } from "../paxos/ids.ts";
import { History } from "./workload.ts";
import type { World } from "./world.ts";

/** Whether enough disks are whole for the cluster to go on: a majority of each view that governs an open slot. */
export function isQuorate({ checker, nodes }: World): boolean {
  const { log, views } = checker;
  const open = views.filter((_, i) => (views[i + 1]?.first ?? Number.POSITIVE_INFINITY) > log.length + 1);
  return open.every(({ members }) => {
    const whole = members.filter(({ id }) => nodes.some((m) => m.shadow?.id === id && !m.lost));
    return whole.length * 2 > members.length;
  });
}

/** Whether every call is answered, and all nodes that can are members, have a leader and have executed the same. */
export function isAtRest({ clients, checker, nodes }: World): boolean {
  if (!clients.every((client) => client.done)) return false;
  const { slot, digest } = checker.end;
  return nodes.every(({ process, lost }) => {
    if (lost) return true;
    if (!process?.started || process.server === null) return false;
    const { node, machine } = process.server;
    const caughtUp = machine.executed === slot && machine.digest === digest;
    const governed = node.views.newest.first <= slot + 1;
    return node.isMember && node.leaderId !== null && caughtUp && governed;
  });
}

/** P5, P6, P8: what the objects of each replica hold, against what clients were told. @throws Broken */
export function checkEnd({ nodes, ledger }: World): void {
  let first: string | null = null;
  for (const { process, lost } of nodes) {
    if (lost) continue;
    const machine = process?.server?.machine;
    must(machine !== undefined, "a replica is not there at the end");
    const objects = machine
      .objects()
      .map(({ class: name, name: of }) => machine.peek(`${name}/${of}`))
      .filter((object) => object instanceof History);
    const state = JSON.stringify(objects);
    if (first === null) ledger.check(objects);
    first ??= state;
    must(first === state, "P5: replicas hold different objects");
  }
}
