/** Members of a cluster come, go, move, lose their disks and fall silent. */
import { expect, test } from "vitest";
import { nodeId } from "../../src/shared/paxos/ids.ts";
import { Nodes } from "./membership-rig.ts";

test("voters, acceptors and learners join, and say so", async () => {
  const nodes = new Nodes();
  await nodes.start("ab");
  await nodes.start("x", "acceptor");
  await nodes.start("l", "learner");
  expect(nodes.view).toBe("a:1, b:1, x:1 acceptor, l:1 learner");
  expect(nodes.server("x").status()).toMatchObject({ role: "acceptor", executed: 0, tolerates: 1 });
  const { decided, executed } = nodes.server("l").status();
  expect([nodes.server("l").status().role, executed]).toEqual(["learner", decided]);
});

test("an acceptor names the members to a client and lets it go", async () => {
  const nodes = new Nodes();
  await nodes.start("a");
  await nodes.start("x", "acceptor");
  const said: unknown[] = [];
  const link = nodes.server("x").accept({
    send: (message) => said.push(message),
    flush: () => undefined,
    close: (reason) => said.push(reason),
  });
  expect(said).toMatchObject([{ type: "members", members: [{ addr: "a:1" }, { role: "acceptor" }] }]);
  link.receive([{ type: "ping" }]);
  expect(said.at(-1)).toMatchObject({ code: "NOT_EXECUTED" });
});

test("a node without its data takes the place of the one that had its address", async () => {
  const nodes = new Nodes();
  await nodes.start("abc");
  const before = nodes.id("c");
  nodes.kill("c");
  nodes.wipe("c");
  await nodes.run("c");
  await nodes.ready("c");
  expect(nodes.id("c")).not.toBe(before);
  expect(nodes.view).toBe("a:1, b:1, c:1");
  expect(nodes.leader.server?.node.views.newest.number).toBe(4);
});

test("nobody takes the place of a member that answers", async () => {
  const nodes = new Nodes();
  await nodes.start("abc");
  const id = nodeId("e".repeat(16));
  const member = { id, role: "replica", addr: "c:1", domain: "", groups: [], away: false } as const;
  for (let i = 0; i < 20; i++) {
    nodes.tell("b", id, { type: "askJoin", member });
    await nodes.clock.pass(100);
  }
  expect(nodes.server("a").node.views.newest.number).toBe(3);
});

test("a member that comes back elsewhere is found there", async () => {
  const nodes = new Nodes();
  await nodes.start("abc");
  nodes.kill("c");
  nodes.at("c").addr = "c:2";
  nodes.at("c").groups = ["rack1"];
  await nodes.run("c");
  await nodes.ready("c");
  expect(nodes.view).toBe("a:1, b:1, c:2 rack1");
});

test("what members said of themselves counts more than a view that is no news", async () => {
  const nodes = new Nodes();
  await nodes.start("ab");
  for (const name of "ab") nodes.kill(name);
  for (const name of "ab") nodes.at(name).addr = `${name}:2`;
  for (const name of "ab") await nodes.run(name);
  const { newest } = nodes.server("a").node.views;
  nodes.greet("a", "b");
  nodes.greet("b", "a");
  for (const name of "ab") nodes.server(name).meet(newest);
  await nodes.ready("a");
  await nodes.ready("b");
  expect(nodes.view).toBe("a:2, b:2");
});

test("one that leaves stops for good when the others can do without it, the leader too", async () => {
  const nodes = new Nodes();
  await nodes.start("abc");
  const { name } = nodes.leader;
  const other = name === "b" ? "c" : "b";
  const answer = await nodes.ask(other, { type: "askChange", kind: "leave", id: nodes.id(name) });
  expect(answer).toEqual({ type: "changed", view: 4 });
  await nodes.clock.until(() => nodes.at(name).stopped !== null, "its end");
  expect(nodes.at(name).stopped).toMatchObject({ name: "Gone", reason: "left" });
  await nodes.clock.until(() => nodes.leader.name !== name, "another leader");
  await expect(nodes.run(name)).rejects.toThrow(
    /of no use any more: the node [0-9a-f]+ at .:1 left the cluster/,
  );
});

test("what cannot go stays, and the asker is told why", async () => {
  const nodes = new Nodes();
  await nodes.start("abc");
  const ask = (name: string, kind: "leave" | "evict", of: string) =>
    nodes.ask(name, { type: "askChange", kind, id: nodes.id(of) });
  expect(await ask("b", "evict", "c")).toMatchObject({
    type: "changeRefused",
    message: "c:1 answers: use leave",
  });
  await nodes.clock.pass(2_000); // what b had passed on is forgotten
  nodes.kill("c");
  expect(await ask("b", "leave", "a")).toMatchObject({ message: /only 1 of 2 voters answer/ });
});

test("a voter that stays silent is marked away, one of four is evicted, and comes back by itself", async () => {
  const nodes = new Nodes(5_000);
  await nodes.start("abcd");
  nodes.kill("d");
  await nodes.clock.until(() => nodes.view === "a:1, b:1, c:1, d:1 away", "the mark");
  await nodes.clock.until(() => nodes.view === "a:1, b:1, c:1", "the eviction");
  await nodes.clock.pass(1_000); // until the new view governs, three of the four are needed
  nodes.kill("c");
  await nodes.clock.until(() => nodes.view === "a:1, b:1, c:1 away", "another mark");
  await nodes.clock.pass(10_000);
  expect(nodes.view, "three are never made fewer").toBe("a:1, b:1, c:1 away");
  await nodes.run("d");
  await nodes.ready("d");
  await nodes.run("c");
  await nodes.ready("c");
  await nodes.clock.until(() => !nodes.view.includes("away"), "all are back");
  expect(nodes.view.split(", ").sort()).toEqual(["a:1", "b:1", "c:1", "d:1"]);
});

test("one that was replaced while it was cut off stops with a word", async () => {
  const nodes = new Nodes();
  await nodes.start("abc");
  nodes.kill("c");
  const { disk } = nodes.at("c");
  nodes.wipe("c");
  await nodes.run("c");
  await nodes.ready("c");
  nodes.kill("c");
  nodes.at("c").disk = disk;
  await nodes.run("c");
  await nodes.clock.until(() => nodes.at("c").stopped !== null, "its end");
  expect(nodes.at("c").stopped).toMatchObject({
    reason: "replaced",
    message: expect.stringMatching(/c:1 belongs to/),
  });
});
