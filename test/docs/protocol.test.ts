/** docs/protocol.md: its tables name every message with its tag, and as many fields as are sent. */
import { expect, test } from "vitest";
import type { ViewChange } from "../../src/shared/paxos/view.ts";
import { encodeClient, encodeServer } from "../../src/shared/wire/client-codec.ts";
import { decodeItem } from "../../src/shared/wire/codec.ts";
import { encodeCommand } from "../../src/shared/wire/command-codec.ts";
import { encodeHello } from "../../src/shared/wire/hello-codec.ts";
import { pvalueTuple } from "../../src/shared/wire/paxos-fields.ts";
import { encodePeer } from "../../src/shared/wire/peer-codec.ts";
import { a, clients, commands, hellos, member, peers, pvalue, servers } from "../wire/samples.ts";
import { section } from "./documents.ts";

/** A message: its tag, its name and how many fields follow the tag; null where that depends. */
type Row = readonly [tag: number, name: string, fields: number | null];

/** The rows of the table that has this word above its second column, below the heading. */
function told(heading: string, column: string): readonly Row[] {
  const part = section("docs/protocol.md", "The wire").split(`### ${heading}\n`)[1] ?? "";
  const table = part.slice(part.indexOf(`| tag | ${column} |`)).split("\n\n")[0] ?? "";
  return [...table.matchAll(/^\| (\d+) \| `(\w+)` \|([^|]*)\|/gm)].map(([, tag, name = "", cell = ""]) => {
    const fields = cell.replaceAll(/`[^`]*`/g, "x").trim();
    const some = fields === "" ? 0 : fields.split(", ").length;
    return [Number(tag), name, fields.endsWith("outcome") ? null : some];
  });
}

function sent<M extends { readonly type: string }>(
  all: readonly M[],
  encode: (m: M) => Uint8Array,
): readonly Row[] {
  const rows = all.map((m): Row => {
    const [tag, ...fields] = decodeItem(encode(m)) as readonly unknown[];
    return [Number(tag), m.type, m.type === "answer" || m.type === "readAnswer" ? null : fields.length];
  });
  const byTag = new Map(rows.map((row) => [row[0], row]));
  return [...byTag.values()].sort((x, y) => x[0] - y[0]);
}

test("every message has its row", () => {
  expect(told("Hello", "message")).toEqual(sent(hellos, encodeHello));
  expect(told("Client to node", "message")).toEqual(sent(clients, encodeClient));
  expect(told("Node to client", "message")).toEqual(sent(servers, encodeServer));
  expect(told("Commands", "command")).toEqual(sent(commands, encodeCommand));
  expect(told("Node to node", "message")).toEqual(sent(peers, encodePeer));
});

test("every change of a view has its row", () => {
  const changes: readonly ViewChange[] = [
    { type: "join", against: 1, member },
    { type: "replace", against: 1, id: a, member },
    { type: "move", against: 1, member },
    { type: "leave", against: 1, id: a },
    { type: "evict", against: 1, ids: [a] },
    { type: "away", against: 1, id: a, away: true },
  ];
  const rows = changes.map((change): Row => {
    const tuple = pvalueTuple({ ...pvalue, proposal: { ...pvalue.proposal, change } })[4];
    const [tag, ...fields] = tuple as readonly unknown[];
    return [Number(tag), change.type, fields.length];
  });
  expect(told("Node to node", "change")).toEqual(rows);
});
