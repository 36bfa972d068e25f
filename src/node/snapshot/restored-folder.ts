/**
 * The data folder of the first node of a new cluster that begins with a snapshot of another one. The bytes stay as
 * they are; that the founding view governs from the slot above the snapshot on tells every node of the new cluster
 * where it began, so that all end the sessions from before there.
 */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ballotZero } from "../../shared/paxos/ballot.ts";
import { clusterId, nodeId } from "../../shared/paxos/ids.ts";
import { next, WINDOW } from "../../shared/paxos/slot.ts";
import type { SnapshotHead, Write } from "../../shared/paxos/types.ts";
import type { Genesis, Member } from "../../shared/paxos/view.ts";
import { joinHostPort } from "../address.ts";
import { DataFolder } from "../data-folder.ts";
import { nodeDisk, syncFolder } from "../storage/disk.ts";
import type { Backup } from "./backup-file.ts";

/** The folder cannot take a restored node. */
export class FolderError extends Error {
  override readonly name = "FolderError";
}

/**
 * Makes the folder: it is there as a whole when this resolves, or not at all.
 * @param dir empty or not there
 * @param host where the node is going to listen, with `port`
 * @returns the founding of the new cluster
 * @throws FolderError; StorageError
 */
export async function makeRestoredFolder(
  backup: Backup,
  { dir, host, port }: { readonly dir: string; readonly host: string; readonly port: number },
): Promise<Genesis> {
  const path = resolve(dir);
  await refuseUsed(path);
  await mkdir(dirname(path), { recursive: true });
  const unfinished = await mkdtemp(join(dirname(path), `${basename(path)}.restore-`));
  try {
    const genesis = await fill(unfinished, backup, joinHostPort(host, port), port);
    await replace(path, unfinished);
    return genesis;
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

async function refuseUsed(path: string): Promise<void> {
  try {
    if ((await readdir(path)).length === 0) return;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOENT") return;
    if (code === "ENOTDIR") throw new FolderError(`${path} is not a folder`);
    throw error;
  }
  throw new FolderError(`${path} is not empty`);
}

async function replace(path: string, by: string): Promise<void> {
  await rmdir(path).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  });
  await rename(by, path);
  await syncFolder(nodeDisk, dirname(path));
}

async function fill(dir: string, backup: Backup, addr: string, port: number): Promise<Genesis> {
  const { head } = backup.about;
  const self: Member = {
    id: nodeId(randomBytes(8).toString("hex")),
    role: "replica",
    addr,
    domain: "",
    groups: [],
    away: false,
  };
  const genesis: Genesis = {
    cluster: clusterId(randomBytes(16).toString("hex")),
    window: WINDOW,
    created: Math.floor(Date.now() / 1_000),
    view: { number: 1, first: next(head.slot), members: [self] },
  };
  const named: SnapshotHead = { ...head, views: [genesis.view] };
  const folder = await DataFolder.open(dir);
  try {
    await folder.storage.load(() => undefined);
    const sink = await folder.storage.keep(named);
    for await (const piece of backup.pieces()) await sink.write(piece);
    await sink.commit();
    await folder.storage.append(beginning(self, genesis, named));
    folder.keepPort(port);
  } finally {
    await folder.storage.close();
  }
  return genesis;
}

/** A log of which all up to the snapshot was decided and is gone. */
function beginning({ id }: Member, genesis: Genesis, { slot, views, logTime }: SnapshotHead): Write[] {
  return [
    { type: "founded", id, genesis },
    { type: "trimmed", id, genesis, promised: ballotZero, slot, decided: slot, views, logTime },
  ];
}
