/** Tables of whom a leader asks first: a majority and one more, those first who were prompt; the others get it soon. */
import assert from "node:assert/strict";
import type { NodeId } from "../../src/shared/paxos/ids.ts";
import { Thrift } from "../../src/shared/paxos/thrift.ts";
import type { View } from "../../src/shared/paxos/view.ts";
import { type Case, id, member, table, view } from "./case.ts";
import { led, propose } from "./paper-rig.ts";

const withLearner: View = { ...view("abcde"), members: [...view("abcde").members, member("f", "learner")] };
const names = (ids: Iterable<NodeId>) => [...ids].map((n) => n[0]).join("");

/** `decided`: whose votes decided one slot after the other, "-" for a new ballot; null: all are asked at once. */
const rows: readonly (readonly [of: View, decided: readonly string[], first: string | null])[] = [
  [view("a"), ["a"], null],
  [view("abc"), ["ab"], null],
  [view("abcd"), ["abc"], null],
  [view("abcde"), [], null],
  [view("abcde"), ["abc", "-"], null],
  [view("abcde"), ["abc"], "abcd"],
  [view("abcde"), ["eda"], "edab"],
  [view("abcde"), ["abc", "ade"], "adeb"],
  [view("abcde"), ["abc", "bca"], "bcad"],
  [view("abcdef"), ["abcd"], "abcde"],
  [view("abcdef1"), ["1fea"], "1feab"],
  [view("abcdef123"), ["abcde", "abf12"], "abf12c"],
  // Who is not of the view, or has no vote in it, is not asked for one.
  [view("abcde"), ["a9c"], "acbd"],
  [withLearner, ["afb"], "abcd"],
];

const first = table("thrift: whom a leader asks first", rows, ([of, decided, expected]) => {
  const thrift = new Thrift();
  for (const by of decided) {
    if (by === "-") thrift.forget();
    else thrift.decided(new Set([...by].map(id)));
  }
  const found = thrift.first(of);
  assert.equal(found === null ? null : names(found), expected);
});

/** What five voters are sent: the first slot at once, later ones soon to who was not needed; a repetition at once. */
const five: Case = {
  name: "thrift: of five voters, one gets proposals later than the others",
  run() {
    const w = led("abcde");
    const sent: string[] = [];
    w.watch = (host, out) => {
      for (const { to, message, soon } of out.send)
        if (message.type === "p2a" && host.name === "a")
          sent.push(`#${message.pvalue.slot} ${names(to)}${soon === true ? " soon" : ""}`);
    };
    for (const name of "bde") w.cut.add(`a>${name}`);
    propose(w, "a", "X");
    assert.deepEqual(sent.splice(0), ["#2 bcd", "#2 e soon"], "a, b and c decided #1");
    w.settle();
    w.cut.clear();
    w.pass(100, true);
    assert.deepEqual(sent.splice(0), ["#2 bde"], "c alone has voted");
    w.settle();
    propose(w, "a", "Y");
    assert.equal(sent.filter((line) => line.endsWith("soon")).length, 1);
    for (const name of ["b", "a"]) {
      sent.splice(0);
      w.stand(name);
      w.settle();
    }
    assert.equal(sent[0]?.slice(3), "bcde", "what was known belongs to the ballot");
    sent.splice(0);
    propose(w, "a", "Z");
    assert.equal(sent.length, 2);
  },
};

export const thriftCases: readonly Case[] = [first, five];
