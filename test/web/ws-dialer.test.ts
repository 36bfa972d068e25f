/** The dialer of browsers and Workers, on the WebSocket of Node, against real listeners. */
import { webcrypto } from "node:crypto";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { joinedBytesMax } from "../../src/shared/limits.ts";
import { type ClusterId, clusterId } from "../../src/shared/paxos/ids.ts";
import type { ClientLink, CloseReason, ServerLink } from "../../src/shared/wire/link.ts";
import type { ClientMessage, ServerMessage } from "../../src/shared/wire/messages.ts";
import { webRuntime } from "../../src/web/runtime.ts";
import { cluster, NetRig, until } from "../net/rig.ts";

const rig = new NetRig();
afterAll(() => rig.close());
afterEach(() => vi.unstubAllGlobals());

const runtime = webRuntime({ soon: (run) => void setImmediate(run) });

/** A node that keeps what it hears and greets who comes. */
async function node(token: string | null = null) {
  const frames: (readonly ClientMessage[])[] = [];
  const links: ServerLink[] = [];
  const started = await rig.add({
    tokens: { client: token, peer: null },
    client: (link) => {
      links.push(link);
      link.send({ type: "pong" });
      link.flush();
      return { receive: (messages) => void frames.push(messages), closed: () => links.splice(0) };
    },
  });
  return { ...started, frames, links };
}

/** A link, and what it told. */
function dial(
  addr: string,
  { of = null, token = null }: { of?: ClusterId | null; token?: string | null } = {},
) {
  const heard: ServerMessage[] = [];
  const opened: ClusterId[] = [];
  const closed: CloseReason[] = [];
  const link: ClientLink = runtime.dialer.dial(addr, of, token, {
    open: (found) => void opened.push(found),
    receive: (messages) => void heard.push(...messages),
    closed: (reason) => void closed.push(reason),
  });
  return { link, heard, opened, closed };
}

/** @returns why it closed, its code or "ended" */
async function reasonOf({ closed }: { readonly closed: readonly CloseReason[] }): Promise<string> {
  await until(() => closed.length > 0);
  expect(closed).toHaveLength(1);
  return closed[0]?.code ?? "ended";
}

describe("the dialer of the web", () => {
  test("opens, sends a turn in one frame, and hears what comes right behind the hello", async () => {
    const { addr, frames, links } = await node();
    const { link, heard, opened } = dial(addr, { of: cluster });
    link.send({ type: "ping" });
    link.send({ type: "follow" });
    link.flush();
    await until(() => frames.length === 1 && heard.length === 1);
    expect(opened).toEqual([cluster]);
    expect(frames).toEqual([[{ type: "ping" }, { type: "follow" }]]);
    expect(heard).toEqual([{ type: "pong" }]);
    link.close();
    await until(() => links.length === 0);
    link.send({ type: "ping" });
    link.flush();
  });

  test("sends in several frames what is too long for one", async () => {
    const { addr, frames } = await node();
    const { link } = dial(addr);
    const bytes = new Uint8Array(joinedBytesMax - 1).fill(7);
    for (let i = 0; i < 3; i++) link.send({ type: "command", bytes });
    link.flush();
    await until(() => frames.length === 3);
    expect(frames.flat()).toEqual(
      Array.from({ length: 3 }, () => ({ type: "command", bytes: expect.anything() })),
    );
    link.close();
  });

  test.each([true, false])(
    "proves its token, and hears why it is refused (with the platform's hash: %s)",
    async (has) => {
      const { addr, frames } = await node("secret");
      if (!has)
        vi.stubGlobal("crypto", { getRandomValues: (of: Uint8Array) => webcrypto.getRandomValues(of) });
      const good = dial(addr, { token: "secret" });
      good.link.send({ type: "ping" });
      good.link.flush();
      await until(() => frames.length === 1);
      good.link.close();
      expect(await reasonOf(dial(addr, { token: "wrong" }))).toBe("DENIED");
      expect(await reasonOf(dial(addr))).toBe("DENIED");
      expect(await reasonOf(dial((await node()).addr, { token: "secret" }))).toBe("DENIED");
      expect((await runtime.sha256(Uint8Array.of(1))).slice(0, 3)).toEqual(Uint8Array.of(0x4b, 0xf5, 0x12));
    },
  );

  test("says once why it closed, and takes no close code for a reason", async () => {
    const { addr, links, listener } = await node();
    expect(await reasonOf(dial(addr, { of: clusterId("f".repeat(32)) }))).toBe("WRONG_CLUSTER");
    const refused = dial(addr);
    await until(() => refused.opened.length === 1 && links.length === 1);
    links.pop()?.close({ code: "BUSY", message: "later" });
    expect(await reasonOf(refused)).toBe("BUSY");
    const ended = dial(addr);
    await until(() => ended.opened.length === 1 && links.length === 1);
    links.pop()?.close(null);
    expect(await reasonOf(ended)).toBe("ended");
    await listener.close();
    expect(await reasonOf(dial(addr))).toBe("ended");
    expect(await reasonOf(dial("ws://["))).toBe("ended");
  });

  test("is silent after it was closed, also while it connects", async () => {
    const { addr } = await node();
    const early = dial(addr);
    early.link.close();
    const other = dial(addr);
    await until(() => other.heard.length === 1);
    expect([early.opened, early.closed, early.heard]).toEqual([[], [], []]);
    other.link.close();
  });
});

test("without a page there is no default, and no server to look domains up at", async () => {
  expect(() => runtime.defaultBootstrap()).toThrow(/give host:port/);
  await expect(runtime.resolve("counter.example", null)).rejects.toThrow(/give doh/);
  vi.stubGlobal("location", { origin: "https://node.example:14000" });
  expect(runtime.defaultBootstrap()).toBe("wss://node.example:14000");
  vi.stubGlobal("location", { origin: "null" });
  expect(() => runtime.defaultBootstrap()).toThrow(TypeError);
});
