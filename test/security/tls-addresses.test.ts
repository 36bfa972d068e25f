/** A client that was given wss:// alone never dials without TLS, and says what was wrong with certificates. */
import { expect, test } from "vitest";
import { schemeOf } from "../../src/shared/client/addresses.ts";
import { session } from "../../src/shared/client/index.ts";
import type { ClientLink, ClientLinkEvents } from "../../src/shared/wire/link.ts";
import { FakeCluster } from "../client/fake-cluster.ts";
import { Counter, watch } from "../client/world.ts";

class Noted extends FakeCluster {
  readonly dialled: string[] = [];

  override dial(
    addr: string,
    cluster: string | null,
    token: string | null,
    events: ClientLinkEvents,
  ): ClientLink {
    this.dialled.push(addr);
    return super.dial(addr.replace(/^wss:\/\//, ""), cluster, token, events);
  }
}

test("members that nodes tell of are dialled as those that were given", async () => {
  const world = new Noted();
  world.leader = 2;
  const counter = world.client().connect(Counter, `wss://${world.node(0).addr}`);
  await world.clock.until(() => world.node(2).links.size === 1 && world.node(0).links.size === 0, "the move");
  const call = watch(counter.increment());
  await world.clock.until(() => call.done);
  world.node(2).up = false;
  world.node(2).cut();
  world.lead(1);
  await world.clock.until(() => world.node(1).links.size === 1, "the second move");
  expect(new Set(world.dialled)).toEqual(new Set(world.nodes.map(({ addr }) => `wss://${addr}`)));
});

test.each([
  [["wss://a:1"], "wss://b:2"],
  [["WSS://a:1", "wss://proxy.example/concoord"], "wss://b:2"],
  [["wss://a:1", "c:3"], "b:2"],
  [["ws://a:1"], "b:2"],
  [["a:1"], "b:2"],
  [[], "b:2"],
])("given %j, b:2 is %s", (given, dialled) => {
  expect(schemeOf(given)("b:2")).toBe(dialled);
});

test("what is wrong with a certificate stands in the error, as long as it is", async () => {
  const world = new Noted();
  for (const node of world.nodes)
    node.rejects = { code: "UNREACHABLE", message: "its certificate has expired" };
  const { addr } = world.node(0);
  const call = watch(world.client().connect(Counter, `wss://${addr}`, { timeout: 1_000 }).increment());
  await world.clock.until(() => call.done);
  expect(call.error).toMatchObject({
    code: "UNREACHABLE",
    cause: { message: `no node answers at wss://${addr}; wss://${addr}: its certificate has expired` },
  });
});

test("it is forgotten once a node answers", async () => {
  const world = new Noted();
  world.node(0).rejects = { code: "UNREACHABLE", message: "its certificate has expired" };
  const counter = world.client().connect(Counter, world.boot, { timeout: 1_000 });
  await world.clock.until(() => counter[session].state === "open");
  for (const node of world.nodes) {
    node.up = false;
    node.cut();
  }
  const call = watch(counter.increment());
  await world.clock.until(() => call.done);
  expect(String(call.error)).not.toContain("expired");
});
