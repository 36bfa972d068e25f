/** `concoord status`: asks the given nodes and every member that they name. */
import { takesPart } from "../../shared/paxos/view.ts";
import type { Status } from "../../shared/server/status.ts";
import { askEveryone, bootDefault, leaderless, nobody, type Reply } from "./ask.ts";
import { nodes } from "./boot.ts";
import { table } from "./table.ts";

export interface StatusFlags {
  readonly boot?: string;
  readonly json?: boolean;
}

/** @throws Failure 4 when nobody answered, 3 when nobody knows a leader. */
export async function status(flags: StatusFlags): Promise<void> {
  const boot = await nodes(flags.boot ?? bootDefault);
  const replies = await askEveryone(boot);
  const found = replies.flatMap((reply) => reply.status ?? []);
  if (found.length === 0) throw nobody(replies);
  process.stdout.write(flags.json === true ? `${JSON.stringify(found)}\n` : describe(found, replies));
  if (!found.some((s) => s.leader !== null)) throw leaderless();
}

function describe(found: readonly Status[], replies: readonly Reply[]): string {
  const newest = found.reduce((a, b) => (b.view.number > a.view.number ? b : a));
  const leader = found.find((s) => s.leader !== null)?.leader ?? null;
  const rows = newest.view.members.map((m) => {
    const own = found.find((s) => s.id === m.id);
    const alive = own !== undefined || m.alive ? "yes" : m.away ? "away" : "no";
    const leads = m.id === leader?.id ? "leader" : "";
    const decided = takesPart(m) ? String(own?.decided ?? m.decided) : "-";
    const executes = takesPart(m) && m.role !== "acceptor";
    const executed = executes ? String(own?.executed ?? m.executed) : "-";
    return [m.addr, m.id, m.role, leads, alive, decided, executed, m.groups.join(",")];
  });
  const grouped = newest.view.members.some((m) => m.groups.length > 0);
  const problems = found.flatMap((s) => s.problems.map((p) => `${s.addr}: ${p}`));
  const silent = replies.filter((r) => r.status === null).map((r) => `${r.addr} does not answer: ${r.error}`);
  const lines = [
    `cluster ${newest.cluster}, view ${newest.view.number}, tolerates ${failures(newest.tolerates)}`,
    leader === null ? "no leader" : `leader ${leader.addr}`,
    "",
    table([["ADDR", "ID", "ROLE", "", "ALIVE", "DECIDED", "EXECUTED", grouped ? "GROUPS" : ""], ...rows]),
    "",
    `objects: ${newest.objects.map((o) => `${o.class}/${o.name}`).join(", ") || "none yet"}`,
    ...new Set([...problems, ...silent]),
  ];
  return `${lines.join("\n")}\n`;
}

function failures(n: number): string {
  return n === 1 ? "1 failure" : `${n} failures`;
}
