/** The Relay forwards what it does not read, ends with either side, and knows whose pages may come. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter } from "../../examples/counter/counter.ts";
import { openSession } from "../../src/node/index.ts";
import { Cluster } from "../process/cluster.ts";
import { freePorts } from "../process/processes.ts";
import { end, frames, Listener, RelayRig } from "./rig.ts";

describe("with nodes that only listen", () => {
  let node: Listener;
  let rig: RelayRig;
  beforeAll(async () => {
    node = await Listener.start();
    const [silent] = await freePorts(1);
    rig = await RelayRig.start(`127.0.0.1:${silent},${node.addr}`);
  });
  afterAll(async () => {
    await rig?.stop();
    node?.stop();
  });

  async function pair() {
    const client = await rig.open();
    const { socket, path } = await node.next();
    // As every client begins with its hello.
    const hello = frames(socket, 1);
    client.send("hello");
    await hello;
    return { client, upstream: socket, path };
  }

  test("frames go both ways as they are, in order, through the node that answers", async () => {
    const { client, upstream, path } = await pair();
    expect(path).toBe("/concoord?relayed");
    const up = Array.from({ length: 200 }, (_, i) => randomBytes(1 + i * 7));
    const down = [...up, randomBytes(1_000_000)];
    const [atNode, atClient] = [frames(upstream, up.length), frames(client, down.length)];
    for (const frame of up) client.send(frame);
    for (const frame of down) upstream.send(frame);
    expect(Buffer.concat(await atNode).equals(Buffer.concat(up))).toBe(true);
    expect(Buffer.concat(await atClient).equals(Buffer.concat(down))).toBe(true);
    client.terminate();
    await end(upstream);
  });

  test("each side's end comes to the other with its code and reason", async () => {
    const first = await pair();
    first.upstream.close(4000, "DENIED a token is due");
    expect(await end(first.client)).toEqual([4000, "DENIED a token is due"]);
    const second = await pair();
    second.client.close(4000, "BAD_FRAME bytes");
    expect(await end(second.upstream)).toEqual([4000, "BAD_FRAME bytes"]);
    const third = await pair();
    third.upstream.terminate();
    expect((await end(third.client))[0]).toBe(1011);
  });

  test("several clients do not get each other's frames", async () => {
    const pairs = [await pair(), await pair(), await pair()];
    const got = pairs.map(({ client }) => frames(client, 1));
    for (const [i, { upstream }] of pairs.entries()) upstream.send(Buffer.from([i]));
    expect((await Promise.all(got)).map(([frame]) => frame?.[0])).toEqual([0, 1, 2]);
    for (const { client } of pairs) client.terminate();
  });

  test("pages of other origins, other paths and plain requests are refused", async () => {
    expect(await rig.connect({ origin: "https://elsewhere.example" })).toBe(403);
    expect(await rig.connect({ origin: "null" })).toBe(403);
    expect(await rig.connect({}, "/other")).toBe(404);
    expect((await fetch(`http://${rig.host}/concoord`)).status).toBe(426);
    const own = await rig.open({ origin: `http://${rig.host}` });
    const { socket } = await node.next();
    own.close();
    await end(socket);
  });

  test("a client that was there before the Relay slept is closed when it speaks", async () => {
    const client = await rig.open({}, "/concoord?sleeps");
    await rig.hibernate();
    expect(client.readyState).toBe(client.OPEN);
    client.send(randomBytes(10));
    expect(await end(client)).toEqual([1001, "the relay slept: connect again"]);
  });
});

test("no node answers: the client is told so by HTTP", async () => {
  const ports = await freePorts(2);
  const rig = await RelayRig.start(ports.map((port) => `127.0.0.1:${port}`).join(","));
  try {
    expect(await rig.connect()).toBe(502);
  } finally {
    await rig.stop();
  }
});

test("a session outlives its Relay, again and again: no call is lost or doubled", async () => {
  const cluster = await Cluster.start(1);
  const rig = await RelayRig.start(cluster.bootstrap);
  try {
    await using session = openSession(rig.bootstrap);
    const states: string[] = [];
    let lost = 0;
    session.addEventListener("connection", ({ state }) => states.push(state));
    session.addEventListener("sessionlost", () => lost++);
    const counter = session.object(Counter);
    for (let round = 1; round <= 3; round++) {
      const calls = Array.from({ length: 200 }, () => counter.increment());
      await calls[10];
      await rig.abort();
      await Promise.all(calls);
      expect(await counter.getvalue()).toBe(200 * round);
    }
    expect(lost).toBe(0);
    expect(states.filter((state) => state === "lost")).toHaveLength(3);
  } finally {
    await rig.stop();
    await cluster.stop();
  }
});

test("a session begins anew with another connection when the Relay slept", async () => {
  const cluster = await Cluster.start(1);
  const rig = await RelayRig.start(cluster.bootstrap);
  try {
    await using session = openSession(`${rig.bootstrap}?once`);
    const counter = session.object(Counter);
    await counter.increment();
    expect(await counter.getvalue()).toBe(1);
  } finally {
    await rig.stop();
    await cluster.stop();
  }
});
