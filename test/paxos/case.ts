/** A case is a named function that throws when it fails: tests and mutants run the same ones. */
import assert from "node:assert/strict";
import type { Ballot } from "../../src/shared/paxos/ballot.ts";
import { joinBatch, splitBatch } from "../../src/shared/paxos/batch.ts";
import {
  clusterId,
  logTime,
  type Millis,
  millis,
  type NodeId,
  nodeId,
  wallMillis,
} from "../../src/shared/paxos/ids.ts";
import { noop } from "../../src/shared/paxos/leader.ts";
import { slot, WINDOW } from "../../src/shared/paxos/slot.ts";
import type { Moment, Proposal, PValue, Recovered } from "../../src/shared/paxos/types.ts";
import type { Genesis, Member, Role, View, ViewChange } from "../../src/shared/paxos/view.ts";

export interface Case {
  readonly name: string;
  run(): void;
}

/** A case of many rows; the row that fails is named. */
export function table<R>(name: string, rows: readonly R[], check: (row: R) => void): Case {
  const run = () => {
    assert(rows.length > 0, "a table without rows");
    for (const row of rows) {
      try {
        check(row);
      } catch (error) {
        throw new Error(`in row ${JSON.stringify(row)}: ${String(error)}`, { cause: error });
      }
    }
  };
  return { name: `${name} (${rows.length} rows)`, run };
}

/** The node called a, b, c, d, e or f. */
export function id(name: string): NodeId {
  return nodeId(name.repeat(16));
}

export function member(name: string, role: Role = "replica"): Member {
  return { id: id(name), role, addr: `${name}:1`, domain: "", groups: [], away: false };
}

export function view(names: string, number = 1, first = 1): View {
  return { number, first: slot(first), members: [...names].map((name) => member(name)) };
}

export function genesisOf(first: View): Genesis {
  return { cluster: clusterId("c".repeat(32)), window: WINDOW, created: 1_700_000_000, view: first };
}

/** @param text round and leader, as in "3.a"; "0." is below all */
export function ballot(text: string): Ballot {
  const [round, leader = ""] = text.split(".");
  return { round: Number(round), leader: (leader === "" ? "" : id(leader)) as NodeId };
}

const ascii = new TextEncoder();
const noStamp = { logTime: logTime(0), wall: wallMillis(0), seed: 0, first: false };

/** A proposal of these commands, or with "noop" the no-op; "big:9" is a command of 9 bytes. */
export function proposal(text: string, at = 0): Proposal {
  if (text === "noop") return noop;
  const stamp = { ...noStamp, logTime: logTime(at) };
  return { stamp, change: null, body: joinBatch(text.split("+").map(command)) };
}

export function command(text: string): Uint8Array {
  return text.startsWith("big:") ? new Uint8Array(Number(text.slice(4))) : ascii.encode(text);
}

export function pvalue(s: number, of: string, text: string): PValue {
  return { ballot: ballot(of), slot: slot(s), proposal: proposal(text) };
}

export function recovered(name: string, first: View, given: Partial<Recovered> = {}): Recovered {
  const base = { trimmed: slot(0), views: [first], logTime: logTime(0) };
  const none = { promised: ballot("0."), accepted: [], decided: slot(0), ...base };
  return { id: id(name), genesis: genesisOf(first), ...none, ...given };
}

export function moment(now: number, random = 0, wall = 1_000_000 + now): Moment {
  return { now: millis(now), wall: wallMillis(wall), random };
}

export function at(now: number): Millis {
  return millis(now);
}

/** A ballot as in the scripts: "3.a", or "0" for the one below all. */
export function showBallot({ round, leader }: Ballot): string {
  return round === 0 ? "0" : `${round}.${leader[0] ?? ""}`;
}

const letters = new TextDecoder();

/** What a proposal carries, in a word. */
export function showProposal({ stamp, change, body }: Proposal): string {
  if (stamp === null) return "noop";
  const parts = splitBatch(body).map((c) => (c.length > 99 ? `${c.length}B` : letters.decode(c)));
  if (change !== null) parts.unshift(showChange(change));
  return parts.length === 0 ? (stamp.first ? "first" : "empty") : parts.join("+");
}

/** A view change as in the scripts: "join(d,1)", "evict(b+c,2)". */
export function showChange(change: ViewChange): string {
  const { type, against } = change;
  const of =
    type === "join" || type === "move" ? [change.member.id] : type === "evict" ? change.ids : [change.id];
  return `${type}(${of.map((one) => one[0]).join("+")},${against})`;
}

/** Every combination of one of each list. */
export function product<const T extends readonly (readonly unknown[])[]>(
  ...lists: T
): { [K in keyof T]: T[K][number] }[] {
  let rows: unknown[][] = [[]];
  for (const list of lists) rows = rows.flatMap((row) => list.map((item) => [...row, item]));
  return rows as { [K in keyof T]: T[K][number] }[];
}
