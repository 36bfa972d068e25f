/** P10: a replica whose code is not the cluster's votes and keeps the log, but executes nothing and does not stand. */
import assert from "node:assert/strict";
import { describe, makeRegistry, type Registry } from "../../src/shared/object/registry.ts";
import type { SessionId } from "../../src/shared/object/types.ts";
import { VirtualClock } from "../client/virtual-clock.ts";
import type { LaterCase } from "./fetch-rig.ts";
import { Nodes } from "./membership-rig.ts";
import { counterOf, increment, Kept, RawClient, serverOf } from "./rig.ts";
import { seldom } from "./snapshots-rig.ts";

const secret = "0123456789abcdef0123456789abcdef";
/** A snapshot after every few slots. */
const often = { ...seldom, slots: 5 };

/** How often an instance of the other code was made. */
let made = 0;
class Other {
  constructor() {
    made++;
  }
  increment(): number {
    return 99;
  }
}

const others: readonly (readonly [what: string, registry: Registry, line: RegExp])[] = [
  ["other code", makeRegistry([describe(Other, "Counter", "", "two")]), /code of the class Counter differs/],
  ["its class missing", makeRegistry([]), /serves the class Counter, which was not given/],
];

/** Calls one after the other, so that each takes a slot. */
async function calls(client: RawClient, clock: VirtualClock, session: SessionId, from: number, n: number) {
  for (let i = from; i < from + n; i++) {
    client.say(increment(session, i));
    await clock.until(() => client.of("answer").length >= i, `answer ${i}`);
    await clock.pass(60);
  }
}

/** A node alone is stopped after three calls, with or without a snapshot, and started with other classes. */
async function restarted(registry: Registry, slots: number) {
  const clock = new VirtualClock(1);
  const disk = new Kept();
  const pace = { ...seldom, slots };
  const first = serverOf(clock, disk, counterOf("one"), pace);
  await first.start({ type: "found" });
  await clock.until(() => first.ready, "a node that is ready");
  const client = new RawClient(first);
  await calls(client, clock, await client.open(clock, secret, 60_000), 1, 3);
  const { executed } = first.machine;
  assert.equal(first.node.retention.own > 0, slots < 10);
  await Promise.all([first.stop(), clock.pass(1_000)]);
  made = 0;
  const again = serverOf(clock, disk, registry, pace);
  await again.start({ type: "found" });
  await clock.pass(1_000);
  assert(again.node.log.decided >= executed, "it keeps the log");
  return { again, executed };
}

const same: LaterCase = {
  name: "code: a restart with the same code goes on",
  async run() {
    for (const slots of [3, 1_000]) {
      const { again, executed } = await restarted(counterOf("one"), slots);
      assert.equal(Reflect.get(again.machine.peek("Counter/main") ?? {}, "value"), 3);
      assert(again.machine.executed >= executed);
      assert.equal(again.node.leader.active, true);
      assert.deepEqual(again.status().problems, []);
    }
  },
};

const other: LaterCase = {
  name: "code: a restart with other code executes nothing, and makes nothing of a snapshot",
  async run() {
    for (const [what, registry, line] of others) {
      for (const slots of [3, 1_000]) {
        const { again } = await restarted(registry, slots);
        assert.equal(made, 0, `${what}: its constructor ran`);
        assert.equal(again.machine.peek("Counter/main") ?? null, null);
        assert.equal(again.node.leader.active, false);
        assert.equal(again.status().problems.length, 1);
        assert.match(again.status().problems[0] ?? "", line);
      }
    }
  },
};

/** a, b and c have made snapshots and trimmed their logs. */
async function cluster() {
  const nodes = new Nodes(30_000, often);
  await nodes.start("abc");
  assert.equal(nodes.leader.name, "a");
  const client = new RawClient(nodes.server("a"));
  const session = await client.open(nodes.clock, secret, 60_000);
  await calls(client, nodes.clock, session, 1, 20);
  assert(nodes.server("a").node.log.trimmed > 0);
  made = 0;
  return { nodes, client, session };
}

const votes: LaterCase = {
  name: "code: a member with other code votes, and keeps log and snapshots",
  async run() {
    for (const [what, registry] of others) {
      const { nodes, client, session } = await cluster();
      const { clock } = nodes;
      nodes.kill("c");
      await calls(client, clock, session, 21, 20);
      nodes.at("c").registry = registry;
      await nodes.run("c");
      await clock.pass(1_000);
      nodes.kill("b");
      const { executed } = nodes.server("c").machine;
      await calls(client, clock, session, 41, 20);
      const c = nodes.server("c");
      await clock.until(() => c.node.retention.own >= nodes.server("a").node.retention.own, "its snapshot");
      assert.equal(c.node.log.decided, nodes.server("a").node.log.decided, what);
      assert.deepEqual([c.machine.executed, made], [executed, 0], what);
      assert.equal(c.status().problems.length, 1);
      assert.equal(c.node.elector.mayStand, false);
    }
  },
};

/** Until it has the snapshot it does not know which classes the cluster serves. */
const fetched: LaterCase = {
  name: "code: a newcomer with other code makes nothing of the snapshot that it is sent, and is no member",
  async run() {
    for (const [what, registry, line] of others) {
      const { nodes } = await cluster();
      nodes.add("d").registry = registry;
      await nodes.run("d");
      const d = nodes.server("d");
      const refused = assert.rejects(d.whenReady(), line);
      await nodes.clock.until(() => d.node.retention.own > 0, "the snapshot");
      await nodes.clock.pass(2_000);
      await refused;
      assert.deepEqual([d.machine.executed, made, d.node.isMember], [0, 0, false], what);
      assert.match(d.status().problems.join(), line);
    }
  },
};

export const codeCases: readonly LaterCase[] = [same, other, votes, fetched];
