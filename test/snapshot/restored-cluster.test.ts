/** What becomes of another cluster's state in a restored one: objects stay, sessions end, indexes go on above. */
import { expect, test } from "vitest";
import { StateMachine } from "../../src/shared/object/state-machine.ts";
import { clusterId } from "../../src/shared/paxos/ids.ts";
import { next } from "../../src/shared/paxos/slot.ts";
import type { Genesis } from "../../src/shared/paxos/view.ts";
import { objectCodec } from "../../src/shared/wire/values.ts";
import { Store } from "../fixtures/objects/store.ts";
import { calls, genesis, Log, registryOf, shown } from "../object/machine.ts";

const registry = registryOf(Store);

/** A log with one session and one object, its snapshot, and a founding that begins with it. */
function saved() {
  const log = new Log(registry);
  const session = log.open(1, 60_000);
  log.call(session, "Store/main", "fill", 0, 3);
  const bytes = bytesOf(log.machine);
  const view = { ...genesis.view, first: next(log.machine.executed) };
  const created = genesis.created + 100;
  const founding: Genesis = { ...genesis, cluster: clusterId("f".repeat(32)), created, view };
  return { log, session, bytes, founding };
}

function bytesOf(machine: StateMachine): Uint8Array {
  return new Uint8Array(Buffer.concat([...machine.capture().pieces]));
}

function restored(founding: Genesis, bytes: Uint8Array): StateMachine {
  const machine = new StateMachine({ genesis: founding, registry, codec: objectCodec });
  machine.restore(bytes);
  return machine;
}

test("the objects are there, the session ends in the first slot, before any command", () => {
  const { log, session, bytes, founding } = saved();
  const machine = restored(founding, bytes);
  expect(machine.peek("Store/main")).toMatchObject({ entries: { size: 3 } });
  // The leader is asked for a proposal at once.
  expect(machine.nextDue()).toBe(0);
  const late = calls(session, 2, [{ object: "Store/main", method: "get", args: [0] }], 1);
  // A new leader's first proposal hears every session, but not these.
  const applied = machine.apply(next(machine.executed), log.proposal([late], { first: true }));
  expect(applied.ended).toEqual([session]);
  expect(applied.answers.map(({ outcome }) => shown(outcome))).toEqual(["SESSION_EXPIRED no"]);
  expect(machine.sessionCount).toBe(0);
  expect(machine.nextDue()).toBe(Number.POSITIVE_INFINITY);
});

test("so it is with a snapshot that was made before the session ended", () => {
  const { log, session, bytes, founding } = saved();
  const machine = restored(founding, bytes);
  machine.apply(next(machine.executed), { stamp: null, change: null, body: new Uint8Array(0) });
  const later = restored(founding, bytesOf(machine));
  const applied = later.apply(next(later.executed), log.proposal([]));
  expect(applied.ended).toEqual([session]);
});

test("sessions of the new cluster live on", () => {
  const { log, bytes, founding } = saved();
  const machine = restored(founding, bytes);
  const open = { type: "open", secretHash: "a".repeat(64), ttl: 60_000, user: null } as const;
  const [opened] = machine.apply(next(machine.executed), log.proposal([open])).opened;
  const later = restored(founding, bytesOf(machine));
  expect(later.apply(next(later.executed), log.proposal([])).ended).toEqual([]);
  expect(opened && later.session(opened.session)).toMatchObject({ ttl: 60_000 });
});

test("view and call indexes are those of the new cluster", () => {
  const { log, bytes, founding } = saved();
  const machine = restored(founding, bytes);
  expect(machine.callIndex).toBe(founding.created * 2 ** 20);
  expect(machine.callIndex).toBeGreaterThan(log.machine.callIndex);
  expect(machine.capture().views).toEqual([founding.view]);
  // Where the clock went back, the old cluster's last index still counts.
  const early = restored({ ...founding, created: genesis.created - 100 }, bytes);
  expect(early.callIndex).toBe(log.machine.callIndex);
});

test("a cluster's own snapshot ends nobody's session", () => {
  const { log, bytes } = saved();
  const machine = restored(genesis, bytes);
  expect(machine.apply(next(machine.executed), log.proposal([])).ended).toEqual([]);
  expect(machine.sessionCount).toBe(1);
});
