/** Messages between nodes, traced: a line for each, and a bounded number of lines. */
import { expect, test } from "vitest";
import { type TraceLine, traced } from "../../src/node/log/traced-transport.ts";
import { tracedMessagesMax } from "../../src/shared/limits.ts";
import type { NodeId } from "../../src/shared/paxos/ids.ts";
import type { Transport, TransportEvents } from "../../src/shared/server/transport.ts";
import type { PeerMessage } from "../../src/shared/wire/messages.ts";

const [a, b] = ["aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"] as NodeId[] as [NodeId, NodeId];
const message: PeerMessage = { type: "catchup", from: 3 as never };

function rig() {
  const lines: Parameters<TraceLine>[0][] = [];
  const sent: unknown[] = [];
  let heard: TransportEvents | null = null;
  const inner: Transport = {
    start: (events) => {
      heard = events;
    },
    learn: () => undefined,
    send: (to, m) => void sent.push([to, m]),
    flush: () => undefined,
    close: () => Promise.resolve(),
  };
  let now = 0;
  const transport = traced(
    inner,
    (line) => lines.push(line),
    () => now,
  );
  const pass = (ms: number) => {
    now += ms;
  };
  return { lines, sent, transport, pass, events: () => heard as unknown as TransportEvents };
}

test("both ways and replies, and nothing else changes", () => {
  const { lines, sent, transport, events } = rig();
  const received: unknown[] = [];
  transport.start({
    receive: (from, m, reply) => {
      received.push([from, m]);
      reply(message);
    },
    refused: (peer) => received.push(peer),
  });
  transport.send([a, b], message);
  const replies: unknown[] = [];
  events().receive(a, message, (m) => replies.push(m));
  events().refused(b);
  expect(sent).toEqual([[[a, b], message]]);
  expect(received).toEqual([[a, message], b]);
  expect(replies).toEqual([message]);
  const body = "{type:catchup,from:3}";
  expect(lines).toEqual([
    { to: [a, b], type: "catchup", body },
    { from: a, type: "catchup", body },
    { to: [a], type: "catchup", body },
  ]);
});

test("of more than so many a second only their number is told", () => {
  const { lines, sent, transport, pass } = rig();
  for (let i = 0; i < tracedMessagesMax + 40; i++) transport.send([a], message);
  expect([lines.length, sent.length]).toEqual([tracedMessagesMax, tracedMessagesMax + 40]);
  pass(1_000);
  transport.send([a], message);
  expect(lines.slice(tracedMessagesMax)).toEqual([
    { untold: 40 },
    expect.objectContaining({ type: "catchup" }),
  ]);
});
