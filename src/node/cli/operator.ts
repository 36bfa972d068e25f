/** What operators' verbs ask of nodes, over the protocol that nodes speak with each other. */
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { nodeId } from "../../shared/paxos/ids.ts";
import type { View } from "../../shared/paxos/view.ts";
import { Refused } from "../../shared/server/transport.ts";
import type { PeerMessage } from "../../shared/wire/messages.ts";
import { WsPeerProbe } from "../net/probe.ts";
import { Failure, messageOf } from "./failure.ts";
import { readTokens } from "./tokens.ts";

const genesisMillisMax = 2_000;
/** How long the change may take. */
const changeMillisMax = 30_000;
/** How long one node is asked before another one is. */
const askMillisMax = 5_000;
const pauseMillis = 200;

type Genesis = Extract<PeerMessage, { type: "genesis" }>;

/** @param tokenFile where the line `peer K` is, if nodes need that secret; or `client T`, of an administrator */
export function operatorProbe(tokenFile: string | undefined): WsPeerProbe {
  const { peer, client } = readTokens(tokenFile, process.env["CONCOORD_TOKEN"]);
  const id = nodeId(randomBytes(8).toString("hex"));
  const isPeer = peer !== null || client === null;
  const [role, token] = isPeer ? (["peer", peer] as const) : (["operator", client] as const);
  // Without an address of its own: nobody is to dial this process.
  return new WsPeerProbe({ id, addr: "", token, role, cluster: null });
}

/** What the node says that knows the newest view. @throws Failure 4 when nobody answers, 1 when all refuse us */
export async function newestOf(
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

/**
 * Asks one node after the other until one says that it is done: the one that is asked may be the one that goes.
 * @param done the message that says so
 * @throws Failure 1 when it is refused, 3 when nodes answer but nothing is decided, 4 when nobody answers
 */
export async function askInTurn(
  probe: WsPeerProbe,
  addrs: readonly string[],
  message: PeerMessage,
  done: PeerMessage["type"],
): Promise<void> {
  const until = performance.now() + changeMillisMax;
  let answered = false;
  for (let turn = 0; performance.now() < until; turn++) {
    const addr = addrs[turn % addrs.length] as string;
    try {
      const answer = await probe.ask(addr, message, Math.min(askMillisMax, until - performance.now()));
      if (answer.type === done) return;
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
