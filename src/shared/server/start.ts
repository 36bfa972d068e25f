/** How a node gets what it starts from: its own disk, a cluster that it founds, or one whose founding it is told. */
import type { Clock } from "../clock.ts";
import type { ClusterId, NodeId } from "../paxos/ids.ts";
import { Recovery } from "../paxos/log.ts";
import { next, slotZero, WINDOW } from "../paxos/slot.ts";
import type { Recovered } from "../paxos/types.ts";
import type { Genesis, Member } from "../paxos/view.ts";
import type { Storage } from "./storage.ts";
import { type PeerProbe, Refused } from "./transport.ts";

/** What to do when the storage is empty. `join` never founds. */
export type Boot =
  | { readonly type: "found" }
  | {
      readonly type: "join";
      /** host:port of nodes to ask, in turn. */
      readonly addrs: readonly string[];
      readonly probe: PeerProbe;
      /** How long each is given to answer, ms. */
      readonly timeoutMillis: number;
    };

export interface Opened {
  readonly found: Recovered;
  readonly notes: readonly string[];
  /** Members that a newcomer can ask. */
  readonly contacts: readonly Member[];
}

/** Nobody of the bootstrap list answered. */
export class NobodyAnswered extends Error {
  override readonly name = "NobodyAnswered";
}

interface Options {
  readonly addr: string;
  readonly newId: NodeId;
  readonly newCluster: ClusterId;
  readonly storage: Storage;
  readonly clock: Clock;
}

export async function open(boot: Boot, options: Options): Promise<Opened> {
  const recovery = new Recovery();
  const { notes } = await options.storage.load((write) => recovery.add(write));
  const found = recovery.result;
  if (found !== null) {
    refuseOtherWindow(found.genesis);
    const known = knownAddress(found);
    if (known !== null && known !== options.addr) {
      throw new Error(`this data belongs to the node at ${known}; it cannot serve at ${options.addr}`);
    }
    return { found, notes, contacts: known === null ? await askContacts(boot, options.addr, found) : [] };
  }
  const { newId: id, storage } = options;
  const told = boot.type === "join" ? await askGenesis(boot, options.addr) : null;
  const genesis = told?.genesis ?? newGenesis(options);
  refuseOtherWindow(genesis);
  await storage.append([{ type: "founded", id, genesis }]);
  recovery.add({ type: "founded", id, genesis });
  return { found: recovery.result as Recovered, notes, contacts: told?.contacts ?? [] };
}

export function memberOf(id: NodeId, addr: string): Member {
  return { id, role: "replica", addr, domain: "", groups: [], away: false };
}

function newGenesis({ newId, newCluster, addr, clock }: Options): Genesis {
  return {
    cluster: newCluster,
    window: WINDOW,
    created: Math.floor(clock.moment().wall / 1000),
    view: { number: 1, first: next(slotZero), members: [memberOf(newId, addr)] },
  };
}

function refuseOtherWindow(genesis: Genesis): void {
  if (genesis.window === WINDOW) return;
  throw new Error(`the cluster was founded with window ${genesis.window}, this version has ${WINDOW}`);
}

/** The address under which the others know this node, as far as its own disk tells; null while it is no member. */
function knownAddress(found: Recovered): string | null {
  let known: string | null = null;
  for (const member of found.genesis.view.members) if (member.id === found.id) known = member.addr;
  for (const { slot, proposal } of found.accepted) {
    if (slot > found.decided || proposal.change === null) continue;
    if (proposal.change.member.id === found.id) known = proposal.change.member.addr;
  }
  return known;
}

/** A newcomer that was stopped before it was a member knows only the founder, who may be gone. */
async function askContacts(boot: Boot, own: string, found: Recovered): Promise<readonly Member[]> {
  if (boot.type !== "join") return [];
  const told = await askGenesis(boot, own);
  if (told.genesis.cluster === found.genesis.cluster) return told.contacts;
  throw new Refused("WRONG_CLUSTER", `the data is of the cluster ${found.genesis.cluster}, not of that one`);
}

async function askGenesis(
  boot: Extract<Boot, { type: "join" }>,
  own: string,
): Promise<{ genesis: Genesis; contacts: readonly Member[] }> {
  const reasons: string[] = [];
  let refused: Refused | null = null;
  for (const addr of boot.addrs) {
    if (addr === own) continue;
    try {
      const answer = await boot.probe.ask(addr, { type: "askGenesis" }, boot.timeoutMillis);
      if (answer.type === "genesis") return { genesis: answer.genesis, contacts: answer.newest.members };
      reasons.push(`${addr}: unexpected answer ${answer.type}`);
    } catch (error) {
      if (error instanceof Refused) refused ??= error;
      reasons.push(`${addr}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (refused !== null) throw refused;
  throw new NobodyAnswered(
    `no node of the bootstrap list answered (${reasons.join("; ") || "it names only this node"})`,
  );
}
