/**
 * Nodes, disks and a bag of messages, shuffled: whatever is lost, repeated, late or crashed, whoever comes and goes,
 * the invariants of the paper hold after each step. Slower and blinder than the tables, but it knows nothing of how
 * the core works. Which views there are, what a read must see, what may leave a log: that the world asserts.
 */
import assert from "node:assert/strict";
import { compareBallots } from "../../src/shared/paxos/ballot.ts";
import { sameProposal } from "../../src/shared/paxos/log.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Output, PValue } from "../../src/shared/paxos/types.ts";
import { isQuorum, type Member, type ViewChange } from "../../src/shared/paxos/view.ts";
import { command, id, member, showBallot, view } from "./case.ts";
import { type Host, World } from "./world.ts";

type Dice = (n: number) => number;

/** What the invariants of figures 4, 6 and 7 speak of, gathered over the whole run. */
class Invariants {
  /** By ballot and slot: what was proposed or accepted, and who accepted it. */
  private readonly seen = new Map<string, { readonly pvalue: PValue; readonly by: Set<string> }>();
  /** By slot: the lowest ballot at which a majority accepted. */
  private readonly chosen = new Map<number, PValue>();
  private readonly marks = new Map<string, number>();
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
    world.watch = (host, out) => this.step(host, out);
  }

  private step(host: Host, out: Output): void {
    for (const { message } of out.send) if (message.type === "p2a") this.pvalue(message.pvalue, null);
    for (const write of out.writes) if (write.type === "accepted") this.pvalue(write.pvalue, host.name);
    const { log } = this.world.node(host.name);
    assert(log.decided >= (this.marks.get(host.name) ?? 0), "R4: the decided mark fell");
    this.marks.set(host.name, log.decided);
    const held = log.decided === log.trimmed || log.get(log.decided) !== undefined;
    assert(held, "R2: a decided slot is not held");
    assert(log.trimmed <= (host.snapshot?.slot ?? 0), "P9: neither in the log nor in a snapshot");
  }

  /** A node came back from its disk: what was not synced is forgotten, the mark too. */
  restarted(name: string): void {
    this.marks.delete(name);
  }

  private pvalue(it: PValue, by: string | null): void {
    const key = `${showBallot(it.ballot)} #${it.slot}`;
    const known = this.seen.get(key) ?? { pvalue: it, by: new Set() };
    this.seen.set(key, known);
    assert(sameProposal(known.pvalue.proposal, it.proposal), `A4, C1: two proposals at ${key}`);
    const chosen = this.chosen.get(it.slot);
    if (chosen !== undefined && compareBallots(it.ballot, chosen.ballot) > 0)
      assert(sameProposal(chosen.proposal, it.proposal), `A5, C2: ${key} is not what was chosen below`);
    if (by === null) return;
    known.by.add(by);
  }

  /** Acceptances count when they are durable. */
  synced(name: string, before: number): void {
    for (const write of this.world.host(name).durable.slice(before)) {
      if (write.type !== "accepted") continue;
      const { pvalue } = write;
      const durable = (other: string) =>
        this.world
          .host(other)
          .durable.some(
            (w) =>
              w.type === "accepted" &&
              w.pvalue.slot === pvalue.slot &&
              compareBallots(w.pvalue.ballot, pvalue.ballot) === 0,
          );
      const known = this.chosen.get(pvalue.slot);
      if (known !== undefined && compareBallots(known.ballot, pvalue.ballot) <= 0) continue;
      const names = [...this.world.hosts.keys()].filter(durable);
      // Whether a view governs a slot is known when the slots WINDOW below it are decided.
      if (isQuorum(this.world.truth.at(pvalue.slot), (n) => names.includes(n[0] ?? "")))
        this.chosen.set(pvalue.slot, pvalue);
    }
  }
}

/** Numbers from 0 to n - 1, the same for the same seed. */
function diceOf(seed: number): Dice {
  let state = seed * 2_654_435_761 + 1;
  return (n) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    state ^= state >>> 13;
    return (((state >>> 0) * n) / 2 ** 32) | 0;
  };
}

/** What happens beside messages and syncs: in each run some of it, more or less often. */
interface Mood {
  readonly changes: boolean;
  readonly snapshots: boolean;
  readonly reads: boolean;
}

/** @param names the founders; in half of the runs others come and go */
export function shuffle(seed: number, names: string, steps: number): World {
  const world = new World(view(names));
  const dice = diceOf(seed);
  const invariants = new Invariants(world);
  const mood: Mood = { changes: dice(2) === 0, snapshots: dice(2) === 0, reads: dice(2) === 0 };
  if (mood.changes) for (const name of ["d", "e", "f", "0"].slice(names.length - 3)) world.start(name);
  for (let i = 0; i < steps; i++) {
    const hosts = [...world.hosts.values()];
    const host = hosts[dice(hosts.length)] as Host;
    const act = dice(150);
    if (host.node === null) {
      if (act >= 40) continue;
      invariants.restarted(host.name);
      world.restart(host.name);
    } else if (act < 1) stand(world, host);
    else if (act < 2) world.crash(host.name);
    else if (act < 6) world.step(leading(hosts, host).name, { type: "request", commands: [command(`${i}`)] });
    else if (act < 12) more(world, host, i, mood, dice);
    else if (act < 13) world.pass(10 + dice(40), false);
    else if (act < 50) {
      const before = host.durable.length;
      world.sync(host.name);
      invariants.synced(host.name, Math.min(before, host.durable.length));
    } else for (let n = dice(6); n >= 0; n--) take(world, dice);
  }
  return world;
}

/** One of those that believe to lead, or this one. */
function leading(hosts: readonly Host[], other: Host): Host {
  return hosts.find((h) => h.node?.leader.active) ?? other;
}

/** Only who is a replica of the newest view that it knows stands. */
function stand(world: World, { name, node }: Host): void {
  if (node?.self?.role === "replica") world.stand(name);
}

function more(world: World, host: Host, i: number, mood: Mood, dice: Dice): void {
  const act = dice(8);
  const { name } = host;
  if (act < 3 && mood.changes) {
    const at = leading([...world.hosts.values()], host);
    world.step(at.name, { type: "change", change: anyChange(world, at, dice) });
  } else if (act < 4 && mood.snapshots) world.snapshot(name, dice(4) > 0);
  else if (act < 5 && mood.snapshots) {
    const from = [...world.hosts.values()].filter((h) => h.snapshot !== null && h.name !== name);
    const [other] = from.slice(dice(Math.max(1, from.length)));
    if (other !== undefined) world.install(name, other.name);
  } else if (act < 6 && mood.snapshots)
    world.step(name, { type: "pin", slot: slot(dice(2) * dice(world.truth.mark + 1)) });
  else if (mood.reads) world.read(name, i);
}

/** A change of any kind, mostly against the newest view that the node knows, of members and others. */
function anyChange(world: World, { node }: Host, dice: Dice): ViewChange {
  const newest = node?.views.newest;
  const against = (newest?.number ?? 1) - (dice(8) === 0 ? 1 : 0);
  const all = [...world.hosts.keys()];
  const whoever = () => all[dice(all.length)] as string;
  const members = newest?.members ?? [];
  const one = (members[dice(members.length)] as Member).id;
  const joining = { ...member(whoever(), dice(5) === 0 ? "acceptor" : "replica"), addr: `${dice(20)}:1` };
  switch (dice(6)) {
    case 0:
      return { type: "join", against, member: joining };
    case 1:
      return joining.id === one
        ? anyMove(against, joining)
        : { type: "replace", against, id: one, member: joining };
    case 2:
      return anyMove(against, { ...joining, id: one });
    case 3:
      return { type: "leave", against, id: members.length > 3 ? one : id(whoever()) };
    case 4:
      return { type: "evict", against, ids: members.length > 3 ? [one] : [id(whoever()), one] };
    default:
      return { type: "away", against, id: one, away: dice(2) === 0 };
  }
}

function anyMove(against: number, shown: Member): ViewChange {
  return { type: "move", against, member: shown };
}

/** One message of the bag: handed over, lost, or handed over and kept. */
function take(world: World, dice: Dice): void {
  if (world.transit.length === 0) return;
  // The bag is bounded, as what is old would hardly ever come out.
  if (world.transit.length > 400) world.transit.splice(0, 200);
  const [parcel] = world.transit.splice(dice(world.transit.length), 1);
  if (parcel === undefined) return;
  const fate = dice(20);
  if (fate === 0) return;
  if (fate === 1) world.transit.push(parcel);
  world.hand(parcel);
}

/** After the faults all is delivered: the nodes come to rest with the same log, and all reads are answered. */
export function heal(world: World): void {
  world.watch = () => undefined; // P2 is still asserted; a restarted node forgets what it had not synced
  const hosts = [...world.hosts.values()];
  for (const { name, node } of hosts) if (node === null) world.restart(name);
  for (let i = 0; i < 12; i++) {
    world.pass(500, true);
    for (const { name, node } of hosts) if (node?.catchUp.needsSnapshot) world.install(name, newest(hosts));
  }
  const marks = hosts.map((h) => h.node?.log.decided ?? 0);
  assert(new Set(marks).size === 1, `R3: the nodes have not come to the same slot: ${marks.join(" ")}`);
  const members = hosts.filter((h) => h.node?.isMember);
  const leaders = new Set(members.map((h) => h.node?.leaderId));
  assert(leaders.size === 1 && !leaders.has(null), "all members know the same leader");
  for (const { name, reads } of members) assert.deepEqual([...reads.keys()], [], `${name} waits for reads`);
}

/** Who has the newest snapshot. */
function newest(hosts: readonly Host[]): string {
  const slots = hosts.map((h) => h.snapshot?.slot ?? 0);
  return hosts[slots.indexOf(Math.max(...slots) as (typeof slots)[number])]?.name ?? "";
}
