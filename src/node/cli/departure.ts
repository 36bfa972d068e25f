/** `concoord leave` and `concoord evict`: a member goes. Done when the others do not need it any more. */
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { nodeId } from "../../shared/paxos/ids.ts";
import { type Member, tolerates, type View } from "../../shared/paxos/view.ts";
import { Refused } from "../../shared/server/transport.ts";
import type { PeerMessage } from "../../shared/wire/messages.ts";
import { WsPeerProbe } from "../net/probe.ts";
import { bootstrap } from "./arguments.ts";
import { bootDefault } from "./ask.ts";
import { Failure, messageOf, usage } from "./failure.ts";
import { readTokens } from "./tokens.ts";

const genesisMillisMax = 2_000;
/** How long the change may take. */
const changeMillisMax = 30_000;
/** How long one node is asked before another one is. */
const askMillisMax = 5_000;
const pauseMillis = 200;

export interface DepartureFlags {
  readonly boot?: string;
  readonly tokenFile?: string;
}

type Genesis = Extract<PeerMessage, { type: "genesis" }>;

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
  const boot = bootstrap(flags.boot ?? bootDefault);
  const { peer } = readTokens(flags.tokenFile, undefined);
  const id = nodeId(randomBytes(8).toString("hex"));
  const probe = new WsPeerProbe({ id, addr: "", token: peer, cluster: null });
  const { newest, leader } = await newestOf(probe, boot);
  const member = newest.members.find((m) => m.id === target || m.addr === target);
  if (member === undefined)
    throw new Failure(1, `no member is ${target}; the members are ${newest.members.map(named).join(", ")}`);
  const others = newest.members.filter((m) => m.id !== member.id);
  const first = others.filter((m) => m.id === leader);
  const addrs = [...new Set([...first, ...others, member].map((m) => m.addr))];
  await change(probe, addrs, { type: "askChange", kind, id: member.id });
  const { newest: view } = await newestOf(probe, others.length === 0 ? boot : others.map((m) => m.addr));
  const done = kind === "leave" ? "LEFT" : "EVICTED";
  process.stdout.write(
    `${done} ${member.addr} id=${member.id} view=${view.number} members=${view.members.length} tolerates=${tolerates(view)}\n`,
  );
}

function named({ addr, id }: Member): string {
  return `${addr} (${id})`;
}

/** What the node says that knows the newest view. @throws Failure 4 when nobody answers, 1 when all refuse us */
async function newestOf(
  probe: WsPeerProbe,
  addrs: readonly string[],
): Promise<{ readonly newest: View; readonly leader: Genesis["leader"] }> {
  const asked = addrs.map((addr) => probe.ask(addr, { type: "askGenesis" }, genesisMillisMax));
  const answers: Genesis[] = [];
  const reasons: string[] = [];
  for (const [i, result] of (await Promise.allSettled(asked)).entries()) {
    if (result.status === "fulfilled" && result.value.type === "genesis") answers.push(result.value);
    if (result.status === "rejected" && result.reason instanceof Refused)
      throw new Failure(1, `${addrs[i]}: ${result.reason.message}`);
    if (result.status === "rejected") reasons.push(`${addrs[i]} (${messageOf(result.reason)})`);
  }
  if (answers.length === 0) throw new Failure(4, `nobody answers: ${reasons.join(", ")}`);
  const { newest } = answers.reduce((a, b) => (b.newest.number > a.newest.number ? b : a));
  return { newest, leader: answers.find((a) => a.leader !== null)?.leader ?? null };
}

/** Asks one node after the other until one says that it is done: the one that is asked may be the one that goes. */
async function change(probe: WsPeerProbe, addrs: readonly string[], message: PeerMessage): Promise<void> {
  const until = performance.now() + changeMillisMax;
  let answered = false;
  for (let turn = 0; performance.now() < until; turn++) {
    const addr = addrs[turn % addrs.length] as string;
    try {
      const answer = await probe.ask(addr, message, Math.min(askMillisMax, until - performance.now()));
      if (answer.type === "changed") return;
      if (answer.type === "changeRefused") throw new Failure(1, answer.message);
    } catch (error) {
      if (error instanceof Failure) throw error;
      if (error instanceof Refused) throw new Failure(1, `${addr}: ${error.message}`);
      answered ||= !/refused/.test(messageOf(error));
      await pause(pauseMillis);
    }
  }
  if (answered) throw new Failure(3, "nodes answer, but the change is not decided: is there a majority?");
  throw new Failure(4, `nobody answers: ${addrs.join(", ")}`);
}
