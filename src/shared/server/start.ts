/** How a node gets what it starts from: its own disk, a cluster that it founds, or one whose founding it is told. */
import type { Clock } from "../clock.ts";
import type { ClusterId, NodeId } from "../paxos/ids.ts";
import { Recovery } from "../paxos/recovery.ts";
import { next, slotZero, WINDOW } from "../paxos/slot.ts";
import type { Recovered, SnapshotHead } from "../paxos/types.ts";
import type { Genesis, Member, View } from "../paxos/view.ts";
import { Farewell } from "./farewell.ts";
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
  /** The newest snapshot on the disk; null for none. */
  readonly snapshot: SnapshotHead | null;
  readonly notes: readonly string[];
  /** What a node of the bootstrap list told: whom a newcomer can ask. */
  readonly told: View | null;
  readonly farewell: Farewell;
}

/** Nobody of the bootstrap list answered. */
export class NobodyAnswered extends Error {
  override readonly name = "NobodyAnswered";
}

/** The data is that of a node that left for good, or that was replaced. */
export class Useless extends Error {
  override readonly name = "Useless";
}

interface Options {
  /** The node as the view shall show it, but for its id. */
  readonly member: Omit<Member, "id">;
  readonly newId: NodeId;
  readonly newCluster: ClusterId;
  readonly storage: Storage;
  readonly clock: Clock;
}

/**
 * @throws StorageError, NobodyAnswered, Refused, Useless; Error when the data is that of a node of another role, or
 * when another role than a replica would found
 */
export async function open(boot: Boot, options: Options): Promise<Opened> {
  const recovery = new Recovery();
  const { notes, snapshot } = await options.storage.load((write) => recovery.add(write));
  const found = recovery.result;
  const { addr, role } = options.member;
  if (found !== null) {
    refuseOtherWindow(found.genesis);
    const farewell = replay(found);
    if (snapshot !== null && snapshot.slot > found.decided) farewell.installed(snapshot);
    if (farewell.gone !== null)
      throw new Useless(`the data is of no use any more: ${farewell.gone.message}; give an empty folder`);
    const { self } = farewell;
    if (self !== null && self.role !== role)
      throw new Error(`the data is that of the ${self.role} at ${self.addr}; it cannot go on as ${role}`);
    const told = self === null ? await askNewest(boot, addr, found) : null;
    return { found, snapshot, notes, farewell, told };
  }
  if (boot.type === "found" && role !== "replica")
    throw new Error(`${role}: only a replica founds a cluster`);
  const { newId: id, storage } = options;
  const told = boot.type === "join" ? await askGenesis(boot, addr) : null;
  const genesis = told?.genesis ?? newGenesis(options);
  refuseOtherWindow(genesis);
  await storage.append([{ type: "founded", id, genesis }]);
  recovery.add({ type: "founded", id, genesis });
  const fresh = recovery.result as Recovered;
  return { found: fresh, snapshot, notes, farewell: replay(fresh), told: told?.newest ?? null };
}

/** What the node's own log says of its membership. */
function replay(found: Recovered): Farewell {
  const farewell = new Farewell(found.id, found.views);
  for (const { slot, proposal } of found.accepted) {
    if (slot > found.trimmed && slot <= found.decided && proposal.change !== null)
      farewell.decided(slot, proposal.change);
  }
  return farewell;
}

function newGenesis({ newId: id, newCluster, member, clock }: Options): Genesis {
  return {
    cluster: newCluster,
    window: WINDOW,
    created: Math.floor(clock.moment().wall / 1000),
    view: { number: 1, first: next(slotZero), members: [{ id, ...member }] },
  };
}

function refuseOtherWindow(genesis: Genesis): void {
  if (genesis.window === WINDOW) return;
  throw new Error(`the cluster was founded with window ${genesis.window}, this version has ${WINDOW}`);
}

/** A newcomer that was stopped before it was a member knows only the founder, who may be gone. */
async function askNewest(boot: Boot, own: string, found: Recovered): Promise<View | null> {
  if (boot.type !== "join") return null;
  const told = await askGenesis(boot, own);
  if (told.genesis.cluster === found.genesis.cluster) return told.newest;
  throw new Refused("WRONG_CLUSTER", `the data is of the cluster ${found.genesis.cluster}, not of that one`);
}

async function askGenesis(
  boot: Extract<Boot, { type: "join" }>,
  own: string,
): Promise<{ genesis: Genesis; newest: View }> {
  const reasons: string[] = [];
  let refused: Refused | null = null;
  for (const addr of boot.addrs) {
    if (addr === own) continue;
    try {
      const answer = await boot.probe.ask(addr, { type: "askGenesis" }, boot.timeoutMillis);
      if (answer.type === "genesis") return { genesis: answer.genesis, newest: answer.newest };
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
