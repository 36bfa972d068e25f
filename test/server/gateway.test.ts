/** What a node does with what its clients say, also with what no well-behaved client says. */
import { expect, test } from "vitest";
import { callsInFlightMax, commandBytesMax, sessionsPerConnectionMax } from "../../src/shared/limits.ts";
import { seq, sessionId } from "../../src/shared/object/types.ts";
import { hash, increment, RawClient, startAlone } from "./rig.ts";

const secret = "0123456789abcdef0123456789abcdef";

test("a cancel whose earlier call never comes does not keep its session alive", async () => {
  const { server, clock } = await startAlone();
  const client = new RawClient(server);
  const session = await client.open(clock, secret, 1_000);
  client.say({ type: "cancel", session, seqs: [seq(2)] });
  client.hangUp();
  await clock.pass(10_000);
  expect(server.machine.session(session)).toBeNull();
  const { decided } = server.status();
  await clock.pass(60_000);
  expect(server.status().decided).toBe(decided);
});

test("while it is connected, a cancel that is remembered is not proposed again", async () => {
  const { server, clock } = await startAlone();
  const client = new RawClient(server);
  const session = await client.open(clock, secret, 60_000);
  client.say({ type: "cancel", session, seqs: [seq(2), seq(5_000)] });
  await clock.pass(1_000);
  const { decided } = server.status();
  await clock.pass(5_000);
  expect(server.status().decided).toBe(decided);
  client.say(increment(session, 1), increment(session, 2), increment(session, 3));
  await clock.pass(100);
  // The skipped call is answered when it is skipped, and again when it arrives.
  const outcomes = new Map(client.of("answer").map(({ seq: of, outcome }) => [Number(of), outcome.type]));
  expect([...outcomes]).toEqual([
    [1, "returned"],
    [2, "refused"],
    [3, "returned"],
  ]);
});

test("a session answers only to the connection that proved it", async () => {
  const { server, clock } = await startAlone();
  const owner = new RawClient(server);
  const session = await owner.open(clock, secret, 60_000);
  const thieves = [
    increment(session, 1),
    { type: "cancel", session, seqs: [seq(1)] } as const,
    { type: "close", session } as const,
    { type: "attach", session, secret: "f".repeat(32) } as const,
  ];
  for (const message of thieves) {
    const thief = new RawClient(server);
    thief.say(message);
    await clock.pass(100);
    expect(thief.closed).toMatchObject({ code: "DENIED" });
  }
  owner.say(increment(session, 1));
  await clock.pass(100);
  expect(owner.of("answer").map(({ seq: of, outcome }) => [of, outcome.type])).toEqual([[1, "returned"]]);
});

test("bytes that are no command close the connection that sent them, and no other", async () => {
  const { server, clock } = await startAlone();
  const good = new RawClient(server);
  const session = await good.open(clock, secret, 60_000);
  const bad = new RawClient(server);
  bad.say({ type: "command", bytes: new Uint8Array([0xff, 0x00]) });
  expect(bad.closed).toMatchObject({ code: "BAD_FRAME" });
  good.say(increment(session, 1));
  await clock.pass(100);
  expect(good.closed).toBe("open");
  expect(good.of("answer")).toHaveLength(1);
});

test("a command that no frame or log record could hold is refused, and nobody else suffers", async () => {
  const { server, clock } = await startAlone();
  const good = new RawClient(server);
  const session = await good.open(clock, secret, 60_000);
  const bad = new RawClient(server);
  bad.say({ type: "command", bytes: new Uint8Array(commandBytesMax + 1) });
  expect(bad.closed).toMatchObject({ code: "BAD_FRAME" });
  good.say(increment(session, 1));
  await clock.pass(100);
  expect(good.of("answer")).toHaveLength(1);
});

test("one client can neither claim, open nor leave more than its share", async () => {
  const { server, clock } = await startAlone();
  const client = new RawClient(server);
  const session = await client.open(clock, secret, 60_000);
  client.say(increment(session, callsInFlightMax + 1), increment(session, callsInFlightMax));
  expect(client.of("refused").map((m) => [Number(m.firstSeq), m.code])).toEqual([
    [callsInFlightMax + 1, "BUSY"],
  ]);
  for (let i = 0; i < sessionsPerConnectionMax; i++) {
    client.say({ type: "open", secret: i.toString(16).padStart(32, "0"), ttl: 1_000 });
  }
  expect(client.of("openRefused")).toHaveLength(1);
  const claims = Array.from({ length: sessionsPerConnectionMax + 1 }, (_, i) => {
    return { type: "attach", session: sessionId(`${1_000_000 + i}.0`), secret } as const;
  });
  const claimer = new RawClient(server);
  claimer.say(...claims);
  expect(claimer.closed).toMatchObject({ code: "BUSY" });
  await clock.pass(1_000);
  const later = new RawClient(server);
  later.say({ type: "attach", session, secret });
  expect(later.of("attached")).toHaveLength(1);
});

test("a session belongs to who knows its secret, not to who knows its hash", async () => {
  const { server, clock } = await startAlone();
  const owner = new RawClient(server);
  const session = await owner.open(clock, secret, 60_000);
  const thief = new RawClient(server);
  thief.say({ type: "open", secret: hash(secret).slice(0, 32), ttl: 1_000 });
  await clock.pass(100);
  expect(thief.of("opened").map((m) => m.session)).not.toContain(session);
});
