/** What the cases of the paper share: a world, messages by hand, and what a node knows to be decided. */
import assert from "node:assert/strict";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { PaxosMessage } from "../../src/shared/paxos/types.ts";
import { ballot, type Case, command, id, pvalue, showProposal, view } from "./case.ts";
import { type Parcel, World } from "./world.ts";

export type Says = (figure: string, sentence: string, run: () => void) => void;

/** Collects the cases of one file. */
export function collect(cases: Case[]): Says {
  return (figure, sentence, run) => cases.push({ name: `PMMC ${figure}: ${sentence}`, run });
}

export function world(names = "abc"): World {
  return new World(view(names));
}

/** A world in which a leads and all is quiet. */
export function led(names = "abc"): World {
  const w = world(names);
  w.stand("a");
  w.settle();
  assert(w.node("a").leader.active);
  return w;
}

export function propose(w: World, name: string, ...texts: string[]): void {
  for (const text of texts) w.step(name, { type: "request", commands: [command(text)] });
}

export function hear(w: World, name: string, from: string, message: PaxosMessage): void {
  w.step(name, { type: "receive", from: id(from), message });
}

export function transit(w: World, type: PaxosMessage["type"], way = ""): Parcel[] {
  return w.transit.filter((p) => p.message.type === type && `${p.from}>${p.to}`.includes(way));
}

export function decisions(w: World, name: string): string[] {
  const { log } = w.node(name);
  return [...Array(log.decided).keys()].map((i) => showProposal(log.decidedIn(slot(i + 1))));
}

export const p1a = (of: string): PaxosMessage => ({
  type: "p1a",
  ballot: ballot(of),
  from: slot(0),
  view: 1,
});
export const p2a = (of: string, s: number, text: string): PaxosMessage => {
  return { type: "p2a", pvalue: pvalue(s, of, text), view: 1, first: slot(1), decided: slot(0) };
};
