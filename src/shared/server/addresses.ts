/**
 * Where the other members are, as this node tells its transport: members say it of themselves, views and the nodes of
 * the bootstrap list tell it of others. What a view says counts only while nothing newer was told of the member: it may
 * have moved since, and the slot that says so is out of reach at the address that it has left.
 */
import { type Member, takesPart, type View } from "../paxos/view.ts";
import type { Transport } from "./transport.ts";

export class Addresses {
  /** The newest view that a node of the bootstrap list told. */
  private told: View | null;
  private readonly own: string;
  private readonly transport: Transport;

  /** @param told what the first node of the bootstrap list said that answered; null when none was asked */
  constructor(own: string, transport: Transport, told: View | null) {
    this.own = own;
    this.transport = transport;
    this.told = told;
  }

  /** Those that a starting node knows of: by its log, and by the bootstrap list, whichever is newer. */
  begin(newest: View): void {
    if (this.told !== null) this.learn(this.told.members);
    this.restored([newest]);
  }

  /** @param known the number of the newest view of the log */
  tell(newest: View, known: number): void {
    const last = Math.max(this.told?.number ?? 0, known);
    // What members said of themselves since then counts more than a view that is no news.
    if (newest.number > last) this.learn(newest.members);
    if (newest.number > (this.told?.number ?? 0)) this.told = newest;
  }

  /** The log or a snapshot has these views, which may be older than what was told. */
  restored(views: readonly View[]): void {
    const { told } = this;
    for (const { number, members } of views) {
      const isNews = ({ id }: Member) =>
        told === null || number > told.number || told.members.every((member) => member.id !== id);
      this.learn(members.filter(isNews));
    }
  }

  /** Who had this node's own address before is not there any more. Nobody says anything to a nameserver. */
  private learn(members: readonly Member[]): void {
    for (const m of members) if (m.addr !== this.own && takesPart(m)) this.transport.learn(m.id, m.addr);
  }
}
