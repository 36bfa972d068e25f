/** Cases of callers that wait, wherever they are connected, that throw when they fail: none misses its answer. */
import assert from "node:assert/strict";
import { MemoryStorage } from "../../src/node/memory-storage.ts";
import { describe, makeRegistry } from "../../src/shared/object/registry.ts";
import { StateMachine } from "../../src/shared/object/state-machine.ts";
import { type SessionId, seq } from "../../src/shared/object/types.ts";
import { joinBatch } from "../../src/shared/paxos/batch.ts";
import { next, slot, WINDOW } from "../../src/shared/paxos/slot.ts";
import type { ClientMessage } from "../../src/shared/wire/messages.ts";
import { encodeCalls, objectCodec } from "../../src/shared/wire/values.ts";
import { VirtualClock } from "../client/virtual-clock.ts";
import { Gate } from "../object/gates.ts";
import { shown } from "../object/machine.ts";
import type { LaterCase } from "./fetch-rig.ts";
import { RawClient, serverOf } from "./rig.ts";

const secrets = ["a".repeat(32), "b".repeat(32)] as const;
const registry = makeRegistry([describe(Gate)]);

function command(session: SessionId, first: number, method: string, ...args: unknown[]): Uint8Array {
  const payload = encodeCalls([{ object: "Gate/main", method, args }]);
  const numbers = { firstSeq: seq(first), n: 1, ackedSeq: seq(first - 1), ackedLate: [] };
  return objectCodec.encodeCommand({ type: "calls", session, ...numbers, payload });
}

function call(session: SessionId, first: number, method: string, ...args: unknown[]): ClientMessage {
  return { type: "command", bytes: command(session, first, method, ...args) };
}

/** A node with two clients, of which the first waits. */
async function begin() {
  const clock = new VirtualClock(1);
  const server = serverOf(clock, new MemoryStorage(), registry);
  await server.start({ type: "found" });
  await clock.until(() => server.ready, "a node that is ready");
  const [a, b] = [new RawClient(server), new RawClient(server)];
  const waiting = await a.open(clock, secrets[0], 60_000);
  const waking = await b.open(clock, secrets[1], 60_000);
  a.say(call(waiting, 1, "wait"));
  await clock.until(() => a.of("answer").length > 0, "a call that waits");
  return { clock, server, a, b, waiting, waking };
}

function heard(client: RawClient): readonly unknown[] {
  return client.of("answer").map(({ seq: of, outcome }) => [of, shown(outcome)]);
}

const answered = [
  [1, "blocked"],
  [1, { value: "now" }],
];

/** @param when its answer comes: before it is back, or after */
function reconnect(when: "before" | "after"): LaterCase {
  return {
    name: `blocked: a caller that comes back ${when} its answer`,
    async run() {
      const { clock, server, a, b, waiting, waking } = await begin();
      const wake = async () => {
        b.say(call(waking, 1, "open", "now"));
        await clock.until(() => server.machine.blockedCount === 0, "an answer");
      };
      a.hangUp();
      if (when === "before") await wake();
      const again = new RawClient(server);
      again.say({ type: "attach", session: waiting, secret: secrets[0] }, call(waiting, 1, "wait"));
      if (when === "after") await wake();
      await clock.until(() => again.of("answer").length > 1, "answers");
      assert.deepEqual(heard(again).slice(-2), answered);
      assert.deepEqual(heard(a), [[1, "blocked"]]);
    },
  };
}

const snapshot: LaterCase = {
  name: "blocked: what was answered within a snapshot",
  async run() {
    const { server, a, waiting, waking } = await begin();
    const { machine, cluster } = server;
    const view = { number: 1, first: slot(1), members: [] };
    const ahead = new StateMachine({
      genesis: { cluster, window: WINDOW, created: 0, view },
      registry,
      codec: objectCodec,
    });
    ahead.restore(new Uint8Array(Buffer.concat([...machine.capture().pieces])));
    const stamp = { logTime: ahead.logTime, wall: 0 as never, seed: 1, first: false };
    const body = joinBatch([command(waking, 1, "open", "now")]);
    ahead.apply(next(ahead.executed), { stamp, change: null, body });
    machine.restore(new Uint8Array(Buffer.concat([...ahead.capture().pieces])));
    const { gateway } = Reflect.get(server, "parts") as { readonly gateway: { restored(): void } };
    gateway.restored();
    assert.deepEqual(heard(a).slice(-2), answered);
    assert.equal(machine.outcomeOf(waiting, seq(1))?.type, "returned");
  },
};

const cancelled: LaterCase = {
  name: "blocked: a cancel is done when its call is answered",
  async run() {
    const { clock, server, a, waiting } = await begin();
    const session = server.machine.session(waiting);
    assert.equal(session?.cancelDone(seq(1)), false);
    a.say({ type: "cancel", session: waiting, seqs: [seq(1)] });
    await clock.until(() => session.cancelDone(seq(1)), "a cancel that is done");
    assert.deepEqual(heard(a).slice(-1), [[1, "NOT_EXECUTED no"]]);
  },
};

export const blockedCases: readonly LaterCase[] = [
  reconnect("before"),
  reconnect("after"),
  snapshot,
  cancelled,
];
