/** The limits of a gateway, hit by what raw clients say, in virtual time. */
import { expect, test } from "vitest";
import {
  callsPerCommandMax,
  callsPerSecondMax,
  clientCommandsBytesMax,
  commandBytesMax,
  connectionBytesMax,
  requestsPerSecondMax,
} from "../../src/shared/limits.ts";
import { type SessionId, seq } from "../../src/shared/object/types.ts";
import { encodeCommand } from "../../src/shared/wire/command-codec.ts";
import type { ClientMessage } from "../../src/shared/wire/messages.ts";
import { encodeCalls } from "../../src/shared/wire/values.ts";
import { increment, RawClient, startAlone } from "../server/rig.ts";

function secretOf(n: number): string {
  return n.toString(16).padStart(32, "0");
}

function command(session: SessionId, firstSeq: number, n: number, payload: Uint8Array): ClientMessage {
  const numbers = { firstSeq: seq(firstSeq), n, ackedSeq: seq(0), ackedLate: [] };
  return { type: "command", bytes: encodeCommand({ type: "calls", session, ...numbers, payload }) };
}

function increments(session: SessionId, n: number): ClientMessage {
  const calls = Array.from({ length: n }, () => ({ object: "Counter/main", method: "increment", args: [] }));
  return command(session, 1, n, encodeCalls(calls));
}

test("calls of one session in a second, also when they were answered before", async () => {
  const { server, clock } = await startAlone();
  const client = new RawClient(server);
  const session = await client.open(clock, secretOf(1), 60_000);
  const again = increments(session, callsPerCommandMax);
  client.say(again);
  await clock.pass(2_000);
  for (let n = 0; n < callsPerSecondMax; n += callsPerCommandMax) client.say(again);
  expect(client.of("refused")).toEqual([]);
  client.say(again);
  const message = expect.stringMatching(/calls of one session in a second: send again later$/);
  expect(client.of("refused")).toMatchObject([{ firstSeq: 1, code: "BUSY", message }]);
  await clock.pass(1_000);
  client.say(again);
  expect(client.of("refused")).toHaveLength(1);
});

test("requests of one connection in a second", async () => {
  const { server, clock } = await startAlone();
  const client = new RawClient(server);
  for (let n = 0; n < requestsPerSecondMax; n++) client.say({ type: "ping" });
  await clock.pass(1_000);
  client.say({ type: "ping" });
  expect(client.closed).toBe("open");
  for (let n = 0; n < requestsPerSecondMax; n++) client.say({ type: "ping" });
  expect(client.closed).toMatchObject({ code: "BUSY", message: expect.stringContaining("connect again") });
});

test("bytes under way of one connection, and of all", async () => {
  const { server, clock } = await startAlone();
  const [first, second] = [new RawClient(server), new RawClient(server)];
  const session = await first.open(clock, secretOf(1), 60_000);
  const other = await second.open(clock, secretOf(2), 60_000);
  const large = new Uint8Array(commandBytesMax - 100);
  // The first call is missing: what follows it waits.
  const fill = (client: RawClient, of: SessionId) => {
    for (let n = 2; n * large.length <= connectionBytesMax + large.length; n++)
      client.say(command(of, n, 1, large));
  };
  fill(first, session);
  expect(first.of("refused")).toEqual([]);
  first.say(command(session, 500, 1, large));
  const message = `more than ${connectionBytesMax} bytes of one connection are under way: wait for answers`;
  expect(first.of("refused")).toMatchObject([{ firstSeq: 500, code: "BUSY", message }]);
  const clients = [second];
  for (let bytes = connectionBytesMax; bytes <= clientCommandsBytesMax; bytes += connectionBytesMax)
    clients.push(new RawClient(server));
  fill(second, other);
  for (const [n, client] of clients.slice(1).entries())
    fill(client, await client.open(clock, secretOf(n + 3), 60_000));
  const refused = clients.flatMap((client) => client.of("refused"));
  expect(refused[0]).toMatchObject({
    code: "BUSY",
    message: expect.stringContaining("at this node: try again later"),
  });
  first.hangUp();
  for (const client of clients) client.hangUp();
  const third = new RawClient(server);
  const free = await third.open(clock, secretOf(99), 60_000);
  third.say(increment(free, 1));
  await clock.pass(100);
  expect(third.of("answer")).toHaveLength(1);
});
