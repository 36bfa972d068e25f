/** The suite of every Storage, run with each of them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MemoryStorage } from "../../src/node/memory-storage.ts";
import { FileStorage } from "../../src/node/storage/index.ts";
import { type StorageRig, storageConformance } from "../conformance/storage.ts";
import { group } from "./numbered.ts";
import { codec, imageOf, restore } from "./rig.ts";

/** A crash leaves a copy of the files as they are at that moment; what the old storage still does reaches nothing. */
async function fileRig(segmentBytes: number): Promise<StorageRig> {
  const root = mkdtempSync(join(tmpdir(), "concoord-storage-"));
  let dir = mkdtempSync(join(root, "life-"));
  return {
    open: () => FileStorage.open({ dir, codec, segmentBytes }),
    crash: async (storage, append) => {
      const image = imageOf(dir);
      dir = mkdtempSync(join(root, "life-"));
      restore(dir, image);
      await append;
      await storage.close();
    },
    close: async () => {
      rmSync(root, { recursive: true, force: true });
    },
  };
}

storageConformance("files of 4 KiB", () => fileRig(4_096));
storageConformance("files of 1 MiB", () => fileRig(1024 * 1024));

test("storage in memory takes everything and finds nothing", async () => {
  const storage = new MemoryStorage();
  expect(await storage.load()).toEqual({ notes: [] });
  await storage.append(group(1, 10));
  expect(storage.bytes()).toBe(0);
  await storage.close();
});
