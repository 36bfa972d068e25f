/** How many descriptors this process may have open, and how many of them connections may take. */
import { readFileSync } from "node:fs";
import { connectionsMax, descriptorsSparedMin, membersMax, visitorsMax } from "../../shared/limits.ts";

/** Of a process that may open hardly any: a node that takes no connections is none. */
const leastConnections = 16;

/** The limit of open files; null where it is not known. */
export function descriptorLimit(): number | null {
  try {
    const soft = /^Max open files\s+([0-9]+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}

export interface Room {
  /** Connections of all kinds. */
  readonly all: number;
  /** Those of clients. */
  readonly clients: number;
}

/** @param limit of open files; null for one that does not matter */
export function roomFor(limit: number | null): Room {
  const wanted = connectionsMax + visitorsMax + membersMax;
  const all = Math.min(wanted, Math.max(leastConnections, (limit ?? wanted * 2) - descriptorsSparedMin));
  return { all, clients: Math.min(connectionsMax, all - Math.min(visitorsMax, Math.ceil(all / 4))) };
}
