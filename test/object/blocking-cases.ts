/** Cases of blocked calls that throw when they fail: no wake-up is lost, none is doubled. */
import assert from "node:assert/strict";
import type { SessionId } from "../../src/shared/object/types.ts";
import { type Case, table } from "../paxos/case.ts";
import { Gate } from "./gates.ts";
import { calls, cancel, Log, registryOf, shown, told } from "./machine.ts";

const gate = "Gate/main";

function begin() {
  const log = new Log(registryOf(Gate));
  const [a, b, c] = [log.open(1, 5_000), log.open(2, 90_000), log.open(3, 90_000)];
  const call = (session: SessionId, method: string, ...args: unknown[]) =>
    shown(log.call(session, gate, method, ...args));
  return { log, a, b, c, call };
}

const dead = table("blocking: a dead ticket is passed over", ["cancel", "close", "expire", "time"], (how) => {
  const { log, a, b, c, call } = begin();
  if (how === "time") call(a, "wait", 3_000, null);
  else call(a, "wait");
  call(b, "wait");
  if (how === "cancel") log.apply(cancel(a, 1));
  else if (how === "close") log.apply({ type: "close", session: a });
  else log.at += how === "expire" ? 6_000 : 3_000;
  const { answers } = log.apply(calls(c, 1, [{ object: gate, method: "open", args: ["mine"] }]));
  assert.deepEqual(told(answers).slice(-2), [
    [b, 1, { value: "mine" }],
    [c, 1, { value: true }],
  ]);
  assert.deepEqual(call(c, "open"), { value: false });
});

const once: Case = {
  name: "blocking: a ticket is good for one answer",
  run() {
    const { log, a, b, call } = begin();
    call(a, "wait");
    call(b, "keep");
    assert.deepEqual(call(b, "openKept", 1), { value: true });
    assert.deepEqual(call(b, "openKept", 2), { value: false });
    assert.deepEqual(log.machine.session(a)?.news(1).map(shown), ["blocked", { value: 1 }]);
    assert.equal(log.machine.blockedCount, 0);
  },
};

const floor = table("blocking: the floor acknowledges no call that blocked", ["before", "after"], (when) => {
  const { log, a, b, call } = begin();
  call(a, "wait");
  if (when === "after") call(b, "open", 1);
  log.apply(calls(a, 2, [{ object: gate, method: "keep", args: [] }], 1));
  if (when === "before") {
    assert.deepEqual(log.machine.session(a)?.news(1).map(shown), ["blocked"]);
    call(b, "open", 1);
  }
  assert.deepEqual(log.machine.session(a)?.news(1).map(shown), ["blocked", { value: 1 }]);
  log.apply(calls(a, 3, [{ object: gate, method: "keep", args: [] }], 2, [1]));
  assert.deepEqual(log.machine.session(a)?.news(1), []);
});

const deadlines: Case = {
  name: "blocking: deadlines are due in their order",
  run() {
    const { log, a, b, call } = begin();
    call(b, "wait", 300, "b");
    call(a, "wait", 300, "a");
    call(b, "wait", 200, "first");
    call(b, "wait", 0, "now");
    assert.equal(log.machine.nextDue(), log.at + 1);
    log.at += 300;
    assert.deepEqual(told(log.apply().answers), [
      [b, 3, { value: "now" }],
      [b, 2, { value: "first" }],
      [a, 1, { value: "a" }],
      [b, 1, { value: "b" }],
    ]);
  },
};

const notReturned: Case = {
  name: "blocking: what block gave is not returned",
  run() {
    const { log, a, b, call } = begin();
    assert.equal(call(a, "keepsItToItself"), "BLOCK_NOT_RETURNED yes");
    assert.deepEqual(call(b, "open"), { value: false });
    assert.equal(log.machine.blockedCount, 0);
  },
};

const foreign: Case = {
  name: "blocking: a ticket is good in its own object alone",
  run() {
    const { log, a, b, call } = begin();
    call(a, "wait");
    assert.deepEqual(shown(log.call(b, "Gate/other", "openThat", a, 1)), { value: false });
    assert.equal(log.machine.blockedCount, 1);
  },
};

export const blockingCases: readonly Case[] = [dead, once, floor, deadlines, notReturned, foreign];
