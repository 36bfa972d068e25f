/**
 * `concoord upgrade --dry-run`: gets the newest snapshot of a node, what was decided since and the code that executed
 * it, and executes all of that here, with the old code and with the new one.
 */
import type { CodeName } from "../../shared/object/held-code.ts";
import { next, type Slot, slotZero } from "../../shared/paxos/slot.ts";
import { Refused } from "../../shared/server/transport.ts";
import type { PeerMessage } from "../../shared/wire/messages.ts";
import { CodeFolder } from "../code/code-folder.ts";
import type { NewCode } from "../code/new-code.ts";
import { Rehearsal } from "../code/rehearsal.ts";
import type { Questions, WsPeerProbe } from "../net/probe.ts";
import { Failure, messageOf } from "./failure.ts";

/** How long a node may take for one answer. */
const answerMillisMax = 10_000;

/**
 * Prints what callers would have been told differently.
 *
 * @throws Failure 1 when there is a difference, or when an object could not go over; 4 when nobody answers
 */
export async function dryRun(code: NewCode, probe: WsPeerProbe, boot: readonly string[]): Promise<void> {
  const reasons: string[] = [];
  for (const addr of boot) {
    const node = await probe.open(addr, answerMillisMax).catch((error: unknown) => {
      if (error instanceof Refused) throw new Failure(1, `${addr}: ${error.message}`);
      reasons.push(`${addr} (${messageOf(error)})`);
      return null;
    });
    if (node === null) continue;
    const folder = new CodeFolder({ dir: null, trust: "peers", safe: false });
    try {
      return tell(code, await rehearse(code, node, folder));
    } finally {
      node.close();
      folder.close();
    }
  }
  throw new Failure(4, `nobody answers: ${reasons.join(", ")}`);
}

function tell({ infos }: NewCode, { lines, compared, differing, executed }: Rehearsal): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
  if (differing > lines.length) process.stdout.write(`and ${differing - lines.length} more\n`);
  const names = infos.map(({ name }) => name).join(",");
  if (differing > 0) throw new Failure(1, `${differing} of ${compared} calls would have another outcome`);
  process.stdout.write(`SAME ${names} calls=${compared} slot=${executed}\n`);
}

async function rehearse(code: NewCode, node: Questions, folder: CodeFolder): Promise<Rehearsal> {
  const told = await ask(node, { type: "askGenesis" });
  if (told.type !== "genesis") throw unexpected(told);
  const rehearsal = new Rehearsal(told.genesis, code.infos, code.entries);
  const snapshot = await newestSnapshot(node);
  if (snapshot !== null) {
    await fetchCode(rehearsal, rehearsal.missingIn(snapshot), node, folder);
    check(rehearsal.restore(snapshot));
  }
  let target: Slot = slotZero;
  do {
    const answer = await ask(node, { type: "askLog", from: next(rehearsal.executed) });
    if (answer.type !== "decisions") throw unexpected(answer);
    if (target === slotZero) target = answer.decided;
    if (answer.values.length === 0) break;
    for (const decision of answer.values) {
      if (decision.slot !== next(rehearsal.executed)) continue;
      check(rehearsal.apply(decision));
      if (rehearsal.missing.length === 0) continue;
      await fetchCode(rehearsal, rehearsal.missing, node, folder);
      check(rehearsal.begin());
    }
  } while (rehearsal.executed < target);
  if (rehearsal.executed < target) throw new Failure(1, "the node has no snapshot for what left its log");
  return rehearsal;
}

function check(problem: string | null): void {
  if (problem !== null) throw new Failure(1, `no object would change: ${problem}`);
}

/** Code that the cluster executed: it is fetched from the node and loaded here. */
async function fetchCode(
  rehearsal: Rehearsal,
  missing: readonly CodeName[],
  node: Questions,
  folder: CodeFolder,
): Promise<void> {
  for (const of of missing) {
    const answer = await ask(node, { type: "fetchCode", of });
    if (answer.type === "changeRefused") throw new Failure(1, answer.message);
    if (answer.type !== "offerCode") throw unexpected(answer);
    rehearsal.hold(await folder.keep(answer.module));
  }
}

async function newestSnapshot(node: Questions): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = [];
  let named = { slot: slotZero, hash: "" };
  for (let offset = 0; ; ) {
    const answer = await ask(node, { type: "askSnapshot", ...named, offset });
    if (answer.type === "noSnapshot" && offset === 0) return null;
    if (answer.type === "noSnapshot")
      throw new Failure(1, "the node gave its snapshot up meanwhile: try again");
    if (answer.type !== "snapshotPiece") throw unexpected(answer);
    const { head, bytes } = answer;
    if (answer.offset !== offset || bytes.length === 0)
      throw new Failure(1, "the node sent another piece of its snapshot than it was asked for");
    named = { slot: head.slot, hash: head.hash };
    pieces.push(bytes);
    offset += bytes.length;
    if (offset >= head.size) return Buffer.concat(pieces);
  }
}

async function ask(node: Questions, message: PeerMessage): Promise<PeerMessage> {
  try {
    return await node.ask(message, answerMillisMax);
  } catch (error) {
    throw new Failure(4, messageOf(error));
  }
}

function unexpected({ type }: PeerMessage): Failure {
  return new Failure(1, `unexpected answer ${type}`);
}
