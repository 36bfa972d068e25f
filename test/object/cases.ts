/** Cases of the state machine that throw when they fail: which calls of a session are not executed (P6, P7). */
import assert from "node:assert/strict";
import { type Case, table } from "../paxos/case.ts";
import { blockingCases } from "./blocking-cases.ts";
import { calls, Log, registryOf, shown } from "./machine.ts";

/** Says which of its calls this is. */
class Tally {
  private n = 0;
  add(): number {
    return ++this.n;
  }
}

/** A session whose first call was executed. */
function begun() {
  const log = new Log(registryOf(Tally));
  const session = log.open();
  const apply = (first: number, n: number) => {
    const call = { object: "Tally/main", method: "add", args: [] };
    const { answers, expected } = log.apply(calls(session, first, Array(n).fill(call)));
    return { answers: answers.map(({ seq, outcome }) => [seq, shown(outcome)]), expected };
  };
  assert.deepEqual(apply(1, 1).answers, [[1, { value: 1 }]]);
  return { log, session, apply };
}

const duplicate: Case = {
  name: "session: a duplicate is answered, not executed",
  run() {
    const { apply } = begun();
    assert.deepEqual(apply(1, 1), { answers: [[1, { value: 1 }]], expected: [] });
    assert.deepEqual(apply(2, 1).answers, [[2, { value: 2 }]]);
  },
};

const early: Case = {
  name: "session: what comes too early waits for the calls before it",
  run() {
    const { session, apply } = begun();
    assert.deepEqual(apply(3, 1), { answers: [], expected: [{ session, seq: 2 }] });
    assert.deepEqual(apply(2, 1).answers, [[2, { value: 2 }]]);
  },
};

const ended = table("session: a retry after the end", ["closed", "expired"], (how) => {
  const { log, session, apply } = begun();
  if (how === "closed") log.apply({ type: "close", session });
  else log.at += 1_000_000;
  const answers = [1, 2].map((s) => [s, "SESSION_EXPIRED no"]);
  assert.deepEqual(apply(1, 2), { answers, expected: [] });
  assert.deepEqual(shown(log.call(log.open(2), "Tally/main", "add")), { value: 2 });
});

export const sessionCases: readonly Case[] = [duplicate, early, ended, ...blockingCases];
