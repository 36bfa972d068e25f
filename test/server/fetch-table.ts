/** Cases of a snapshot that is fetched: whom a node asks, when it goes on elsewhere, begins anew, or gives up. */
import assert from "node:assert/strict";
import { StorageError } from "../../src/shared/server/storage.ts";
import { bytes, FetchRig, headOf, type LaterCase } from "./fetch-rig.ts";

const whole: LaterCase = {
  name: "fetch: piece by piece from one node",
  async run() {
    const r = new FetchRig();
    r.turn();
    assert.deepEqual(r.asked, ["b 0+0"]);
    await r.piece("b", 0);
    assert.deepEqual(r.asked, ["b 70+10"]);
    r.turn();
    assert.deepEqual(r.asked, [], "it was asked for");
    await r.piece("b", 1);
    assert.deepEqual(r.fetched, []);
    await r.piece("b", 2);
    assert.deepEqual([r.asked, r.fetched, r.disk.ends], [["b 70+20"], [70], ["kept 70"]]);
    assert.deepEqual(await r.disk.read(headOf(70).slot, 0, 99), Buffer.from(bytes));
    r.wanted = false;
    r.turn();
    await r.clock.pass(5_000);
    assert.deepEqual([r.asked, r.failures], [[], []]);
  },
};

const silent: LaterCase = {
  name: "fetch: one that is silent is passed over, the leader comes last",
  async run() {
    const r = new FetchRig();
    r.turn();
    await r.clock.pass(499);
    r.turn();
    assert.deepEqual(r.asked, ["b 0+0"]);
    await r.clock.pass(1);
    assert.deepEqual(r.asked, ["c 0+0"], "it wakes by itself");
    await r.clock.pass(1_000);
    assert.deepEqual(r.asked, ["d 0+0", "b 0+0"]);
  },
};

const goesOn: LaterCase = {
  name: "fetch: where one falls silent in the middle another one goes on",
  async run() {
    const r = new FetchRig();
    r.turn();
    await r.piece("b", 0);
    await r.clock.pass(500);
    assert.deepEqual(r.asked, ["b 0+0", "b 70+10", "c 70+10"]);
    await r.piece("b", 1);
    assert.deepEqual(r.asked, [], "b is not asked any more");
    await r.piece("c", 1);
    await r.piece("c", 2);
    assert.deepEqual([r.asked, r.fetched], [["c 70+20"], [70]]);
  },
};

const unfit: LaterCase = {
  name: "fetch: others than the next piece of what was begun are of no use",
  async run() {
    const r = new FetchRig();
    r.world.step("a", { type: "snapshot", slot: headOf(70).slot, stateHash: 1 });
    r.turn();
    await r.piece("c", 0, headOf(80)); // who was not asked
    await r.piece("b", 0, headOf(70)); // what is here already
    await r.piece("b", 1, headOf(80)); // not the beginning
    await r.piece("b", 3, headOf(80)); // nothing
    assert.deepEqual([r.asked, r.disk.ends], [["b 0+0"], []]);
    await r.piece("b", 0, headOf(80));
    await r.piece("b", 0, headOf(80)); // again
    await r.piece("b", 1, headOf(81));
    await r.piece("b", 1, { ...headOf(80), hash: "0".repeat(64) });
    await r.piece("b", 2, headOf(80));
    assert.deepEqual(r.asked, ["b 80+10"]);
    await r.piece("b", 1, headOf(80));
    await r.piece("b", 2, headOf(80));
    assert.deepEqual(r.fetched, [80]);
  },
};

const nobody: LaterCase = {
  name: "fetch: where nobody has a snapshot it asks anew after a while, and does not spin",
  async run() {
    const r = new FetchRig();
    r.turn();
    const asked: string[] = [];
    const refuse = (): void => {
      for (let next = r.asked; next.length > 0 && asked.length < 50; next = r.asked) {
        asked.push(...next);
        r.missing(...next.map((line) => line[0] ?? ""));
      }
      r.turn();
    };
    refuse();
    assert.deepEqual(asked, ["b 0+0", "c 0+0", "d 0+0"]);
    await r.clock.pass(499);
    refuse();
    assert.equal(asked.length, 3);
    await r.clock.pass(1);
    refuse();
    assert.deepEqual(asked.slice(3), ["b 0+0", "c 0+0", "d 0+0"]);
    assert.deepEqual(r.failures, []);
  },
};

/** All that were asked have a newer one by now: what was begun leads nowhere. */
const gone: LaterCase = {
  name: "fetch: a snapshot that nobody has any more is begun anew",
  async run() {
    const r = new FetchRig();
    r.turn();
    await r.piece("b", 0);
    r.missing("c", "d"); // who was not asked
    r.missing("b");
    r.missing("c");
    r.missing("d");
    assert.deepEqual(r.asked, ["b 0+0", "b 70+10", "c 70+10", "d 70+10"]);
    assert.deepEqual(r.disk.ends, ["aborted 70"]);
    await r.clock.pass(500);
    assert.deepEqual(r.asked, ["b 0+0"]);
    for (const n of [0, 1, 2]) await r.piece("b", n, headOf(90));
    assert.deepEqual(r.fetched, [90]);
  },
};

const wrong: LaterCase = {
  name: "fetch: bytes that are not those of the hash are got anew, from another node",
  async run() {
    const r = new FetchRig();
    r.turn();
    const others = bytes.toReversed();
    for (const n of [0, 1, 2]) await r.piece("b", n, headOf(70), others);
    assert.deepEqual([r.fetched, r.failures, r.disk.ends], [[], [], []]);
    r.forget();
    await r.clock.pass(500);
    assert.deepEqual(r.asked, ["c 0+0"]);
    for (const n of [0, 1, 2]) await r.piece("c", n);
    assert.deepEqual([r.fetched, r.failures], [[70], []]);
  },
};

const refuses: LaterCase = {
  name: "fetch: a disk that refuses stops the node",
  async run() {
    const r = new FetchRig();
    r.disk.broken = new StorageError("io", "no space");
    r.turn();
    await r.piece("b", 0);
    assert.deepEqual(r.failures, [r.disk.broken]);
  },
};

const stopped: LaterCase = {
  name: "fetch: one that is stopped lets go of what it began, at once or when the disk is done",
  async run() {
    const idle = new FetchRig();
    idle.turn();
    await idle.piece("b", 0);
    idle.fetch.stop();
    assert.deepEqual(idle.disk.ends, ["aborted 70"]);
    await idle.clock.pass(5_000);
    await idle.piece("b", 1);
    idle.turn();
    assert.deepEqual(idle.asked, ["b 0+0", "b 70+10"]);

    const busy = new FetchRig();
    const gate = Promise.withResolvers<void>();
    busy.disk.held = gate.promise;
    busy.turn();
    await busy.piece("b", 0);
    busy.fetch.stop();
    assert.deepEqual(busy.disk.ends, [], "a write is under way");
    gate.resolve();
    await busy.clock.pass(5_000);
    assert.deepEqual([busy.disk.ends, busy.asked, busy.failures], [["aborted 70"], ["b 0+0"], []]);
  },
};

/** The decisions came after all, or the disk works: nothing is asked meanwhile. */
const needless: LaterCase = {
  name: "fetch: what is not wanted any more is let go",
  async run() {
    const r = new FetchRig();
    const gate = Promise.withResolvers<void>();
    r.disk.held = gate.promise;
    r.turn();
    await r.piece("b", 0);
    await r.clock.pass(600);
    r.missing("b");
    r.turn();
    assert.deepEqual(r.asked, ["b 0+0"], "nothing is asked while a piece is on its way to the disk");
    r.wanted = false;
    r.turn();
    assert.deepEqual(r.disk.ends, []);
    gate.resolve();
    await r.clock.pass(0);
    r.turn();
    assert.deepEqual(r.disk.ends, ["aborted 70"]);
    r.forget();
    await r.clock.pass(5_000);
    assert.deepEqual(r.asked, [], "no timer is left");
    r.wanted = true;
    r.turn();
    assert.equal(r.asked.length, 1, "it may begin again at once");
  },
};

export const fetchCases: readonly LaterCase[] = [
  whole,
  silent,
  goesOn,
  unfit,
  nobody,
  gone,
  wrong,
  refuses,
  stopped,
  needless,
];
