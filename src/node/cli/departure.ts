/** `concoord leave` and `concoord evict`: a member goes. Done when the others do not need it any more. */
import { type Member, takesPart, tolerates } from "../../shared/paxos/view.ts";
import { bootDefault } from "./ask.ts";
import { nodes } from "./boot.ts";
import { Failure, usage } from "./failure.ts";
import { askInTurn, newestOf, operatorProbe } from "./operator.ts";

export interface DepartureFlags {
  readonly boot?: string;
  readonly tokenFile?: string;
}

/**
 * @throws Failure 1 when there is no such member or it cannot go, 3 when nodes answer but nothing is decided, 4 when
 * nobody answers
 */
export async function departure(
  kind: "leave" | "evict",
  target: string,
  flags: DepartureFlags,
): Promise<void> {
  if (!/^[0-9a-f]{16}$/.test(target) && !/:[0-9]+$/.test(target))
    throw usage(`"${target}" is neither the id of a member, 16 hex digits, nor its host:port`);
  const boot = await nodes(flags.boot ?? bootDefault);
  const probe = operatorProbe(flags.tokenFile);
  const { newest, leader } = await newestOf(probe, boot);
  const member = newest.members.find((m) => m.id === target || m.addr === target);
  if (member === undefined)
    throw new Failure(1, `no member is ${target}; the members are ${newest.members.map(named).join(", ")}`);
  const others = newest.members.filter((m) => m.id !== member.id && takesPart(m));
  const first = others.filter((m) => m.id === leader);
  const addrs = [...new Set([...first, ...others, member].filter(takesPart).map((m) => m.addr))];
  await askInTurn(probe, addrs, { type: "askChange", kind, id: member.id }, "changed");
  const { newest: view } = await newestOf(probe, others.length === 0 ? boot : others.map((m) => m.addr));
  const done = kind === "leave" ? "LEFT" : "EVICTED";
  process.stdout.write(
    `${done} ${member.addr} id=${member.id} view=${view.number} members=${view.members.length} tolerates=${tolerates(view)}\n`,
  );
}

function named({ addr, id }: Member): string {
  return `${addr} (${id})`;
}
