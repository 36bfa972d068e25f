/** Cases of the pieces that a node hands out: which snapshot is meant, and what stays while it is being sent. */
import assert from "node:assert/strict";
import { SnapshotSource } from "../../src/shared/server/snapshot-source.ts";
import { StorageError } from "../../src/shared/server/storage.ts";
import type { PeerMessage } from "../../src/shared/wire/messages.ts";
import { VirtualClock } from "../client/virtual-clock.ts";
import { bytes, Disk, headOf, type LaterCase } from "./fetch-rig.ts";

/** A node with the snapshots of these slots on its disk. */
async function rig(...slots: readonly number[]) {
  const [clock, disk] = [new VirtualClock(1), new Disk()];
  const [pins, failures]: [number[], unknown[]] = [[], []];
  const source = new SnapshotSource(
    disk,
    clock,
    (slot) => pins.push(slot),
    (error) => failures.push(error),
  );
  for (const at of slots) {
    const sink = await disk.keep(headOf(at));
    await sink.write(bytes);
    await sink.commit();
    source.add(headOf(at));
  }
  /** What is answered, as "70+10: 20 bytes" or "no 70". */
  const ask = async (at: number, offset = 0, hash = at === 0 ? "" : headOf(at).hash) => {
    const answers: PeerMessage[] = [];
    const question = { type: "askSnapshot", slot: headOf(at).slot, hash, offset } as const;
    source.asked(question, (answer) => answers.push(answer));
    await clock.pass(0);
    return answers.map((m) => {
      if (m.type === "noSnapshot") return `no ${m.slot}`;
      assert(m.type === "snapshotPiece");
      assert.deepEqual(m.bytes, Buffer.from(bytes.subarray(m.offset)));
      return `${m.head.slot}+${m.offset}: ${m.bytes.length} bytes`;
    });
  };
  return { clock, disk, pins, failures, source, ask };
}

const named: LaterCase = {
  name: "source: the newest is meant, or the one that is named",
  async run() {
    const { ask, source } = await rig(70, 90);
    assert.deepEqual(await ask(0), ["90+0: 30 bytes"]);
    assert.deepEqual(await ask(70, 10), ["70+10: 20 bytes"]);
    assert.deepEqual(await ask(80), ["no 80"], "it never had that one");
    assert.deepEqual(await ask(70, 10, "0".repeat(64)), ["no 70"], "another one of this slot");
    assert.deepEqual(await ask(70, 29), ["70+29: 1 bytes"]);
    assert.deepEqual(await ask(70, 30), ["no 70"], "there is nothing behind its end");
    source.add(headOf(95)); // its bytes left the disk
    assert.deepEqual(await ask(95), ["no 95"]);
    assert.deepEqual(await (await rig()).ask(0), ["no 0"]);
  },
};

/** One that comes from elsewhere may be older than one that was made here meanwhile. */
const sorted: LaterCase = {
  name: "source: the newest is that of the highest slot, in whatever order they come; four are known",
  async run() {
    const { ask, source } = await rig(90, 70);
    assert.equal(source.newest?.slot, 90);
    assert.deepEqual(await ask(0), ["90+0: 30 bytes"]);
    for (const at of [80, 60, 100]) source.add(headOf(at));
    assert.equal(source.newest?.slot, 100);
    assert.deepEqual(await ask(70), ["70+0: 30 bytes"]);
    source.add(headOf(85));
    assert.deepEqual(await ask(70), ["no 70"]);
    assert.deepEqual(await ask(90), ["90+0: 30 bytes"]);
  },
};

const pins: LaterCase = {
  name: "source: what is being sent is pinned until nobody asks for it for five seconds",
  async run() {
    const r = await rig(70, 90);
    assert.equal(r.source.pinned, 0);
    await r.ask(90);
    await r.clock.pass(2_000);
    await r.ask(70);
    assert.deepEqual([r.source.pinned, r.pins], [70, [90, 70]], "the oldest one");
    await r.clock.pass(4_000);
    await r.ask(70, 10);
    await r.clock.pass(4_500);
    assert.equal(r.source.pinned, 70, "it goes on");
    await r.clock.pass(10_000);
    assert.deepEqual([r.source.pinned, r.pins.at(-1)], [0, 0]);
    await r.ask(80); // what it does not have it need not keep
    assert.equal(r.source.pinned, 0);
    await r.ask(90);
    await r.clock.pass(11_000);
    assert.deepEqual(r.pins.slice(-2), [90, 0], "and again");
  },
};

const ends: LaterCase = {
  name: "source: a disk that refuses stops the node; one that is stopped wants no turn",
  async run() {
    const r = await rig(70);
    const broken = new StorageError("damage", "a block that does not verify");
    r.disk.read = () => Promise.reject(broken);
    assert.deepEqual(await r.ask(70), []);
    assert.deepEqual(r.failures, [broken]);
    r.source.stop();
    r.pins.length = 0;
    await r.clock.pass(60_000);
    assert.deepEqual(r.pins, []);
  },
};

export const sourceCases: readonly LaterCase[] = [named, sorted, pins, ends];
