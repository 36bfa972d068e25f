/** The past of the objects, between snapshots: the log is executed again elsewhere, from the snapshot before. */
import { pastSlotsMax, pastSnapshotBytesMax } from "../limits.ts";
import type { PaxosNode } from "../paxos/node.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import type { SnapshotHead } from "../paxos/types.ts";
import type { Genesis } from "../paxos/view.ts";
import type { LocalReplica } from "./local-replica.ts";
import { portion } from "./snapshots.ts";
import type { SnapshotJob } from "./snapshotter.ts";
import type { Storage } from "./storage.ts";

export class Past {
  private readonly genesis: Genesis;
  private readonly node: PaxosNode;
  private readonly replica: LocalReplica;
  private readonly storage: Storage;

  constructor(genesis: Genesis, node: PaxosNode, replica: LocalReplica, storage: Storage) {
    this.genesis = genesis;
    this.node = node;
    this.replica = replica;
    this.storage = storage;
  }

  /** The slots after which the state can be looked up, as far as the log reaches. */
  get range(): { readonly from: number; readonly to: number } {
    const to = this.replica.machine.executed;
    return { from: this.node.log.trimmed === slotZero ? 1 : (this.bases[0]?.slot ?? to), to };
  }

  /**
   * What it takes to execute the log again up to `slot`.
   *
   * @returns why it is too much, or too long ago, as a sentence
   */
  job(slot: Slot): SnapshotJob | string {
    const { from, to } = this.range;
    const { genesis, storage, node } = this;
    if (slot < from || slot > to) return `this node can look up the slots from ${from} to ${to}`;
    const base = this.bases.findLast((head) => head.slot <= slot) ?? null;
    if (base !== null && base.size > pastSnapshotBytesMax)
      return `the snapshot of slot ${base.slot} has ${base.size} bytes of at most ${pastSnapshotBytesMax}`;
    const slots = slot - (base?.slot ?? 0);
    if (slots > pastSlotsMax)
      return `${slots} slots of at most ${pastSlotsMax} lie since the snapshot before`;
    return {
      genesis,
      base,
      slot,
      readBase: (offset, length) =>
        base === null ? Promise.resolve(null) : storage.read(base.slot, offset, length),
      decisions: (first, bytesMax) => (first > node.log.trimmed ? portion(node, first, slot, bytesMax) : []),
    };
  }

  /** The snapshots above which the log holds all slots, oldest first. */
  private get bases(): readonly SnapshotHead[] {
    return this.replica.heads.filter((head) => head.slot >= this.node.log.trimmed);
  }
}
