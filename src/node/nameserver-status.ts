/** The status of a nameserver: of the members it knows what its view says, and nothing of the log. */

import { ballotZero } from "../shared/paxos/ballot.ts";
import type { ClusterId, NodeId } from "../shared/paxos/ids.ts";
import { WINDOW } from "../shared/paxos/slot.ts";
import { tolerates, type View } from "../shared/paxos/view.ts";
import type { Status } from "../shared/server/status.ts";
import { version } from "./version.ts";

export interface NameserverFacts {
  readonly id: NodeId;
  readonly addr: string;
  readonly cluster: ClusterId;
  readonly uptimeMs: number;
  readonly view: View;
  readonly leader: NodeId | null;
  readonly problems: readonly string[];
}

export function nameserverStatus({ view, leader, ...own }: NameserverFacts): Status {
  const { id } = own;
  const { round, leader: of } = ballotZero;
  return {
    ...own,
    role: "nameserver",
    version,
    leader:
      leader === null ? null : { id: leader, addr: view.members.find((m) => m.id === leader)?.addr ?? "" },
    ballot: { round, id: of },
    tolerates: tolerates(view),
    view: {
      number: view.number,
      window: WINDOW,
      members: view.members
        .map((m) => ({ ...m, alive: m.id === id || !m.away, decided: 0, executed: 0 }))
        .toSorted((a, b) => a.addr.localeCompare(b.addr, "en", { numeric: true })),
    },
    decided: 0,
    executed: 0,
    snapshot: 0,
    sessions: 0,
    blocked: 0,
    objects: [],
    classes: [],
  };
}
