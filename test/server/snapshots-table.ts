/** Cases of snapshots that a node makes: when the leader asks for one, whose turn it is, what is said when it fails. */
import assert from "node:assert/strict";
import { slot } from "../../src/shared/paxos/slot.ts";
import { StorageError } from "../../src/shared/server/storage.ts";
import { Log, registryOf } from "../object/machine.ts";
import { headOf, type LaterCase } from "./fetch-rig.ts";
import { Child, decided, SnapshotsRig } from "./snapshots-rig.ts";

const everybody = (snapshot: number) => ({ a: snapshot, b: snapshot, c: snapshot });

const pace: LaterCase = {
  name: "snapshots: the leader asks for one after so many slots, or bytes of them",
  async run() {
    for (const [self, slots, due] of [
      ["a", decided, 1],
      ["a", decided + 1, 0],
      ["b", decided, 0],
    ] as const) {
      const r = new SnapshotsRig({ self, pace: { slots } });
      await r.pass(200, everybody(0));
      assert.equal(r.announced, due, `${self}, after ${slots} slots`);
    }
    const r = new SnapshotsRig({ pace: { bytesMin: 1_000 } });
    r.execute(4, false, "big:900");
    await r.pass(100, everybody(0));
    assert.equal(r.announced, 0);
    r.execute(5, false, "big:100");
    await r.pass(100, everybody(0));
    assert.equal(r.announced, 1);
    r.execute(6, true);
    await r.pass(100, everybody(6));
    assert.equal(r.announced, 1, "what was before is in it");
  },
};

const asLargeAsTheLast: LaterCase = {
  name: "snapshots: due after as many bytes of the log as the last one has, within bounds",
  async run() {
    for (const { last, early, due } of [
      { last: 10, early: 500, due: 1_100 },
      { last: 3_000, early: 2_500, due: 3_100 },
      { last: 1_000_000, early: 4_500, due: 5_100 },
    ]) {
      const r = new SnapshotsRig({ pace: { bytesMin: 1_000, bytesMax: 5_000 } });
      r.source.add({ ...headOf(2), size: last });
      r.execute(4, false, `big:${early}`);
      await r.pass(100, everybody(0));
      assert.equal(r.announced, 0, `after ${early} bytes, the last has ${last}`);
      r.execute(5, false, `big:${due - early}`);
      await r.pass(100, everybody(0));
      assert.equal(r.announced, 1, `after ${due} bytes, the last has ${last}`);
    }
  },
};

const oneAtATime: LaterCase = {
  name: "snapshots: one announcement at a time, and none before all that are heard have the last one",
  async run() {
    const r = new SnapshotsRig({ pace: { bytesMin: 100 } });
    const more = () => r.execute(r.log.machine.executed + 1, false, "big:200");
    more();
    await r.pass(59_000, everybody(0));
    assert.equal(r.announced, 1, "it is not decided yet");
    r.execute(4, true);
    more();
    await r.pass(1_000, { b: 4, c: 0 });
    assert.equal(r.announced, 1, "c has not made it");
    await r.pass(1_000, { b: 4 });
    assert.equal(r.announced, 2, "c is not heard any more");
    r.execute(6, true);
    more();
    await r.pass(59_000, { b: 6, c: 0 });
    assert.equal(r.announced, 2);
    await r.pass(2_000, { b: 6, c: 0 });
    assert.equal(r.announced, 3, "c had its time");
    await r.pass(61_000, { b: 6, c: 6 });
    assert.equal(r.announced, 4, "it got lost");
  },
};

const small: LaterCase = {
  name: "snapshots: a small state is taken at once, by everybody",
  async run() {
    for (const self of ["a", "b"]) {
      const child = new Child();
      const r = new SnapshotsRig({ self, child });
      r.execute(5, true);
      await r.pass(50);
      assert.deepEqual([r.kept, r.told, child.jobs, r.lines], [[5], [5], [], []]);
      const { newest } = r.source;
      assert(newest !== null && newest.slot === 5 && newest.size > 0);
      const back = new Log();
      back.machine.restore((await r.disk.read(slot(5), 0, newest.size)) ?? new Uint8Array(0));
      assert.deepEqual([back.machine.executed, back.machine.digest], [5, r.log.machine.digest]);
      assert.equal(r.node.retention.own, 5);
    }
  },
};

/** b, then c, then a, which leads; each waits for those before it that it hears. */
const turns: readonly (readonly [self: string, marks: Readonly<Record<string, number>>, mine: boolean])[] = [
  ["b", { a: 0, c: 0 }, true],
  ["c", { a: 0, b: 0 }, false],
  ["c", { a: 9, b: 4 }, false],
  ["c", { a: 0, b: 5 }, true],
  ["c", { a: 0, b: 9 }, true],
  ["c", { a: 0 }, true],
  ["a", { b: 5, c: 0 }, false],
  ["a", { b: 0, c: 5 }, false],
  ["a", { b: 5, c: 5 }, true],
  ["a", { c: 5 }, true],
  ["a", {}, true],
];
const turn: LaterCase = {
  name: "snapshots: a large one is made by one after the other, the leader last",
  async run() {
    for (const [self, marks, mine] of turns) {
      const child = new Child();
      const r = new SnapshotsRig({ self, child, pace: { smallBytes: 0 } });
      await r.pass(200, marks);
      r.execute(5, true);
      await r.pass(1_000, marks);
      assert.equal(child.jobs.length, mine ? 1 : 0, `${self} hears ${JSON.stringify(marks)}`);
      if (mine) continue;
      await r.pass(58_000, marks);
      assert.equal(child.jobs.length, 0);
      await r.pass(2_000, marks);
      assert.equal(child.jobs.length, 1, "the others had their time");
    }
  },
};

const large: LaterCase = {
  name: "snapshots: a large one is made elsewhere, of the slot that was announced, one at a time",
  async run() {
    const child = new Child();
    const r = new SnapshotsRig({ self: "b", child, pace: { smallBytes: 0 } });
    r.execute(5, true);
    const { digest } = r.log.machine;
    await r.pass(100);
    for (const s of [7, 8]) r.execute(s, true);
    await r.pass(1_000);
    const [job] = child.jobs;
    assert(job !== undefined && job.slot === 5 && job.base === null && child.jobs.length === 1);
    const slots = job.decisions(slot(3), 1_000_000).map((d) => d.slot);
    assert.deepEqual(slots, [3, 4, 5]);
    assert.equal(job.decisions(slot(1), 1).length, 1, "at least one");
    child.made(digest);
    await r.pass(1_000);
    assert.deepEqual([r.kept, r.told, r.disk.ends, r.lines], [[5], [5], ["kept 5"], []]);
    const [, later] = child.jobs;
    assert.deepEqual(
      [later?.slot, later?.base?.slot],
      [8, 5],
      "the newest of those that wait, upon the last one",
    );
    assert.equal((await later?.readBase(10, 99))?.length, 20);
    assert.equal(child.jobs.length, 2);
  },
};

const differs: LaterCase = {
  name: "snapshots: one with another digest is discarded, and an operator is told",
  async run() {
    const child = new Child();
    const r = new SnapshotsRig({ self: "b", child, pace: { smallBytes: 0 } });
    r.execute(5, true);
    await r.pass(100);
    child.made(r.log.machine.digest ^ 1);
    await r.pass(100);
    assert.match(r.lines.join(), /the state after slot 5 cannot be made again from the log/);
    assert.deepEqual([r.kept, r.told, r.disk.ends, child.discarded], [[], [], [], 1]);
    r.execute(6, true);
    await r.pass(100);
    child.made(r.log.machine.digest);
    await r.pass(100);
    assert.deepEqual([r.lines, r.kept], [[], [6]], "until one succeeds");
  },
};

const fails: LaterCase = {
  name: "snapshots: one that cannot be made is told to an operator; a disk that refuses stops the node",
  async run() {
    const child = new Child();
    const r = new SnapshotsRig({ self: "b", child, pace: { smallBytes: 0 } });
    r.execute(5, true);
    await r.pass(100);
    child.fails("out of memory");
    await r.pass(100);
    assert.deepEqual([r.lines, r.failures], [["no snapshot: out of memory"], []]);
    r.execute(6, true);
    await r.pass(100);
    const pieces = async function* () {
      yield new Uint8Array(3);
      throw new Error("it ends too soon");
    };
    child.made(r.log.machine.digest, { pieces });
    await r.pass(100);
    assert.deepEqual([r.lines, r.disk.ends], [["no snapshot: it ends too soon"], ["aborted 6"]]);
    r.disk.broken = new StorageError("io", "no space");
    r.execute(7, true);
    await r.pass(100);
    child.made(r.log.machine.digest);
    await r.pass(100);
    assert.deepEqual(r.failures, [r.disk.broken]);
  },
};

class Bad {
  readonly run = () => 1;
  touch(): number {
    return 1;
  }
}

const unfit: LaterCase = {
  name: "snapshots: a state that cannot be taken is named line by line, and nothing is kept",
  async run() {
    const log = new Log(registryOf(Bad));
    const r = new SnapshotsRig({ log });
    log.call(log.open(), "Bad/main", "touch");
    r.execute(log.machine.executed, true);
    await r.pass(100);
    assert.equal(r.lines.length, 1);
    assert.match(r.lines[0] ?? "", /^Bad\/main: field run/);
    assert.deepEqual([r.kept, r.told, r.disk.ends], [[], [], []]);
  },
};

/** It was fetched, because this node had fallen behind. */
const elsewhere: LaterCase = {
  name: "snapshots: what waits for its turn is dropped when one as new came from elsewhere",
  async run() {
    for (const came of [4, 5, 9]) {
      const child = new Child();
      const r = new SnapshotsRig({ self: "c", child, pace: { smallBytes: 0 } });
      const marks = { a: 0, b: 0 };
      await r.pass(200, marks);
      r.execute(5, true);
      await r.pass(200, marks);
      const { slot: at, views, logTime } = headOf(came);
      r.driver.push({ type: "install", base: { slot: at, views, logTime }, stateHash: 1 });
      await r.pass(61_000, marks);
      assert.equal(child.jobs.length, came < 5 ? 1 : 0, `one of slot ${came}`);
    }
  },
};

const stopped: LaterCase = {
  name: "snapshots: one that is stopped keeps nothing more, and starts none",
  async run() {
    const child = new Child();
    const r = new SnapshotsRig({ self: "b", child, pace: { smallBytes: 0 } });
    r.execute(5, true);
    await r.pass(100);
    r.execute(6, true);
    const gate = Promise.withResolvers<void>();
    r.disk.held = gate.promise;
    child.made(r.log.machine.digest);
    await r.pass(100);
    r.snapshots.stop();
    gate.resolve();
    await r.pass(1_000);
    assert.deepEqual([r.disk.ends, r.kept, r.told, r.failures], [["aborted 5"], [], [], []]);
    assert.equal(child.jobs.length, 1);
  },
};

export const snapshotsCases: readonly LaterCase[] = [
  pace,
  asLargeAsTheLast,
  oneAtATime,
  small,
  turn,
  large,
  differs,
  fails,
  unfit,
  elsewhere,
  stopped,
];
