/** Upgrades of whole clusters, in virtual time; more of that in table.ts. */
import { expect, test } from "vitest";
import { nodeId } from "../../src/shared/paxos/ids.ts";
import { objectCodec } from "../../src/shared/wire/values.ts";
import { sceneOf } from "./scene.ts";
import { moduleOf } from "./shelf.ts";
import { failing, one, only, three, two, upgradeTo } from "./versions.ts";

const someNode = nodeId("f".repeat(16));

test("all replicas go on with the new code, and so does the next start", async () => {
  const scene = await sceneOf();
  for (const name of "abc") expect(await scene.offer(name, two)).toMatchObject({ type: "holdsCode" });
  expect(await scene.upgrade(two)).toMatchObject({ type: "upgraded" });
  // Again: it is done already.
  expect(await scene.upgrade(two)).toMatchObject({ type: "upgraded" });
  await scene.increment();
  await scene.same("abc", "value", 11);
  for (const name of "abc") {
    expect(scene.nodes.server(name).machine.code.upgrades).toBe(1);
    expect(scene.nodes.server(name).status().problems).toEqual([]);
  }
  for (const name of "abc") scene.nodes.kill(name);
  // What lies below the upgrade is executed with the old code, which is kept.
  for (const [name, given] of [
    ["a", one],
    ["b", two],
    ["c", two],
  ] as const) {
    scene.nodes.at(name).registry = only(given);
    await scene.nodes.run(name);
  }
  for (const name of "abc") await scene.nodes.ready(name);
  await scene.same("abc", "value", 11);
  expect(scene.nodes.server("b").status().problems).toEqual([]);
});

test("a start that is given new code alone executes the log with the old code, which is kept", async () => {
  const scene = await sceneOf("a");
  scene.nodes.kill("a");
  scene.nodes.at("a").registry = only(two);
  await scene.nodes.run("a");
  const a = scene.nodes.server("a");
  expect(a.node.log.trimmed + a.node.retention.own).toBe(0);
  await scene.nodes.ready("a");
  await scene.same("a", "value", 1);
  expect(a.status().problems).toEqual([expect.stringContaining("in another version than the cluster's")]);
  await scene.connect("a");
  await scene.increment();
  await scene.same("a", "value", 2);
  // It was given the new code: nobody needs to send it.
  expect(await scene.upgrade(two)).toMatchObject({ type: "upgraded" });
  await scene.increment();
  await scene.same("a", "value", 12);
});

test("code that a node will not have is refused", async () => {
  const scene = await sceneOf("a");
  const module = { ...moduleOf(two), classes: [{ name: "Counter", fingerprint: "unknown" }] };
  const refused = { type: "changeRefused", code: "DENIED", message: "no such code" };
  expect(await scene.nodes.ask("a", { type: "offerCode", module })).toMatchObject(refused);
  const of = { name: "Counter", fingerprint: "one" };
  expect(await scene.nodes.ask("a", { type: "fetchCode", of })).toEqual({
    type: "offerCode",
    module: moduleOf(one),
  });
  expect(await scene.nodes.ask("a", { type: "fetchCode", of: { ...of, fingerprint: "two" } })).toMatchObject({
    type: "changeRefused",
  });
});

test("a leader that lacks the new code hands over", async () => {
  const scene = await sceneOf();
  const { nodes } = scene;
  const leader = nodes.leader.name;
  const others = [..."abc"].filter((name) => name !== leader);
  for (const name of others) await scene.offer(name, two);
  const command = objectCodec.encodeCommand(upgradeTo([two], 0, nodes.server("a").node.views.newest.number));
  nodes.tell(leader, someNode, { type: "forward", commands: [command] });
  const leads = (name: string) => nodes.server(name).node.leader.ready;
  await nodes.clock.until(() => others.some(leads), "another leader");
  expect(leads(leader)).toBe(false);
  const [other = ""] = others;
  await scene.connect(other);
  await scene.increment();
  await scene.same(others.join(""), "value", 11);
});

test("a newcomer that has the new code alone begins with the snapshot of the upgrade", async () => {
  const scene = await sceneOf();
  for (const name of "abc") await scene.offer(name, three);
  expect(await scene.upgrade(three)).toMatchObject({ type: "upgraded" });
  await scene.settle();
  expect(scene.nodes.server("a").node.log.trimmed).toBe(0);
  await scene.start("d", three);
  await scene.increment();
  await scene.same("abcd", "total", 2);
});

test("an object that cannot go over: the operator is told, and the old code goes on", async () => {
  const scene = await sceneOf();
  await scene.increment();
  for (const name of "abc") await scene.offer(name, failing);
  expect(await scene.upgrade(failing)).toEqual({
    type: "changeRefused",
    code: "DENIED",
    message: "no object changed: Counter/main: too much",
  });
  await scene.increment();
  await scene.same("abc", "value", 3);
});

test("old code is forgotten when no start needs it any more, code that was sent is not", async () => {
  const scene = await sceneOf("a");
  const { nodes } = scene;
  await scene.offer("a", two);
  await scene.upgrade(two);
  const kept = () => scene.keeper("a").kept.map((entry) => entry.fingerprint);
  expect(kept()).toEqual(["one", "two"]);
  nodes.kill("a");
  nodes.at("a").registry = only(two);
  await nodes.run("a");
  await nodes.ready("a");
  await scene.same("a", "value", 1);
  await scene.offer("a", three);
  for (let i = 0; i < 3; i++) await nodes.ask("a", { type: "takeSnapshot" });
  const { log } = nodes.server("a").node;
  await nodes.clock.until(() => log.trimmed > 0, "a log that was trimmed");
  expect(kept()).toEqual(["two", "three"]);
});
