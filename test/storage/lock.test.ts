/** One process at a time, and one storage of it, has a folder. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { StorageError } from "../../src/shared/server/storage.ts";
import { loadNumbers } from "../conformance/storage.ts";
import { startNode } from "../process/processes.ts";
import { group } from "./numbered.ts";
import { folder, openIn } from "./rig.ts";

async function refusalIn(dir: string): Promise<StorageError> {
  const refusal = await openIn(dir).then(
    () => null,
    (error: StorageError) => error,
  );
  expect(refusal).toMatchObject({ name: "StorageError", kind: "locked" });
  expect(refusal?.message).toContain(dir);
  return refusal as StorageError;
}

test("a second opening in the same process is refused until the first is closed", async () => {
  const dir = folder();
  const first = await openIn(dir);
  await refusalIn(dir);
  await loadNumbers(first);
  await first.append(group(1, 2));
  await refusalIn(dir);
  // A refused opening must not have freed the lock.
  await refusalIn(dir);
  await first.close();
  const second = await openIn(dir);
  expect((await loadNumbers(second)).numbers).toEqual([1, 2]);
  await second.close();
});

test("the same folder by another path is the same folder", async () => {
  const dir = folder();
  const first = await openIn(dir);
  await refusalIn(join(dir, "..", dir.split("/").at(-1) as string));
  await first.close();
});

test("two folders do not hinder each other", async () => {
  const [a, b] = [await openIn(folder()), await openIn(folder())];
  await a.close();
  await b.close();
});

test("a folder is free once its load failed and it was closed", async () => {
  const dir = folder();
  const first = await openIn(dir);
  await loadNumbers(first);
  await first.append(group(1, 2));
  await first.close();
  const second = await openIn(dir);
  const failed = second.load(() => {
    throw new Error("not this one");
  });
  await expect(failed).rejects.toThrow("not this one");
  await second.close();
  await (await openIn(dir)).close();
});

test("another process is refused, and gets the folder once the holder is killed", async () => {
  const dir = folder();
  const holder = startNode(["test/storage/writer.ts", dir, "1"]);
  await holder.line(/^ready$/, 20_000);
  const before = readdirSync(dir).filter((name) => name.endsWith(".log"));
  await refusalIn(dir);
  expect(readdirSync(dir)).toEqual(expect.arrayContaining(before));
  await holder.line(/^20$/, 20_000);
  await holder.kill();
  const storage = await openIn(dir);
  expect((await loadNumbers(storage)).numbers.length).toBeGreaterThanOrEqual(20);

  const other = startNode(["test/storage/writer.ts", dir, "2"]);
  expect(await other.over).toBe(1);
  expect(other.errors()).toContain("StorageError");
  expect(other.errors()).toContain(dir);
  await storage.close();
  const next = startNode(["test/storage/writer.ts", dir, "3"]);
  await next.line(/^ready$/, 20_000);
  await next.kill();
});
