/** How a simulated world ends: whether it can come to rest, whether it has, and whether everything is true then. */

import type { StateMachine } from "../object/state-machine.ts";
import { must } from "../paxos/ids.ts";
import { isVoter } from "../paxos/view.ts";
import { fakeHasher } from "./fake-hash.ts";
import type { World } from "./world.ts";

/** Whether enough disks are whole for the cluster to go on: a majority of each view that governs an open slot. */
export function isQuorate({ checker, nodes }: World): boolean {
  const { log, views } = checker;
  const open = views.filter((_, i) => (views[i + 1]?.first ?? Number.POSITIVE_INFINITY) > log.length + 1);
  return open.every(({ members }) => {
    const voters = members.filter(isVoter);
    const whole = voters.filter(({ id }) => nodes.some((m) => m.shadow?.id === id && !m.lost));
    return whole.length * 2 > voters.length;
  });
}

/** Whether every call is answered, and all nodes that can are members, have a leader and have executed the same. */
export function isAtRest(world: World): boolean {
  return unrest(world) === null;
}

/** What keeps the world from being at rest, in a few words; null when it is. */
export function unrest({ clients, checker, nodes, nameservers }: World): string | null {
  if (!clients.every((client) => client.done)) return "a client waits for answers";
  const { slot, digest } = checker.end;
  for (const { process, lost, role, addr } of nodes) {
    if (lost) continue;
    if (!process?.started || process.server === null) return `${addr} does not run`;
    const { node, machine } = process.server;
    if (!node.isMember) return `${addr} is no member`;
    if (node.leaderId === null) return `${addr} knows no leader`;
    if (node.log.decided !== slot) return `${addr} has decided ${node.log.decided} of ${slot}`;
    if (role !== "acceptor" && (machine.executed !== slot || machine.digest !== digest))
      return `${addr} has executed ${machine.executed} of ${slot}`;
    const { number, first } = node.views.newest;
    if (first > slot + 1) return `view ${number} governs from slot ${first}, decided is ${slot}`;
  }
  return nameservers.unrest;
}

/** P5, and what the play knows of its objects. @throws Broken */
export function checkEnd({ nodes, play }: World): void {
  let first: string | null = null;
  for (const { process, lost, role } of nodes) {
    if (lost || role === "acceptor") continue;
    const machine = process?.server?.machine;
    must(machine !== undefined, "a replica is not there at the end");
    const state = stateOf(machine);
    if (first === null) play.check(machine);
    first ??= state;
    must(first === state, "P5: replicas hold different objects");
  }
}

/** A hash of all that a snapshot of it would hold. */
function stateOf(machine: StateMachine): string {
  const hasher = fakeHasher();
  const { pieces, problems } = machine.capture();
  for (const piece of pieces) hasher.update(piece);
  must(problems.length === 0, problems.join("; "));
  return hasher.hex();
}
