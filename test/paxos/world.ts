/**
 * A few Paxos nodes without sockets, disks or clocks. Time passes only when it is told to, messages lie in transit
 * until they are delivered, and what a node writes is durable when its disk is synced: only then its votes leave.
 */
import assert from "node:assert/strict";
import { compareBallots } from "../../src/shared/paxos/ballot.ts";
import type { NodeId } from "../../src/shared/paxos/ids.ts";
import { PaxosNode } from "../../src/shared/paxos/node.ts";
import { Recovery } from "../../src/shared/paxos/recovery.ts";
import { type Slot, slotZero } from "../../src/shared/paxos/slot.ts";
import type { Base, Envelope, Input, Output, PaxosMessage, Write } from "../../src/shared/paxos/types.ts";
import type { View } from "../../src/shared/paxos/view.ts";
import { at, genesisOf, id, moment, showBallot, showProposal } from "./case.ts";
import { type Line, showMessage, Trace } from "./trace.ts";
import { Truth } from "./truth.ts";

export interface Parcel {
  readonly from: string;
  readonly to: string;
  readonly message: PaxosMessage;
}

export interface Host {
  readonly name: string;
  node: PaxosNode | null;
  /** What survives a crash. */
  durable: Write[];
  pending: Write[];
  /** Votes that wait for `pending`. */
  votes: Envelope[];
  /** Its newest snapshot; a crash does not take it. */
  snapshot: Base | null;
  /** A `trimmed` record among `pending`: when it is durable, what was before may go. */
  trims: boolean;
  /** Reads that were not confirmed yet, each with the highest slot that was decided anywhere when it came. */
  readonly reads: Map<number, Slot>;
  /** Whether `settle` and `run` leave its disk alone. */
  held: boolean;
  wakeAt: number;
  leads: string;
  view: number;
}

/** More rounds than that without coming to rest are a loop. */
const roundsMax = 20_000;

export class World {
  now = 1_000;
  transit: Parcel[] = [];
  readonly hosts = new Map<string, Host>();
  readonly trace = new Trace();
  /** "a>b" or "a>b p2a": stays in transit when all is delivered. */
  readonly blocked = new Set<string>();
  /** "a>b" or "a>b p2a": lost at once. */
  readonly cut = new Set<string>();
  /** Sees what each step puts out. */
  watch: (host: Host, out: Output) => void = () => undefined;
  readonly truth: Truth;
  private readonly first: View;
  private dice = 0;

  constructor(first: View) {
    this.first = first;
    this.truth = new Truth(first);
    for (const { id } of first.members) this.start(nameOf(id));
  }

  /** A node with an empty disk: a founder, or a newcomer that may ask all others. */
  start(name: string): void {
    const genesis = genesisOf(this.first);
    const durable: Write[] = [{ type: "founded", id: id(name), genesis }];
    const none = { pending: [], votes: [], held: false, wakeAt: this.now, leads: "", view: 0 };
    const nothing = { snapshot: null, trims: false, reads: new Map() };
    this.hosts.set(name, { name, node: null, durable, ...nothing, ...none });
    this.restart(name);
  }

  /** Whatever was not synced is gone; what it had sent is still under way. */
  crash(name: string): void {
    const host = this.host(name);
    const none = { pending: [], votes: [], trims: false, leads: "", wakeAt: Number.POSITIVE_INFINITY };
    Object.assign(host, { node: null, ...none });
    host.reads.clear();
    this.transit = this.transit.filter((p) => p.to !== name);
  }

  restart(name: string): void {
    const host = this.host(name);
    const recovery = new Recovery();
    for (const write of host.durable) recovery.add(write);
    const found = recovery.result;
    assert(found !== null, `${name} was never founded`);
    host.node = new PaxosNode(found, at(this.now), [...this.hosts.keys()].map(id));
    host.wakeAt = this.now;
    host.view = host.node.views.newest.number;
    if (host.snapshot !== null) this.step(name, { type: "install", base: host.snapshot, stateHash: 1 });
  }

  /** The decided mark that a node would start with after a crash. */
  mark(name: string): Slot {
    const recovery = new Recovery();
    for (const write of this.host(name).durable) recovery.add(write);
    return recovery.result?.decided ?? slotZero;
  }

  /** A snapshot of the state after its decided mark becomes durable. @param tell whether the core hears of it */
  snapshot(name: string, tell = true): void {
    const host = this.host(name);
    const { decided } = this.node(name).log;
    if (decided <= (host.snapshot?.slot ?? slotZero)) return;
    host.snapshot = this.truth.base(decided);
    if (tell) this.step(name, { type: "snapshot", slot: decided, stateHash: 1 });
  }

  /** It gets the newest snapshot of another node. */
  install(name: string, from: string): void {
    const [host, base] = [this.host(name), this.host(from).snapshot];
    assert(base !== null, `${from} has no snapshot`);
    if (base.slot > (host.snapshot?.slot ?? slotZero)) host.snapshot = base;
    this.step(name, { type: "install", base, stateHash: 1 });
  }

  /** A client of this node reads; the token names the read. */
  read(name: string, token: number): void {
    this.host(name).reads.set(token, this.truth.mark);
    this.step(name, { type: "read", token });
  }

  host(name: string): Host {
    const host = this.hosts.get(name);
    assert(host !== undefined, `there is no node ${name}`);
    return host;
  }

  node(name: string): PaxosNode {
    const { node } = this.host(name);
    assert(node !== null, `${name} is down`);
    return node;
  }

  step(name: string, ...inputs: Input[]): void {
    const host = this.host(name);
    this.dice = (this.dice * 1_664_525 + 1_013_904_223) >>> 0;
    const out = this.node(name).step(moment(this.now, this.dice), inputs);
    host.wakeAt = out.wakeAt;
    host.pending.push(...out.writes);
    host.votes.push(...out.votes);
    if (out.trim !== null) host.trims = true;
    for (const envelope of out.send) this.post(name, envelope);
    this.note(host, out);
  }

  /** The candidate's part of an election, without the waiting. */
  stand(name: string, round?: number): void {
    const node = this.node(name);
    const rounds = [...this.hosts.values()].map((h) => h.node?.election.leader.round ?? 0);
    const own = { round: round ?? Math.max(...rounds) + 1, leader: node.id };
    node.election.own = own;
    node.election.saw(own);
    node.election.connected = true; // else the others do not count its heartbeats
    node.leader.scout(at(this.now), own);
    this.step(name, { type: "wake" });
  }

  /** All that the node wrote so far becomes durable, and its votes leave. */
  sync(name: string): void {
    const host = this.host(name);
    host.durable.push(...host.pending);
    host.pending = [];
    if (host.trims) host.durable = withoutTrimmed(host.durable);
    host.trims = false;
    const { votes } = host;
    host.votes = [];
    for (const vote of votes) {
      this.post(name, vote);
      const { message } = vote;
      if (vote.to.includes(id(name))) this.step(name, { type: "receive", from: id(name), message });
    }
  }

  /** Hands over a message that was in transit; a node that is down does not get it. */
  hand({ from, to, message }: Parcel): void {
    if (this.host(to).node !== null) this.step(to, { type: "receive", from: id(from), message });
  }

  /** Syncs and delivers until nothing is left to do; no time passes. */
  settle(): void {
    for (let round = 0; round < roundsMax; round++) {
      const writers = [...this.hosts.values()].filter((h) => !h.held && h.votes.length > 0);
      for (const { name } of writers) this.sync(name);
      const ready = this.transit.filter((p) => !this.isBlocked(p));
      if (ready.length === 0 && writers.length === 0) return;
      this.transit = this.transit.filter((p) => this.isBlocked(p));
      for (const parcel of ready) this.hand(parcel);
    }
    assert.fail("the cluster does not come to rest");
  }

  /** Lets time pass. @param deliver whether messages arrive and disks work meanwhile */
  pass(millis: number, deliver: boolean): void {
    const end = this.now + millis;
    for (let round = 0; round < roundsMax; round++) {
      if (deliver) this.settle();
      const wakeAt = Math.min(...[...this.hosts.values()].map((h) => h.wakeAt));
      if (wakeAt > end) {
        this.now = end;
        return;
      }
      this.now = Math.max(this.now, wakeAt);
      for (const host of this.hosts.values())
        if (host.wakeAt <= this.now) this.step(host.name, { type: "wake" });
    }
    assert.fail("time does not pass: a node wants to be woken again and again");
  }

  isBlocked({ from, to, message }: Parcel): boolean {
    return this.blocked.has(`${from}>${to}`) || this.blocked.has(`${from}>${to} ${message.type}`);
  }

  private post(from: string, { to, message }: Envelope): void {
    for (const receiver of to) {
      const name = nameOf(receiver);
      const lost = this.cut.has(`${from}>${name}`) || this.cut.has(`${from}>${name} ${message.type}`);
      const host = this.hosts.get(name);
      if (name !== from && !lost && host?.node) this.transit.push({ from, to: name, message });
    }
  }

  /** P1, P2, P4, P8 and P9 hold after each step of each script. */
  private note(host: Host, out: Output): void {
    const node = this.node(host.name);
    for (const decision of out.decided) {
      this.truth.decided(decision);
      const { slot, proposal } = decision;
      this.tell({ who: `${host.name} decides`, slot, what: showProposal(proposal) });
    }
    this.truth.checkViews(node);
    if (out.trim !== null) {
      this.truth.checkTrim(host.name, node, (name) => this.hosts.get(name)?.snapshot?.slot ?? 0);
      this.tell({ who: `${host.name} trims up to`, slot: out.trim, what: "" });
    }
    for (const { token, slot } of out.reads) {
      const before = host.reads.get(token);
      assert(before !== undefined, `P8: read ${token} is answered twice, or was never asked`);
      assert(
        slot >= before,
        `P8: read ${token} may run after #${slot}, but #${before} was decided before it`,
      );
      host.reads.delete(token);
      this.tell({ who: `${host.name} reads ${token} after`, slot, what: "" });
    }
    const { newest } = node.views;
    if (newest.number !== host.view) {
      this.tell({ who: `${host.name} knows view ${newest.number} from`, slot: newest.first, what: "" });
    }
    host.view = newest.number;
    const { active, ballot } = node.leader;
    const leads = active && ballot !== null ? showBallot(ballot) : "";
    if (leads !== host.leads) {
      const line = leads === "" ? `${host.name} leads no more` : `${host.name} leads ${leads}`;
      this.tell({ who: line, slot: null, what: "" });
    }
    host.leads = leads;
    this.watch(host, out);
    for (const { message } of out.votes) {
      if (message.type === "p2b" && compareBallots(message.asked, message.ballot) > 0) {
        assert.fail("P1: an answer names a promise below the ballot asked");
      }
    }
  }

  tell(line: Line): void {
    this.trace.add(line);
  }

  told({ from, to, message }: Parcel, how = ""): void {
    this.tell(showMessage(`${from}->${to}${how}`, message));
  }
}

/** What a storage keeps of the writes when the last `trimmed` record among them is durable: no more than it must. */
export function withoutTrimmed(writes: readonly Write[]): Write[] {
  const from = writes.findLastIndex((w) => w.type === "trimmed");
  const record = writes[from];
  assert(record?.type === "trimmed", "what is trimmed has a record");
  const stays = (w: Write) =>
    (w.type === "accepted" && w.pvalue.slot > record.slot) ||
    (w.type === "chosen" && w.decision.slot > record.slot);
  return [...writes.slice(0, from).filter(stays), ...writes.slice(from)];
}

export function nameOf(node: NodeId): string {
  return node[0] ?? "";
}
