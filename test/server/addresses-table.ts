/** Where members are believed to be: the newest word of a view counts, and none older than what was told since. */
import assert from "node:assert/strict";
import type { Member, View } from "../../src/shared/paxos/view.ts";
import { Addresses } from "../../src/shared/server/addresses.ts";
import type { Transport } from "../../src/shared/server/transport.ts";
import { type Case, id, member, table, view } from "../paxos/case.ts";

/** A view of these members, as "b@1 c@2": the number says for each which address it has. */
function at(number: number, words: string): View {
  const members = words.split(" ").map((word): Member => {
    const [name = "", port = ""] = word.split("@");
    return { ...member(name), addr: `${name}:${port}` };
  });
  return { ...view("abc"), number, members };
}

type Row = readonly [
  told: View | null,
  begins: View,
  restored: View | null,
  met: View | null,
  believed: string,
];

const rows: readonly Row[] = [
  [null, at(3, "b@1 c@1"), null, null, "b:1 c:1"],
  [at(7, "b@2"), at(6, "b@1 c@1"), null, null, "b:2 c:1"],
  [at(5, "b@2"), at(6, "b@1 c@1"), null, null, "b:1 c:1"],
  [at(7, "b@2"), at(1, "b@1"), at(6, "b@1 c@1"), null, "b:2 c:1"],
  [at(7, "b@2"), at(1, "b@1"), at(8, "b@3 c@1"), null, "b:3 c:1"],
  [null, at(6, "b@1 c@1"), null, at(6, "b@9 c@9"), "b:1 c:1"],
  [null, at(6, "b@1 c@1"), null, at(7, "b@2 c@1"), "b:2 c:1"],
  [at(7, "b@2"), at(1, "b@1"), null, at(6, "b@1 c@1"), "b:2"],
  [null, at(1, "b@1"), at(6, "b@1"), at(7, "b@2"), "b:2"],
  // Its own address is nobody else's, and nobody says anything to a nameserver.
  [null, at(3, "b@1 a@0"), null, null, "b:1"],
];

const believed = table(
  "addresses: the newest word counts",
  rows,
  ([told, begins, restored, met, expected]) => {
    const known = new Map<string, string>();
    const transport = { learn: (peer: string, addr: string) => void known.set(peer, addr) };
    const addresses = new Addresses("a:0", transport as unknown as Transport, told);
    addresses.begin(begins);
    if (restored !== null) addresses.restored([restored]);
    if (met !== null) addresses.tell(met, begins.number);
    const found = ["b", "c", "a"].flatMap((name) => known.get(id(name)) ?? []);
    assert.equal(found.join(" "), expected);
  },
);

export const addressesCases: readonly Case[] = [believed];
