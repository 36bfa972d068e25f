/** The open sessions as one node sees them: the shape of /sessions.json. Fields may be added. */
import { sessionsListedMax } from "../limits.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { SessionId } from "../object/types.ts";

export interface ListedSession {
  readonly id: SessionId;
  readonly user: string | null;
  /** Milliseconds of log time that it outlives its last sign of life. */
  readonly ttl: number;
  /** Milliseconds of log time since that. */
  readonly lastHeardAgo: number;
  /** Its calls that wait for another call to resume them. */
  readonly blocked: number;
}

export interface SessionList {
  /** How many are open. */
  readonly count: number;
  /** The oldest of them, at most sessionsListedMax. */
  readonly list: readonly ListedSession[];
}

/**
 * @param listed how many of them are listed. @example sessionList(server.machine).list.filter(({ blocked }) =>
 * blocked > 0)
 */
export function sessionList(machine: StateMachine, listed = sessionsListedMax): SessionList {
  const list: ListedSession[] = [];
  for (const { id, user, ttl, lastHeard, blockedCount: blocked } of machine.openSessions) {
    if (list.length === listed) break;
    list.push({ id, user, ttl, lastHeardAgo: Math.max(0, Math.round(machine.logTime - lastHeard)), blocked });
  }
  return { count: machine.sessionCount, list };
}
