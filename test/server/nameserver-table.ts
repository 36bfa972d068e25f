/** Nameservers as members: they come, go, move, leave and are cut off; and the connections that follow views. */
import assert from "node:assert/strict";
import type { LaterCase } from "./fetch-rig.ts";
import { Nodes } from "./membership-rig.ts";
import { Named } from "./nameserver-rig.ts";
import { RawClient } from "./rig.ts";

const evictAfter = 6_000;

async function founded(names = "abc"): Promise<Nodes> {
  const nodes = new Nodes(evictAfter);
  await nodes.start(names);
  return nodes;
}

const shown: LaterCase = {
  name: "nameservers: one is shown as long as it asks, has no vote, and comes back",
  async run() {
    const nodes = await founded();
    const n = new Named(nodes, "n:1", "abc");
    await n.shown();
    assert.equal(nodes.view, "a:1, b:1, c:1, n:1 nameserver");
    await nodes.clock.pass(10 * evictAfter);
    assert.deepEqual([nodes.view, n.told], ["a:1, b:1, c:1, n:1 nameserver", ["shown 4"]]);
    const { tolerates, view } = nodes.leader.server?.status() ?? assert.fail();
    const { alive, domain, away } = view.members.find((m) => m.id === n.id) ?? assert.fail();
    assert.deepEqual([tolerates, alive, domain, away], [1, true, "d.example", false]);
    n.reaches = "";
    await nodes.clock.until(() => nodes.view.endsWith("n:1 nameserver away"), "the mark");
    assert.notEqual(n.follower.cutOffSince, null);
    assert.equal(n.follower.number, 4, "it keeps its copy");
    n.reaches = "abc";
    await nodes.clock.until(() => nodes.view === "a:1, b:1, c:1, n:1 nameserver", "its return");
    await n.shown();
    assert.equal(n.follower.number, 6);
  },
};

const evicted: LaterCase = {
  name: "nameservers: one that stays away is evicted, and joins again by itself",
  async run() {
    const nodes = await founded();
    const n = new Named(nodes, "n:1", "abc");
    await n.shown();
    n.reaches = "";
    await nodes.clock.until(() => nodes.view.includes("away"), "the mark");
    const since = nodes.clock.now;
    await nodes.clock.pass(50_000);
    await nodes.clock.until(() => nodes.view === "a:1, b:1, c:1", "the eviction");
    assert(nodes.clock.now - since >= 10 * evictAfter - 100);
    n.reaches = "abc";
    await nodes.clock.until(() => nodes.view === "a:1, b:1, c:1, n:1 nameserver", "its return");
    await nodes.clock.until(() => n.follower.number === 7, "that view");
    assert(n.standing.isShown);
    // It had no time to speak yet: nobody may take it for silent.
    await nodes.clock.pass(1_000);
    assert.deepEqual([nodes.view, n.follower.number], ["a:1, b:1, c:1, n:1 nameserver", 7]);
  },
};

const leaves: LaterCase = {
  name: "nameservers: one that an operator lets leave stops for good",
  async run() {
    const nodes = await founded();
    const [n, other] = [new Named(nodes, "n:1", "abc"), new Named(nodes, "o:1", "abc")];
    await n.shown();
    await other.shown();
    assert.equal((await nodes.ask("b", { type: "askChange", kind: "leave", id: n.id })).type, "changed");
    await nodes.clock.until(() => n.told.includes("gone left"), "its end");
    await nodes.clock.pass(5_000);
    assert.equal(nodes.view, "a:1, b:1, c:1, o:1 nameserver");
    // Another one may take its place.
    await new Named(nodes, "n:1", "abc").shown();
  },
};

const leftUnheard: LaterCase = {
  name: "nameservers: one that left while it was cut off is told so when it is back, also by a node that restarted",
  async run() {
    const nodes = await founded();
    const n = new Named(nodes, "n:1", "abc");
    await n.shown();
    n.reaches = "";
    assert.equal((await nodes.ask("b", { type: "askChange", kind: "leave", id: n.id })).type, "changed");
    for (const name of "abc") nodes.kill(name);
    for (const name of "abc") await nodes.run(name);
    for (const name of "abc") await nodes.ready(name);
    n.reaches = "abc";
    await nodes.clock.until(() => n.told.includes("gone left"), "its end");
    assert.equal(nodes.view, "a:1, b:1, c:1");
  },
};

const lostId: LaterCase = {
  name: "nameservers: who lost its id takes the place of the one that it was, when that asks no more",
  async run() {
    const nodes = await founded();
    const old = new Named(nodes, "n:1", "abc");
    await old.shown();
    const young = new Named(nodes, "n:1", "abc");
    await nodes.clock.until(() => young.told.length > 0, "a refusal");
    assert.match(young.told.join(), /^refused n:1 belongs to the member [0-9a-f]+, which answers$/);
    old.kill();
    await young.shown();
    assert.equal(nodes.view, "a:1, b:1, c:1, n:1 nameserver");
  },
};

const relayed: LaterCase = {
  name: "nameservers: through a node that does not lead one is shown, and told that it is refused",
  async run() {
    const nodes = await founded();
    const far = nodes.leader.name === "b" ? "c" : "b";
    const n = new Named(nodes, "n:1", far);
    await n.shown();
    await nodes.clock.pass(5 * evictAfter);
    assert.equal(nodes.view, "a:1, b:1, c:1, n:1 nameserver");
    const wrong = new Named(nodes, "a:1", far);
    await nodes.clock.until(() => wrong.told.length > 0, "a refusal");
    assert.match(wrong.told.join(), /refused a:1 belongs to the replica/);
  },
};

const moves: LaterCase = {
  name: "nameservers: a new address or domain is shown",
  async run() {
    const nodes = await founded("a");
    const n = new Named(nodes, "n:1", "a");
    await n.shown();
    n.kill();
    const again = new Named(nodes, "n:2", "a", "e.example", n.id);
    await again.shown();
    assert.equal(nodes.view, "a:1, n:2 nameserver");
    assert.equal(again.follower.view?.members[1]?.domain, "e.example");
  },
};

const told: LaterCase = {
  name: "followers: they are told of the newest view at once and at every change, and make no calls",
  async run() {
    const nodes = await founded("ab");
    const acceptor = nodes.add("x", "acceptor");
    await nodes.run("x");
    await nodes.ready("x");
    for (const name of ["a", acceptor.name]) {
      const client = new RawClient(nodes.server(name));
      client.say({ type: "follow" }, { type: "ping" });
      const numbers = () => client.of("view").map(({ view }) => view.number);
      const { number } = nodes.server(name).node.views.newest;
      assert.deepEqual(numbers(), [number]);
      assert.equal(client.of("pong").length, 1);
      const n = new Named(nodes, `${name}n:1`, "ab");
      await n.shown();
      await nodes.clock.pass(1_000);
      assert.deepEqual(numbers(), [number, number + 1], name);
      assert.deepEqual(client.of("view")[1]?.view, nodes.server(name).node.views.newest);
      assert.equal(client.of("members").at(-1)?.leader, nodes.leader.server?.id);
      client.say({ type: "open", secret: "0".repeat(32), ttl: 1_000 });
      assert.deepEqual(
        [client.closed !== "open" && client.closed?.code, client.of("opened")],
        ["DENIED", []],
      );
    }
  },
};

const stopping: LaterCase = {
  name: "followers: they hold up no leader that stops, and are told that it closes",
  async run() {
    const nodes = await founded();
    const client = new RawClient(nodes.server(nodes.leader.name));
    client.say({ type: "follow" });
    let over = false;
    const since = nodes.clock.now;
    void nodes
      .server(nodes.leader.name)
      .stop()
      .then(() => {
        over = true;
      });
    await nodes.clock.until(() => over, "its end");
    assert(nodes.clock.now - since < 200, `it took ${nodes.clock.now - since} ms`);
    assert.equal(client.closed, null);
  },
};

export const nameserverCases: readonly LaterCase[] = [
  shown,
  evicted,
  leaves,
  leftUnheard,
  lostId,
  relayed,
  moves,
  told,
  stopping,
];
