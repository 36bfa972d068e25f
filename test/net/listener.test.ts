import { request } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { WsDialer } from "../../src/node/net/dialer.ts";
import { Listener, PortError } from "../../src/node/net/listener.ts";
import { sessionId } from "../../src/shared/object/types.ts";
import type { CloseReason, ServerLink } from "../../src/shared/wire/link.ts";
import type { ClientMessage, ServerMessage } from "../../src/shared/wire/messages.ts";
import { cluster, NetRig, until } from "./rig.ts";

let rig: NetRig;
beforeEach(() => {
  rig = new NetRig();
});
afterEach(() => rig.close());

/** A node that notes what clients send, and answers each frame with one pong for each message. */
async function echoNode(token: string | null = null) {
  const frames: (readonly ClientMessage[])[] = [];
  const gone: ServerLink[] = [];
  const node = await rig.add({
    tokens: { client: token, peer: null },
    client: (link) => {
      link.send({ type: "members", id: node.id, leader: null, view: 1, members: [] });
      link.flush();
      return {
        receive: (messages) => {
          frames.push(messages);
          for (const _ of messages) link.send({ type: "pong" });
          link.flush();
        },
        closed: () => gone.push(link),
      };
    },
  });
  return { ...node, frames, gone };
}

function client(addr: string, token: string | null = null) {
  const heard: ServerMessage[] = [];
  const opened: string[] = [];
  const closed: CloseReason[] = [];
  const link = new WsDialer().dial(addr, null, token, {
    open: (found, node) => opened.push(`${found} ${node}`),
    receive: (messages) => heard.push(...messages),
    closed: (reason) => closed.push(reason),
  });
  return { link, heard, opened, closed };
}

test("a client is greeted at once, and the messages of a turn arrive together", async () => {
  const node = await echoNode();
  const { link, heard, opened } = client(node.addr);
  for (let i = 0; i < 3; i++) link.send({ type: "ping" });
  link.send({ type: "close", session: sessionId("3.0") });
  link.flush();
  await until(() => heard.length === 5);
  expect(opened).toEqual([`${cluster} ${node.id}`]);
  expect(heard.map((m) => m.type)).toEqual(["members", "pong", "pong", "pong", "pong"]);
  expect(node.frames.map((f) => f.length)).toEqual([4]);
  link.close();
  await until(() => node.gone.length === 1);
});

test("a client that cannot connect, or does not know the token, is told why once", async () => {
  const node = await echoNode("secret");
  const wrong = client(node.addr, "guess");
  await until(() => wrong.closed.length > 0);
  expect(wrong.closed[0]?.code).toBe("DENIED");
  const right = client(node.addr, "secret");
  await until(() => right.opened.length > 0);
  right.link.close();
  await rig.kill(node);
  const late = client(node.addr, "secret");
  await until(() => late.closed.length > 0);
  expect(late.closed).toEqual([null]);
});

test("a server's refusal reaches the client with its code", async () => {
  const node = await rig.add({
    client: (link) => ({
      receive: () => link.close({ code: "DENIED", message: "not yours" }),
      closed: () => undefined,
    }),
  });
  const { link, closed } = client(node.addr);
  link.send({ type: "ping" });
  link.flush();
  await until(() => closed.length > 0);
  expect(closed).toEqual([{ code: "DENIED", message: "not yours" }]);
});

test("a client's bad frame ends its connection and no other", async () => {
  const node = await echoNode();
  const good = client(node.addr);
  await until(() => good.heard.length === 1);
  const ws = new WebSocket(`ws://${node.addr}/concoord`);
  const closed = new Promise<string>((resolve) => ws.on("close", (_c, reason) => resolve(reason.toString())));
  ws.on("open", () => ws.send("text"));
  expect(await closed).toMatch(/^BAD_FRAME /);
  good.link.send({ type: "ping" });
  good.link.flush();
  await until(() => good.heard.length === 2);
  good.link.close();
});

test("pages of other origins may not connect, and other paths are no WebSockets", async () => {
  const { addr } = await rig.add({ members: ["node.example:443", "10.0.0.9:14000"] });
  const status = (path: string, origin?: string) =>
    new Promise((resolve, reject) => {
      const ws = new WebSocket(`ws://${addr}${path}`, origin === undefined ? {} : { origin });
      ws.on("unexpected-response", (_request, response) => resolve(response.statusCode));
      ws.on("open", () => {
        ws.terminate();
        resolve("open");
      });
      ws.on("error", reject);
    });
  expect(await status("/concoord", "http://evil.example")).toBe(403);
  expect(await status("/concoord", `http://${addr}`)).toBe("open");
  // A page that came from another member goes on with this one when that one fails.
  expect(await status("/concoord", "http://10.0.0.9:14000")).toBe("open");
  expect(await status("/concoord", "https://node.example")).toBe("open");
  expect(await status("/concoord", "http://node.example")).toBe(403);
  expect(await status("/concoord", "http://10.0.0.9:14001")).toBe(403);
  expect(await status("/concoord", "null")).toBe(403);
  expect(await status("/concoord")).toBe("open");
  expect(await status("/other")).toBe(404);
});

test("a port that is taken is named", async () => {
  const { listener } = await echoNode();
  const again = Listener.bind("127.0.0.1", listener.port);
  await expect(again).rejects.toThrow(PortError);
  await expect(again).rejects.toThrow(`port ${listener.port} on 127.0.0.1 is in use`);
});

test("answers 503 before it serves, HTTP after", async () => {
  const listener = await Listener.bind("127.0.0.1", 0);
  const status = await new Promise((resolve) => {
    request({ port: listener.port, host: "127.0.0.1", path: "/" }, (r) => resolve(r.statusCode)).end();
  });
  expect(status).toBe(503);
  await listener.close();
  const node = await rig.add();
  expect(await (await fetch(`http://${node.addr}/`)).text()).toBe("hello\n");
});
