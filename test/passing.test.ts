/**
 * What passes through leaves nothing behind that only a collection of the whole heap finds: dead tables of a Map that
 * is never begun anew keep all that comes later. Each part is filled, made old, and then sees many values pass while
 * only young objects are collected; the old generation must not grow with them.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { PendingCall } from "../src/shared/client/call.ts";
import { Calls } from "../src/shared/client/calls.ts";
import { encodeArguments, target } from "../src/shared/client/payload.ts";
import { Queue } from "../src/shared/client/queue.ts";
import { Session } from "../src/shared/object/session.ts";
import { type Outcome, seq, sessionId } from "../src/shared/object/types.ts";
import { clusterId, logTime } from "../src/shared/paxos/ids.ts";
import { Log } from "../src/shared/paxos/log.ts";
import { slot } from "../src/shared/paxos/slot.ts";
import { Attachment, Connection } from "../src/shared/server/connection.ts";
import { Together } from "../src/shared/server/together.ts";
import { everybody } from "../src/shared/wire/identity.ts";
import { VirtualClock } from "./client/virtual-clock.ts";
import { at, proposal, recovered, view } from "./paxos/case.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options?: { type: "minor" }) => void;

const valuesMax = 60_000;
const growthMax = 3_000_000;

function oldBytes(): number {
  return (
    getHeapSpaceStatistics().find((space) => space.space_name === "old_space")?.space_used_size ?? Number.NaN
  );
}

/** As much as a call takes with all that hangs on it. */
const load = (): Outcome => ({
  type: "returned",
  value: new Uint8Array(60),
});
const to = target("Counter/main", "increment");

function commandsAtNode(): (i: number) => void {
  const together = new Together(new VirtualClock(1));
  const link = { send: () => undefined, flush: () => undefined, close: () => undefined };
  const connection = new Connection(link, everybody, at(0), { executed: slot(0) }, together);
  const attachment = new Attachment(sessionId("2.0"), 1_000, connection, at(0));
  return (i) => {
    const numbers = { firstSeq: seq(i), n: 1, ackedSeq: seq(0), ackedLate: [] };
    const calls = {
      type: "calls",
      session: sessionId("2.0"),
      ...numbers,
      payload: new Uint8Array(8),
    } as const;
    attachment.add(new Uint8Array(20), calls);
    if (i > 100) attachment.remove(seq(i - 100));
  };
}

const parts: Record<string, () => (i: number) => void> = {
  "outcomes of a session": () => {
    const cluster = clusterId("c".repeat(32));
    const open = { id: sessionId("2.0"), cluster, secretHash: "0".repeat(64), ttl: 1_000, user: null };
    const session = new Session({ ...open, lastHeard: logTime(0) }, 1);
    return (i) => {
      session.record(seq(i), load());
      session.acknowledge(i - 100, []);
    };
  },
  "what the log has chosen": () => {
    const log = new Log(recovered("a", view("abc")));
    return (i) => {
      log.choose(slot(i), proposal(`${i}`));
      log.advance([], () => undefined);
      if (i > 100) log.trim(slot(i - 100));
    };
  },
  "commands at a node": commandsAtNode,
  "calls of a program": () => {
    const calls = new Calls(sessionId("2.0"));
    return (i) => {
      calls.number([new PendingCall(to, encodeArguments([i]))]);
      if (i > 100) calls.answer(seq(i - 100), load());
    };
  },
  "calls that wait to be sent": () => {
    const queue = new Queue();
    return (i) => {
      queue.push(new PendingCall(to, encodeArguments([i])));
      if (i % 50 === 0) for (const call of queue) queue.left(call);
    };
  },
};

test.each(Object.keys(parts))("%s leave the old generation as it is", (name) => {
  const pass = parts[name]?.() ?? (() => undefined);
  let i = 1;
  while (i <= 2_000) pass(i++);
  collect();
  const before = oldBytes();
  while (i <= valuesMax) {
    pass(i++);
    if (i % 3_000 === 0) collect({ type: "minor" });
  }
  expect(oldBytes() - before).toBeLessThan(growthMax);
});
