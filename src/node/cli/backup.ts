/** `concoord backup`: has a node make a snapshot, fetches it and writes it to a file. */
import { snapshotMillisMax } from "../../shared/limits.ts";
import type { SnapshotHead } from "../../shared/paxos/types.ts";
import type { Genesis } from "../../shared/paxos/view.ts";
import { Refused } from "../../shared/server/transport.ts";
import type { Questions } from "../net/probe.ts";
import { BackupError, refuseExisting, writeBackup } from "../snapshot/backup-file.ts";
import { version } from "../version.ts";
import { bootDefault } from "./ask.ts";
import { nodes } from "./boot.ts";
import { Failure, messageOf } from "./failure.ts";
import { operatorProbe } from "./operator.ts";
import { quietMillisMax } from "./serve.ts";

/** How long a node is given to answer what costs it nothing. */
const answerMillisMax = 10_000;

export interface BackupFlags {
  readonly boot?: string;
  readonly tokenFile?: string;
}

/**
 * @throws Failure 1 when the file exists or no node makes a snapshot, 3 when no node knows a leader, 4 when nobody
 * answers
 */
export async function backup(file: string, flags: BackupFlags): Promise<void> {
  const addrs = await nodes(flags.boot ?? bootDefault);
  const probe = operatorProbe(flags.tokenFile);
  try {
    refuseExisting(file);
    const failures: Failure[] = [];
    for (const addr of addrs) {
      try {
        return await backUpFrom(await probe.open(addr, answerMillisMax), file);
      } catch (error) {
        if (error instanceof BackupError || isOfDisk(error)) throw error;
        failures.push(named(addr, error));
      }
    }
    throw worst(failures);
  } catch (error) {
    throw error instanceof BackupError ? new Failure(1, error.message) : error;
  }
}

/** What the disk refuses another node cannot help. */
function isOfDisk(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

/** With the address in front; what the node itself said is a failure of kind 1, silence one of kind 4. */
function named(addr: string, error: unknown): Failure {
  const exit = error instanceof Failure ? error.exit : error instanceof Refused ? 1 : 4;
  return new Failure(exit, `${addr}: ${messageOf(error)}`);
}

async function backUpFrom(node: Questions, file: string): Promise<void> {
  try {
    const genesis = await askGenesis(node);
    const head = await takeSnapshot(node);
    await writeBackup(file, { version, genesis, head }, piecesOf(node, head));
    process.stdout.write(`BACKUP ${genesis.cluster} slot=${head.slot} bytes=${head.size}\n`);
  } finally {
    node.close();
  }
}

async function askGenesis(node: Questions): Promise<Genesis> {
  const answer = await node.ask({ type: "askGenesis" }, answerMillisMax);
  if (answer.type !== "genesis") throw unexpected(answer.type);
  if (answer.leader === null) throw new Failure(3, "it answers, but there is no leader");
  return answer.genesis;
}

async function takeSnapshot(node: Questions): Promise<SnapshotHead> {
  const slow = () => process.stderr.write("concoord: the snapshot is being made\n");
  const timer = setTimeout(slow, quietMillisMax);
  try {
    const answer = await node.ask({ type: "takeSnapshot" }, snapshotMillisMax);
    if (answer.type === "tookSnapshot") return answer.head;
    if (answer.type === "noSnapshot") throw new Failure(1, "it cannot make a snapshot; its status says why");
    throw unexpected(answer.type);
  } finally {
    clearTimeout(timer);
  }
}

async function* piecesOf(node: Questions, { slot, hash, size }: SnapshotHead): AsyncIterable<Uint8Array> {
  for (let offset = 0; offset < size; ) {
    const answer = await node.ask({ type: "askSnapshot", slot, hash, offset }, answerMillisMax);
    if (answer.type === "noSnapshot")
      throw new Failure(1, "it gave the snapshot up meanwhile, for a newer one: try again");
    if (answer.type !== "snapshotPiece") throw unexpected(answer.type);
    if (answer.head.hash !== hash || answer.offset !== offset || answer.bytes.length === 0)
      throw new Failure(1, "it sent another piece than it was asked for");
    offset += answer.bytes.length;
    yield answer.bytes;
  }
}

function unexpected(type: string): Failure {
  return new Failure(1, `unexpected answer ${type}`);
}

/** All reasons in one line; the exit code of the node that got furthest. */
function worst(failures: readonly Failure[]): Failure {
  const exit = ([1, 3, 4] as const).find((code) => failures.some((failure) => failure.exit === code)) ?? 4;
  return new Failure(exit, `no backup: ${failures.map((failure) => failure.message).join("; ")}`);
}
