/** Whom a leader asks first: a majority and one more, those whose votes counted last; the others get it later. */
import assert from "node:assert/strict";
import type { NodeId } from "../../src/shared/paxos/ids.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { View } from "../../src/shared/paxos/view.ts";
import { Thrift } from "../../src/shared/server/thrift.ts";
import { at, ballot, type Case, command, id, member, recovered, table, view } from "./case.ts";
import { rig } from "./driver-rig.ts";
import { p1b } from "./scout-table.ts";

const withLearner: View = { ...view("abcde"), members: [...view("abcde").members, member("f", "learner")] };
const names = (ids: Iterable<NodeId>) => [...ids].map((n) => n[0]).join("");

/** `voted`: whose votes came, one after the other; null: all are asked at once. */
const rows: readonly (readonly [of: View, voted: string, first: string | null])[] = [
  [view("a"), "a", null],
  [view("abc"), "ab", null],
  [view("abcd"), "abc", null],
  [view("abcde"), "", "abcd"],
  [view("abcde"), "abc", "cbad"],
  [view("abcde"), "ade", "edab"],
  [view("abcde"), "abcade", "edac"],
  [view("abcde"), "abab", "bacd"],
  [view("abcdef"), "af", "fabcd"],
  [view("abcdef1"), "a1fe", "ef1ab"],
  [view("abcdef123"), "abcdef", "fedcba"],
  // Who is not of the view, or has no vote in it, is not asked for one.
  [view("abcde"), "ac9", "cabd"],
  [withLearner, "abf", "bacd"],
];

const first = table("thrift: whom a leader asks first", rows, ([of, voted, expected]) => {
  const thrift = new Thrift();
  for (const name of voted) thrift.voted(id(name));
  const found = thrift.first(of);
  assert.equal(found === null ? null : names(found), expected);
});

/** Who voted is sent the next proposal at once; whose vote came too late is not asked first. */
const five: Case = {
  name: "thrift: of five voters, the one whose votes do not count gets proposals later",
  run() {
    const r = rig(recovered("a", view("abcde")));
    const hear = (name: string, message: Parameters<typeof r.hear>[0]) => {
      r.driver.push({ type: "receive", from: id(name), message });
      r.clock.turn();
    };
    const sent = () => r.net.sent.splice(0).filter((line) => line.endsWith("p2a"));
    const p2b = (s: number) =>
      ({ type: "p2b", asked: ballot("5.a"), ballot: ballot("5.a"), slot: slot(s) }) as const;
    r.driver.node.leader.scout(at(0), ballot("5.a"));
    for (const name of "bcd") hear(name, p1b("5.a", []));
    assert.deepEqual(sent(), ["b p2a", "c p2a", "d p2a"], "nobody has voted, e is the last");
    for (const name of "edcb") hear(name, p2b(1));
    assert.equal(r.driver.node.log.decided, 1, "by e, d and c");
    r.driver.push({ type: "request", commands: [command("X")] });
    r.clock.turn();
    assert.deepEqual(sent(), ["e p2a", "c p2a", "d p2a", "e p2a"], "e gets #1 before #2, b waits");
  },
};

export const thriftCases: readonly Case[] = [first, five];
