/**
 * Nodes, disks and a bag of messages, shuffled: whatever is lost, repeated, late or crashed, the invariants of the
 * paper hold after each step. Slower and blinder than the tables, but it knows nothing of how the core works.
 */
import assert from "node:assert/strict";
import { compareBallots } from "../../src/shared/paxos/ballot.ts";
import { sameProposal } from "../../src/shared/paxos/log.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Output, PValue } from "../../src/shared/paxos/types.ts";
import { isQuorum } from "../../src/shared/paxos/view.ts";
import { command, member, showBallot, view } from "./case.ts";
import { type Host, World } from "./world.ts";

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
    assert(log.decided === 0 || log.get(log.decided) !== undefined, "R2: a decided slot is not held");
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
  synced(name: string): void {
    for (const write of this.world.host(name).durable) {
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
      const before = this.chosen.get(pvalue.slot);
      if (before !== undefined && compareBallots(before.ballot, pvalue.ballot) <= 0) continue;
      const names = [...this.world.hosts.keys()].filter(durable);
      if (isQuorum(this.viewAt(pvalue.slot), (n) => names.includes(n[0] ?? "")))
        this.chosen.set(pvalue.slot, pvalue);
    }
  }

  private viewAt(s: number) {
    const knowing = [...this.world.hosts.values()].find(
      (h) => h.node !== null && h.node.log.decided + 64 >= s,
    );
    return knowing?.node?.views.at(slot(s)) ?? view("abcde");
  }
}

/** Numbers from 0 to n - 1, the same for the same seed. */
function diceOf(seed: number): (n: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (n) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    state ^= state >>> 13;
    return (((state >>> 0) * n) / 2 ** 32) | 0;
  };
}

/** @param names the founders; d joins in some runs */
export function shuffle(seed: number, names: string, steps: number): World {
  const world = new World(view(names));
  const dice = diceOf(seed);
  const invariants = new Invariants(world);
  const sync = (name: string) => {
    world.sync(name);
    invariants.synced(name);
  };
  const grows = names.length === 3 && dice(2) === 0;
  if (grows) world.start("d");
  let count = 0;
  for (let i = 0; i < steps; i++) {
    const hosts = [...world.hosts.values()];
    const host = hosts[dice(hosts.length)] as Host;
    const act = dice(100);
    if (host.node === null) {
      if (act >= 30) continue;
      world.restart(host.name);
      invariants.restarted(host.name);
    } else if (act < 2 && host.name !== "d") world.stand(host.name);
    else if (act < 3) world.crash(host.name);
    else if (act < 8) world.step(host.name, { type: "request", commands: [command(`${count++}`)] });
    else if (act < 9 && grows) {
      const against = host.node.views.newest.number;
      world.step(host.name, { type: "change", change: { type: "join", against, member: member("d") } });
    } else if (act < 10) world.pass(10 + dice(40), false);
    else if (act < 25) sync(host.name);
    else take(world, dice);
  }
  return world;
}

/** One message of the bag: handed over, lost, or handed over and kept. */
function take(world: World, dice: (n: number) => number): void {
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

/** After the faults all is delivered: the nodes come to rest with the same log. */
export function heal(world: World): void {
  world.watch = () => undefined; // P2 is still asserted; a restarted node forgets what it had not synced
  for (const { name, node } of world.hosts.values()) if (node === null) world.restart(name);
  world.pass(3_000, true);
  const marks = [...world.hosts.values()].map((h) => h.node?.log.decided ?? 0);
  assert(new Set(marks).size === 1, `R3: the nodes have not come to the same slot: ${marks.join(" ")}`);
  const members = [...world.hosts.values()].filter((h) => h.node?.isMember);
  const leaders = new Set(members.map((h) => h.node?.leaderId));
  assert(leaders.size === 1 && !leaders.has(null), "all members know the same leader");
}
