/** What the Worker says of itself at /status.json: a part of what nodes say there, and since when it is cut off. */

import type { View } from "../shared/paxos/view.ts";
import type { Known } from "./nameserver.ts";

/** A leader that is elected anew is no news. */
const shortMillis = 1_000;

export interface WorkerStatus {
  readonly role: "nameserver";
  readonly domain: string;
  /** Null until it reached a node. */
  readonly cluster: string | null;
  /** Null until it reached a node. */
  readonly view: Pick<View, "number" | "members"> | null;
  /** Wall time since which no node vouches for the view; null while one does. */
  readonly cutOffSince: string | null;
  /** One line for each thing that an operator should know. */
  readonly problems: readonly string[];
}

/** @param now wall time in ms */
export function statusOf(domain: string, known: Known, now: number): WorkerStatus {
  const { cluster, view, cutOffSince, problem } = known;
  const problems: string[] = [];
  if (cutOffSince !== null && now - cutOffSince >= shortMillis) {
    const what = view === null ? "has nothing to answer" : "answers from its copy";
    const seconds = Math.floor((now - cutOffSince) / 1_000);
    problems.push(`cut off from the cluster since ${seconds} s: ${what}`);
    if (problem !== null) problems.push(problem);
  }
  return {
    role: "nameserver",
    domain,
    cluster,
    view: view === null ? null : { number: view.number, members: view.members },
    cutOffSince: cutOffSince === null ? null : new Date(cutOffSince).toISOString(),
    problems,
  };
}
