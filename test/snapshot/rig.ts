/** A backup of a made-up snapshot in a temporary folder, and jobs for the child process from a log written by hand. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type About, writeBackup } from "../../src/node/snapshot/backup-file.ts";
import { classInfos, type Registry } from "../../src/shared/object/registry.ts";
import type { Applied } from "../../src/shared/object/state-machine.ts";
import type { Command, SessionId } from "../../src/shared/object/types.ts";
import { logTime } from "../../src/shared/paxos/ids.ts";
import { next, slot } from "../../src/shared/paxos/slot.ts";
import type { Decision, SnapshotHead } from "../../src/shared/paxos/types.ts";
import type { SnapshotJob } from "../../src/shared/server/snapshotter.ts";
import { genesis, Log } from "../object/machine.ts";

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "concoord-snapshot-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Bytes that follow from their number. */
export function someBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}

export function headOf(bytes: Uint8Array, at = 1234): SnapshotHead {
  const hash = createHash("sha256").update(bytes).digest("hex");
  return { slot: slot(at), views: [genesis.view], logTime: logTime(5_000), hash, size: bytes.length };
}

export function aboutOf(bytes: Uint8Array): About {
  return { version: "0.1.0", genesis, head: headOf(bytes) };
}

export async function* inPieces(bytes: Uint8Array, length = 1_000): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

export async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(new Uint8Array(piece));
  return new Uint8Array(Buffer.concat(all));
}

/** Writes a backup of `bytes`. @returns its path */
export async function writtenBackup(bytes: Uint8Array, dir = temporaryFolder()): Promise<string> {
  const path = join(dir, "some.backup");
  await writeBackup(path, aboutOf(bytes), inPieces(bytes));
  return path;
}

/** A log that remembers what it decided, for a child to execute it again. */
export class KeptLog extends Log {
  readonly decisions: Decision[] = [];
  private readonly session: SessionId;

  constructor(registry: Registry) {
    super(registry, false);
    this.apply({ type: "found", classes: classInfos(registry) });
    this.session = this.open(1, 60_000);
  }

  override apply(...commands: readonly Command[]): Applied {
    const proposal = this.proposal(commands);
    const slot = next(this.machine.executed);
    this.decisions.push({ slot, proposal });
    return this.machine.apply(slot, proposal);
  }

  does(object: string, method: string, ...args: unknown[]): void {
    const outcome = this.call(this.session, object, method, ...args);
    if (outcome.type !== "returned") throw new Error(`${method}: ${outcome.type}`);
  }

  /** For a snapshot of now, beginning with an earlier one. */
  job(base: SnapshotHead | null = null, bytes: Uint8Array = new Uint8Array(0)): SnapshotJob {
    return {
      genesis,
      base,
      readBase: async (offset, length) => bytes.subarray(offset, offset + length),
      decisions: (from, bytesMax) => portion(this.decisions.slice(from - 1), bytesMax),
      slot: this.machine.executed,
    };
  }
}

function portion(decisions: readonly Decision[], bytesMax: number): readonly Decision[] {
  let bytes = 0;
  const end = decisions.findIndex(({ proposal }) => {
    bytes += proposal.body.length;
    return bytes > bytesMax;
  });
  return end === -1 ? decisions : decisions.slice(0, Math.max(1, end));
}
