/**
 * `concoord upgrade`: the cluster goes on with other code. The new code is loaded here first; then every replica is
 * sent it, loads it too and keeps it; then the leader is asked to go on with it.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Slot } from "../../shared/paxos/slot.ts";
import type { Member } from "../../shared/paxos/view.ts";
import { Refused } from "../../shared/server/transport.ts";
import type { PeerMessage } from "../../shared/wire/messages.ts";
import { type NewCode, readNewCode } from "../code/new-code.ts";
import type { WsPeerProbe } from "../net/probe.ts";
import { bootDefault } from "./ask.ts";
import { nodes } from "./boot.ts";
import { Failure, messageOf, usage } from "./failure.ts";
import { newestOf, operatorProbe } from "./operator.ts";
import { objectList } from "./replica.ts";

/** How long one replica may take to load the code. */
const offerMillisMax = 20_000;
/** How long the upgrade may take from then on. */
const upgradeMillisMax = 35_000;
const pauseMillis = 200;

export interface UpgradeFlags {
  readonly objectname?: readonly string[];
  readonly boot?: string;
  readonly tokenFile?: string;
  readonly dryRun?: boolean;
}

/** What became of an upgrade. */
export interface Upgraded {
  readonly slot: Slot;
  /** Members that hold the objects, and those of them that did not answer. */
  readonly holders: number;
  readonly silent: readonly string[];
}

/**
 * @throws Failure 1 when the code is refused here or by a replica, or no object could go over; 3 when nodes answer but
 * nothing is decided; 4 when nobody answers
 */
export async function upgrade(flags: UpgradeFlags): Promise<void> {
  const objects = objectList(flags.objectname);
  if (objects.length === 0) throw usage("-o is missing: which classes to go on with, as -o ./counter.ts");
  const boot = await nodes(flags.boot ?? bootDefault);
  const probe = operatorProbe(flags.tokenFile);
  const code = await readNewCode(objects, process.cwd());
  if (flags.dryRun === true) return (await import("./dry-run.ts")).dryRun(code, probe, boot);
  const { slot, holders, silent } = await upgradeCluster(code, probe, boot);
  for (const addr of silent)
    process.stderr.write(
      `concoord: ${addr} did not answer: it executes nothing until it is given this code\n`,
    );
  process.stdout.write(`${upgradedLine(code, slot)} replicas=${holders - silent.length}/${holders}\n`);
}

export function upgradedLine({ infos }: NewCode, slot: Slot): string {
  return `UPGRADED ${infos.map(({ name }) => name).join(",")} slot=${slot}`;
}

/** Sends the code to all that hold the objects, and asks the leader to go on with it. @throws Failure */
export async function upgradeCluster(
  code: NewCode,
  probe: WsPeerProbe,
  boot: readonly string[],
): Promise<Upgraded> {
  const { newest } = await newestOf(probe, boot);
  const holders = newest.members.filter((m) => m.role === "replica" || m.role === "learner");
  const silent = await offerAll(code, probe, holders);
  const addrs = holders.map((m) => m.addr).filter((addr) => !silent.includes(addr));
  const slot = await askLeader(code, probe, addrs.length === 0 ? boot : addrs);
  return { slot, holders: holders.length, silent };
}

/** @returns the addresses of those that did not answer @throws Failure 1 when one will not have or cannot load it */
async function offerAll(
  code: NewCode,
  probe: WsPeerProbe,
  holders: readonly Member[],
): Promise<readonly string[]> {
  const offers = await Promise.all(holders.map(({ addr }) => offer(code, probe, addr)));
  const refusals = offers.filter(({ refusal }) => refusal !== null);
  if (refusals.length > 0)
    throw new Failure(1, refusals.map(({ addr, refusal }) => `${addr}: ${refusal}`).join("; "));
  return offers.filter(({ answered }) => !answered).map(({ addr }) => addr);
}

interface Offer {
  readonly addr: string;
  readonly answered: boolean;
  readonly refusal: string | null;
}

async function offer({ modules }: NewCode, probe: WsPeerProbe, addr: string): Promise<Offer> {
  for (const module of modules) {
    const answer = await ask(probe, addr, { type: "offerCode", module }, offerMillisMax);
    if (answer === null) return { addr, answered: false, refusal: null };
    if (answer.type === "changeRefused") return { addr, answered: true, refusal: answer.message };
    if (answer.type !== "holdsCode") throw new Failure(1, `${addr}: unexpected answer ${answer.type}`);
  }
  return { addr, answered: true, refusal: null };
}

/** Asks whoever leads until the log shows the upgrade. @returns a slot after which the new code is executed */
async function askLeader({ infos }: NewCode, probe: WsPeerProbe, addrs: readonly string[]): Promise<Slot> {
  const until = performance.now() + upgradeMillisMax;
  for (;;) {
    const { newest, leader } = await newestOf(probe, addrs);
    const addr = newest.members.find((m) => m.id === leader)?.addr;
    const left = until - performance.now();
    if (left <= 0) throw new Failure(3, "nodes answer, but the upgrade is not decided: is there a majority?");
    const message = { type: "askUpgrade", classes: infos } as const;
    const answer = addr === undefined ? null : await ask(probe, addr, message, left);
    if (answer?.type === "upgraded") return answer.slot;
    if (answer?.type === "changeRefused" && answer.code !== "NO_QUORUM") throw new Failure(1, answer.message);
    await pause(pauseMillis);
  }
}

/** Null when there is no answer. @throws Failure 1 when the node refuses us */
async function ask(
  probe: WsPeerProbe,
  addr: string,
  message: PeerMessage,
  millis: number,
): Promise<PeerMessage | null> {
  try {
    return await probe.ask(addr, message, millis);
  } catch (error) {
    if (error instanceof Refused) throw new Failure(1, `${addr}: ${messageOf(error)}`);
    return null;
  }
}
