/** What the leader answers to nameservers that ask in, as tables. */
import assert from "node:assert/strict";
import type { Member } from "../../src/shared/paxos/view.ts";
import { admit } from "../../src/shared/server/admission.ts";
import { type Case, table } from "../paxos/case.ts";
import { at, away, id, known, viewOf } from "./membership-table.ts";

type Admission = readonly [what: string, asks: Member, silent: number, waited: number, expected: unknown];

const [alive, dead] = [2_999, 3_000];
const ns = (name: string, addr: string, domain = "") => ({ ...at(name, addr, "nameserver"), domain });
const replaceN = { type: "replace", id: id("n") };

/** Of the view a, b, c, n: all but n are nodes; away when it is written as N. */
const nameservers: readonly (readonly [names: string, ...Admission])[] = [
  ["abcn", "unknown, the address is free", ns("o", "o:1"), 0, 0, { type: "join" }],
  ["abcn", "as the view shows it", ns("n", "n:1"), 0, 0, "later"],
  ["abcN", "shown as away", ns("n", "n:1"), 0, 0, "back"],
  ["abcn", "at another address", ns("n", "n:2"), 0, 0, { type: "move" }],
  ["abcn", "for another domain", ns("n", "n:1", "d.example"), 0, 0, { type: "move" }],
  ["abcN", "away and moved", ns("n", "n:2"), 0, 0, { type: "move" }],
  ["abcn", "in the place of one that asked lately", ns("o", "n:1"), alive, 0, "later"],
  [
    "abcn",
    "in the place of one that goes on asking",
    ns("o", "n:1"),
    alive,
    2 * dead,
    /n:1 belongs to the member/,
  ],
  ["abcn", "in the place of one that asks no more", ns("o", "n:1"), dead, 0, replaceN],
  ["abcN", "in the place of one that is away", ns("o", "n:1"), dead, 0, replaceN],
  [
    "abcn",
    "at the address of a silent replica",
    ns("o", "c:1"),
    60_000,
    0,
    /c:1 belongs to the replica (63)+/,
  ],
  ["abcx", "at the address of a silent acceptor", ns("o", "x:1"), 60_000, 0, /x:1 belongs to the acceptor/],
  ["abcn", "a replica where a nameserver was", at("d", "n:1"), dead, 0, replaceN],
  ["abcn", "a replica at the address of one that asked lately", at("d", "n:1"), alive, 0, "later"],
  ["abcn", "the id of a replica", ns("c", "o:1"), 0, 0, /member as replica.*become nameserver/],
  ["abcL", "a learner that is away is unmarked by its heartbeats", at("l", "l:1", "learner"), 0, 0, "later"],
];

const namesAdmitted = table("admission: nameservers", nameservers, (row) => {
  const [names, , asks, silent, waited, expected] = row;
  const admission = admit(viewOf(names), asks, known(silent, waited));
  if (expected === "later") assert.deepEqual(admission, { type: "later" });
  else if (expected instanceof RegExp)
    assert.match(admission.type === "refused" ? admission.message : "", expected);
  else if (expected === "back") assert.deepEqual(admission, { type: "change", change: away("n", false) });
  else
    assert.deepEqual(admission, {
      type: "change",
      change: { ...(expected as object), against: 7, member: asks },
    });
});

const gone: Case = {
  name: "admission: a nameserver that left is told so, others are not",
  run() {
    const answer = (asks: Member, names: string) => admit(viewOf(names), asks, known(0, 0, true));
    const told = answer(ns("n", "n:1"), "abc");
    assert.equal(
      told.type === "refused" && `${told.code} ${told.message}`.replace(/(6e)+/, "n"),
      "CLOSED the nameserver n at n:1 left the cluster",
    );
    assert.equal(answer(ns("n", "n:1"), "abcn").type, "later", "it is a member");
    assert.equal(answer(at("d", "d:1"), "abc").type, "change", "nodes know it by their logs");
  },
};

export const nameserverAdmissionCases: readonly Case[] = [namesAdmitted, gone];
