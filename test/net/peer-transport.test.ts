import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { WsPeerProbe } from "../../src/node/net/probe.ts";
import { clusterId } from "../../src/shared/paxos/ids.ts";
import { numbered, started, transportConformance } from "../conformance/transport.ts";
import { NetRig, newNodeId, until } from "./rig.ts";

transportConformance("WebSocket", async () => new NetRig());

let rig: NetRig;
beforeEach(() => {
  rig = new NetRig();
});
afterEach(() => rig.close());

test("sends what waited once the peer listens", async () => {
  const a = started(await rig.add());
  const gone = await rig.add();
  await rig.kill(gone);
  a.transport.learn(gone.id, gone.addr);
  a.transport.send([gone.id], numbered(1));
  a.transport.flush();
  await until(() => a.refused.length > 0);
  const port = Number(gone.addr.split(":")[1]);
  const back = started(await rig.add({ port, id: gone.id }));
  await until(() => back.heard.length > 0);
  expect(back.heard[0]).toEqual({ from: a.id, message: numbered(1) });
});

test("a peer that calls from another port is reached there", async () => {
  const a = started(await rig.add());
  const before = await rig.add();
  a.transport.learn(before.id, before.addr);
  await rig.kill(before);
  const after = started(await rig.add({ id: before.id }));
  expect(after.addr).not.toBe(before.addr);
  after.transport.learn(a.id, a.addr);
  after.transport.send([a.id], numbered(1));
  after.transport.flush();
  await until(() => a.heard.length === 1);
  a.transport.send([after.id], numbered(2));
  a.transport.flush();
  await until(() => after.heard.length === 1);
  expect(after.heard).toEqual([{ from: a.id, message: numbered(2) }]);
});

test("keeps order within a connection, and a turn's messages share one frame", async () => {
  const a = started(await rig.add());
  const b = started(await rig.add());
  a.transport.learn(b.id, b.addr);
  for (let n = 1; n <= 500; n++) a.transport.send([b.id], numbered(n));
  a.transport.flush();
  await until(() => b.heard.length === 500);
  expect(b.heard.map(({ message }) => message)).toEqual(
    Array.from({ length: 500 }, (_, i) => numbered(i + 1)),
  );
});

test("a message far longer than a joined frame arrives", async () => {
  const a = started(await rig.add());
  const b = started(await rig.add());
  a.transport.learn(b.id, b.addr);
  const commands = Array.from({ length: 6 }, (_, i) => new Uint8Array(400_000).fill(i));
  a.transport.send([b.id], numbered(1));
  a.transport.flush();
  await until(() => b.heard.length === 1);
  for (const command of commands) a.transport.send([b.id], { type: "forward", commands: [command] });
  a.transport.send([b.id], { type: "forward", commands });
  a.transport.flush();
  await until(() => b.heard.length === 8);
  expect(
    b.heard.slice(1).map(({ message }) => (message.type === "forward" ? message.commands.length : 0)),
  ).toEqual([1, 1, 1, 1, 1, 1, 6]);
});

test("drops the oldest when too much waits for a peer that does not listen", async () => {
  const a = started(await rig.add());
  const gone = await rig.add();
  await rig.kill(gone);
  a.transport.learn(gone.id, gone.addr);
  for (let i = 0; i < 40; i++) {
    a.transport.send([gone.id], { type: "forward", commands: [new Uint8Array(100_000).fill(i)] });
    a.transport.flush();
  }
  const back = started(await rig.add({ port: Number(gone.addr.split(":")[1]), id: gone.id }));
  await until(() => back.heard.length > 0);
  const first = back.heard[0]?.message;
  expect(first?.type === "forward" && first.commands[0]?.[0]).toBeGreaterThan(20);
});

test("another node at the address is not spoken to, and that is said once", async () => {
  const a = await rig.add();
  const b = await rig.add();
  const meant = newNodeId();
  started(a);
  a.transport.learn(meant, b.addr);
  const { heard } = started(b);
  a.transport.send([meant], numbered(1));
  a.transport.flush();
  await until(() => a.warnings.length > 0);
  expect(a.warnings[0]).toContain("UNREACHABLE");
  expect(heard).toEqual([]);
});

test("another cluster's node is refused", async () => {
  const a = await rig.add();
  const b = await rig.add({ cluster: clusterId("ffffffffffffffffffffffffffffffff") });
  started(a);
  const { heard } = started(b);
  a.transport.learn(b.id, b.addr);
  a.transport.send([b.id], numbered(1));
  a.transport.flush();
  await until(() => a.warnings.length > 0);
  expect(a.warnings[0]).toContain("WRONG_CLUSTER");
  expect(heard).toEqual([]);
});

test("peers prove the token", async () => {
  const a = started(await rig.add({ tokens: { client: null, peer: "secret" } }));
  const b = started(await rig.add({ tokens: { client: null, peer: "secret" } }));
  const c = await rig.add({ tokens: { client: null, peer: "guess" } });
  a.transport.learn(b.id, b.addr);
  a.transport.send([b.id], numbered(1));
  a.transport.flush();
  await until(() => b.heard.length === 1);
  started(c);
  c.transport.learn(b.id, b.addr);
  c.transport.send([b.id], numbered(2));
  c.transport.flush();
  await until(() => c.warnings.length > 0);
  expect(c.warnings[0]).toContain("DENIED");
  expect(b.heard).toHaveLength(1);
});

test("a probe asks a node of which only the address is known", async () => {
  const a = await rig.add();
  started(a);
  const probe = new WsPeerProbe({ id: newNodeId(), addr: "127.0.0.1:1", token: null, cluster: null });
  expect(await probe.ask(a.addr, numbered(1000), 5_000)).toEqual(numbered(1001));
  await rig.kill(a);
  await expect(probe.ask(a.addr, numbered(1000), 5_000)).rejects.toThrow("connection refused");
});

test("a frame that is no message closes its connection and harms no other", async () => {
  const a = started(await rig.add());
  const b = started(await rig.add());
  a.transport.learn(b.id, b.addr);
  a.transport.send([b.id], numbered(1));
  a.transport.flush();
  await until(() => b.heard.length === 1);
  const ws = new WebSocket(`ws://${b.addr}/concoord`);
  const closed = new Promise<string>((resolve) =>
    ws.on("close", (_code, reason) => resolve(reason.toString())),
  );
  ws.on("open", () => ws.send(Buffer.from([0xff, 0xff, 0xff])));
  expect(await closed).toMatch(/^BAD_FRAME /);
  a.transport.send([b.id], numbered(2));
  a.transport.flush();
  await until(() => b.heard.length === 2);
});
