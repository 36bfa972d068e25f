/** A disk that takes 300 ms for each sync, under a whole node: calls stay in order, and many share one sync. */
import { expect, test } from "vitest";
import { type Disk, nodeDisk } from "../../src/node/storage/disk.ts";
import { FileStorage } from "../../src/node/storage/index.ts";
import { logCodec } from "../../src/shared/wire/log-codec.ts";
import { VirtualClock } from "../client/virtual-clock.ts";
import { increment, RawClient, serverOf } from "../server/rig.ts";
import { folder } from "./rig.ts";

const syncMillis = 300;
const calls = 100;

test(`${calls} calls in a second of virtual time`, async () => {
  const clock = new VirtualClock(1);
  let syncs = 0;
  const fdatasync = () => {
    syncs++;
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.after(syncMillis, resolve);
    return promise;
  };
  const disk: Disk = { ...nodeDisk, fdatasync, fsync: () => Promise.resolve() };
  const dir = folder();
  const storage = await FileStorage.open({ dir, codec: logCodec, segmentBytes: 64 * 1024, disk });
  const server = serverOf(clock, storage);
  const started = server.start({ type: "found" });
  while (!server.ready) await clock.pass(10);
  await started;
  const client = new RawClient(server);
  const session = await client.open(clock, "5e".repeat(16), 60_000);
  const before = syncs;
  for (let i = 1; i <= calls; i++) {
    client.say(increment(session, i));
    await clock.pass(10);
  }
  await clock.until(() => client.of("answer").length === calls, "all answers");
  // 1,000 ms of calls: a sync begins every 300 ms, with all that came during the one before it.
  expect(syncs - before).toBeLessThanOrEqual(8);
  expect(client.of("answer").map(({ seq }) => seq)).toEqual(Array.from({ length: calls }, (_, i) => i + 1));
  const stopped = server.stop();
  await clock.pass(2 * syncMillis);
  await stopped;
  const next = await FileStorage.open({ dir, codec: logCodec, segmentBytes: 64 * 1024 });
  const slots: number[] = [];
  await next.load((write) => {
    if (write.type === "accepted") slots.push(write.pvalue.slot);
  });
  expect(slots.length).toBeGreaterThan(2);
  expect(slots).toEqual(slots.toSorted((a, b) => a - b));
  await next.close();
});
