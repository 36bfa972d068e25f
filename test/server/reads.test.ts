/** Declared reads at a node: what they wait for, what they are told, and what one client may leave waiting. */
import { expect, test } from "vitest";
import { callsInFlightMax } from "../../src/shared/limits.ts";
import { type SessionId, seq } from "../../src/shared/object/types.ts";
import { type Slot, slot } from "../../src/shared/paxos/slot.ts";
import { Attachment, Connection } from "../../src/shared/server/connection.ts";
import { Reads } from "../../src/shared/server/reads.ts";
import { Together } from "../../src/shared/server/together.ts";
import { everybody } from "../../src/shared/wire/identity.ts";
import type { ReadMessage, ServerMessage } from "../../src/shared/wire/messages.ts";
import { decodeValue, encodeCalls, objectCodec } from "../../src/shared/wire/values.ts";
import { VirtualClock } from "../client/virtual-clock.ts";
import { increments, Log } from "../object/machine.ts";
import { increment, RawClient, startAlone } from "./rig.ts";

const secret = "0123456789abcdef0123456789abcdef";

function getvalue(
  session: SessionId,
  id: number,
  after = 0,
  local: number | null = null,
  n = 1,
): ReadMessage {
  const call = { object: "Counter/main", method: "getvalue", args: [] };
  return {
    type: "read",
    session,
    id,
    n,
    after: seq(after),
    local: local === null ? null : slot(local),
    payload: encodeCalls(Array(n).fill(call)),
  };
}

function values(heard: readonly ServerMessage[]): unknown[] {
  return heard
    .filter((m) => m.type === "readAnswer")
    .map(({ id, outcome }) => [
      id,
      outcome.type === "returned"
        ? decodeValue(outcome.value)
        : outcome.type === "refused"
          ? outcome.code
          : null,
    ]);
}

/** A client attached to a node that executes only what the test says, and is told when it asks the core. */
class Rig {
  readonly log = new Log();
  readonly session = this.log.open();
  readonly heard: ServerMessage[] = [];
  readonly asked: number[] = [];
  readonly reads = new Reads(
    this.log.machine,
    objectCodec,
    (token) => this.asked.push(token),
    () => 1,
  );
  readonly connection = this.connect();
  private executed = 0;

  connect(): Connection {
    const link = {
      send: (m: ServerMessage) => this.heard.push(m),
      flush: () => undefined,
      close: () => undefined,
    };
    const clock = new VirtualClock(1);
    const { now } = clock.moment();
    const connection = new Connection(link, everybody, now, this.log.machine, new Together(clock));
    connection.sessions.set(this.session, new Attachment(this.session, 1_000, connection, now));
    return connection;
  }

  get attachment(): Attachment {
    return this.connection.sessions.get(this.session) as Attachment;
  }

  read(...about: readonly [id: number, after?: number, local?: number | null, n?: number]): void {
    this.reads.add(this.connection, getvalue(this.session, ...about));
  }

  increment(): void {
    this.log.apply(increments(this.session, ++this.executed, 1));
    this.reads.turned();
  }

  confirm(token: number, at: Slot = this.log.machine.executed): void {
    this.reads.confirmed([{ token, slot: at }]);
    this.reads.turned();
  }

  get values(): unknown[] {
    return values(this.heard);
  }
}

test("a read runs when the core has answered, its slot is executed, and the session's writes are", () => {
  const rig = new Rig();
  const at = rig.log.machine.executed;
  rig.read(1, 1);
  rig.reads.turned();
  expect([rig.asked, rig.values]).toEqual([[1], []]);
  rig.confirm(1, slot(at + 2));
  expect(rig.values).toEqual([]);
  rig.increment();
  expect(rig.values).toEqual([]);
  rig.increment();
  expect(rig.values).toEqual([[1, 2]]);
  rig.read(2, 3);
  rig.reads.turned();
  rig.confirm(2);
  expect(rig.values).toHaveLength(1);
  rig.increment();
  expect(rig.values).toEqual([
    [1, 2],
    [2, 3],
  ]);
});

test("one question serves what came before it left; what comes later asks again, and then gathers", () => {
  const rig = new Rig();
  rig.read(1);
  rig.read(2, 0, null, 3);
  rig.reads.turned();
  rig.read(5);
  rig.reads.turned();
  rig.read(6);
  rig.reads.turned();
  rig.read(7);
  expect(rig.asked).toEqual([1, 2]);
  rig.confirm(1);
  expect(rig.values.map((v) => (v as unknown[])[0])).toEqual([1, 2, 3, 4]);
  expect(rig.asked).toEqual([1, 2, 3]);
  rig.confirm(1);
  rig.confirm(3);
  rig.confirm(2);
  expect(rig.values.map((v) => (v as unknown[])[0])).toEqual([1, 2, 3, 4, 6, 7, 5]);
  expect([rig.attachment.reads, rig.connection.bytes]).toEqual([0, 0]);
});

test("a local read asks nobody, and waits for what its session saw and wrote", () => {
  const rig = new Rig();
  const at = rig.log.machine.executed;
  rig.read(1, 0, at);
  expect(rig.values).toEqual([[1, 0]]);
  rig.read(2, 0, at + 1);
  rig.read(3, 2, at);
  expect(rig.values).toHaveLength(1);
  rig.increment();
  rig.increment();
  expect(rig.values).toEqual([
    [1, 0],
    [2, 1],
    [3, 2],
  ]);
  expect(rig.asked).toEqual([]);
});

test("reads go with their connection and with their session", () => {
  const rig = new Rig();
  rig.read(1);
  rig.read(2, 5, 0);
  rig.reads.drop(rig.connection);
  rig.confirm(1);
  expect([rig.heard, rig.attachment.reads, rig.connection.bytes]).toEqual([[], 0, 0]);
  rig.read(3, 5, 0);
  rig.log.apply({ type: "close", session: rig.session });
  rig.reads.turned();
  expect(rig.heard).toEqual([{ type: "ended", session: rig.session }]);
});

test("more reads of a session than may be under way are refused, and none is forgotten", () => {
  const rig = new Rig();
  rig.read(1, 0, null, callsInFlightMax - 24);
  rig.read(2_000, 0, null, 25);
  expect(rig.values).toEqual(Array.from({ length: 25 }, (_, i) => [2_000 + i, "BUSY"]));
  rig.read(3_000, 0, null, 24);
  rig.reads.turned();
  rig.confirm(1);
  expect(rig.values).toHaveLength(25 + callsInFlightMax);
});

test("a client is told how far it sees before the first answer that shows it", () => {
  const rig = new Rig();
  const { executed } = rig.log.machine;
  rig.read(1, 0, 0);
  rig.read(2, 0, 0);
  rig.increment();
  rig.read(3, 0, 0);
  const seen = rig.heard.map((m) => (m.type === "seen" ? m.slot : m.type));
  expect(seen).toEqual([executed, "readAnswer", "readAnswer", executed + 1, "readAnswer"]);
});

test("through a whole node: without a log entry, after the writes before it, for the owner alone", async () => {
  const { server, clock } = await startAlone();
  const client = new RawClient(server);
  const session = await client.open(clock, secret, 60_000);
  expect(client.of("opened")[0]?.classes).toMatchObject([{ name: "Counter", reads: ["getvalue"] }]);
  const { decided } = server.status();
  client.say(getvalue(session, 1));
  await clock.until(() => client.of("readAnswer").length === 1, "an answer");
  expect(server.status().decided).toBe(decided);
  client.say(getvalue(session, 2, 1), increment(session, 1), getvalue(session, 3, 0, null, 2));
  await clock.until(() => client.of("readAnswer").length === 4, "the answers");
  expect(values(client.heard)).toContainEqual([2, 1]);
  expect(client.of("seen").at(-1)?.slot).toBe(server.machine.executed);
  client.say({ ...getvalue(session, 9), payload: encodeCalls([]) });
  expect(client.closed).toMatchObject({ code: "BAD_FRAME" });
  const thief = new RawClient(server);
  thief.say(getvalue(session, 1));
  expect(thief.closed).toMatchObject({ code: "DENIED" });
});
