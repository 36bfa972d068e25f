/** The file log in temporary folders: opened, crashed, damaged, refused by the disk. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { FileStorage } from "../../src/node/storage/index.ts";
import { logCodec } from "../../src/shared/wire/log-codec.ts";
import type { StorageRig } from "../conformance/storage.ts";
import { imageOf, restore, sha256, usedBytes, withFile } from "./rig.ts";
import { refusal, WatchedDisk } from "./watched-disk.ts";

/** A crash leaves a copy of the files as they are at that moment; what the old storage still does reaches nothing. */
export async function fileRig(segmentBytes: number): Promise<StorageRig> {
  const root = mkdtempSync(join(tmpdir(), "concoord-storage-"));
  const disk = new WatchedDisk();
  let dir = mkdtempSync(join(root, "life-"));
  return {
    open: () => FileStorage.open({ dir, codec: logCodec, segmentBytes, disk }),
    crash: async (storage, work) => {
      const image = imageOf(dir);
      dir = mkdtempSync(join(root, "life-"));
      restore(dir, image);
      await work;
      await storage.close();
    },
    settle: (promise) => promise,
    breakDisk: () => {
      disk.before = (call) => {
        if (call === "fdatasync") throw refusal("EIO");
      };
    },
    damage: async () => {
      const image = imageOf(dir);
      const isUsedSegment = ([name, file]: [string, Buffer]) =>
        name.endsWith(".log") && usedBytes(file) > 512;
      const [name, bytes] = [...image].findLast(isUsedSegment) as [string, Buffer];
      const at = usedBytes(bytes) - 1;
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x80, at);
      restore(dir, withFile(image, name, bytes));
    },
    hash: sha256,
    close: async () => {
      rmSync(root, { recursive: true, force: true });
      expect(disk.openFiles).toBe(0);
    },
  };
}
