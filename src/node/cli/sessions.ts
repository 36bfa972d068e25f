/** `concoord sessions`: the clients that the cluster knows; with `--end` one of them loses its session. */
import { sessionId } from "../../shared/object/types.ts";
import type { ListedSession, SessionList } from "../../shared/server/session-list.ts";
import { askNewest, bootDefault, getText, leaderless } from "./ask.ts";
import { nodes } from "./boot.ts";
import { Failure, usage } from "./failure.ts";
import { askInTurn, newestOf, operatorProbe } from "./operator.ts";
import { table } from "./table.ts";
import { readClientToken } from "./tokens.ts";

export interface SessionsFlags {
  readonly boot?: string;
  readonly json?: boolean;
  readonly end?: string;
  readonly tokenFile?: string;
}

/**
 * @throws Failure 1 when no such session is open, 3 when nodes answer but there is no leader, 4 when nobody answers
 */
export async function sessions(flags: SessionsFlags): Promise<void> {
  const boot = await nodes(flags.boot ?? bootDefault);
  if (flags.end !== undefined) return end(boot, flags.end, flags.tokenFile);
  const { addr, leader } = await askNewest(boot);
  const found = decode(await getText(addr, "/sessions.json", readClientToken(flags.tokenFile)));
  process.stdout.write(flags.json === true ? `${JSON.stringify(found)}\n` : describe(found));
  if (leader === null) throw leaderless();
}

/** The leader is asked first: it knows every session. An acceptor knows none. */
async function end(boot: readonly string[], text: string, tokenFile: string | undefined): Promise<void> {
  if (!/^[1-9][0-9]{0,15}\.[0-9]{1,5}$/.test(text))
    throw usage(`--end: "${text}" is not the id of a session, as concoord sessions shows them`);
  const probe = operatorProbe(tokenFile);
  const { newest, leader } = await newestOf(probe, boot);
  const holders = newest.members.filter((m) => m.role === "replica" || m.role === "learner");
  const first = holders.filter((m) => m.id === leader);
  const addrs = [...new Set([...first, ...holders].map((m) => m.addr))];
  await askInTurn(probe, addrs, { type: "endSession", session: sessionId(text) }, "sessionEnded");
  process.stdout.write(`ENDED ${text}\n`);
}

function decode(text: string): SessionList {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("list" in value))
    throw new Failure(1, "the node answers something else than its sessions");
  return value as SessionList;
}

function describe({ count, list }: SessionList): string {
  const rows = list.map((s) => [
    s.id,
    s.user ?? "-",
    seconds(s.ttl),
    `${seconds(s.lastHeardAgo)} ago`,
    calls(s),
  ]);
  const more = count > list.length ? `${count - list.length} more\n` : "";
  return `${table([["SESSION", "USER", "TTL", "HEARD", "BLOCKED"], ...rows])}\n${more}`;
}

function seconds(millis: number): string {
  return `${Math.round(millis / 100) / 10} s`;
}

function calls({ blocked }: ListedSession): string {
  return blocked === 0 ? "" : String(blocked);
}
