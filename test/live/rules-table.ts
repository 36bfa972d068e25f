/** What is promised of watched objects beside their inputs: how often they move, who is refused, whose code counts. */
import assert from "node:assert/strict";
import { flush, session as sessionOf } from "../../src/shared/client/types.ts";
import { liveStateMax } from "../../src/shared/limits.ts";
import type { LaterCase } from "../server/fetch-rig.ts";
import { Pad, padRig } from "./pad-rig.ts";
import { LiveRig } from "./rig.ts";

const merged: LaterCase = {
  name: "live: at once while little happens, one frame in 50 ms under load",
  async run() {
    const { rig, writer, pad, wire } = await padRig();
    await rig.clock.pass(500);
    const began = rig.clock.now;
    await rig.done(writer.add("1"));
    await rig.clock.until(() => pad.state.size === 6, "the change");
    assert.ok(rig.clock.now - began < 20, "at once");
    await rig.clock.pass(100);
    const frames = wire.of("feedInputs").length;
    const from = rig.clock.now;
    for (let i = 0; i < 100; i++) await rig.done(writer.add("1"));
    const lasted = rig.clock.now - from;
    assert.ok(lasted > 150, "long enough to count frames");
    const sent = wire.of("feedInputs").length - frames;
    assert.ok(sent <= 2 + lasted / 50, `${sent} frames in ${lasted} ms`);
    await rig.clock.pass(100);
    assert.equal(pad.state.size, 106, "all of it is in them");
  },
};

const shared: LaterCase = {
  name: "live: to tell a crowd takes a tenth of a node's time",
  async run() {
    const { rig, writer, wire } = await padRig();
    for (let i = 0; i < 9; i++) await rig.done(rig.client().live(Pad).ready);
    for (const one of rig.wires) one.cost = 3;
    await rig.clock.pass(500);
    const told = wire.of("feedInputs").length;
    const from = rig.clock.now;
    for (let i = 0; i < 40; i++) {
      await rig.done(writer.add("1"));
      await rig.clock.pass(50);
    }
    const most = 2 + (rig.clock.now - from) / 300;
    const sent = wire.of("feedInputs").length - told;
    assert.ok(sent <= most, `${sent} frames of 30 ms each in ${rig.clock.now - from} ms`);
    assert.ok(sent >= most / 2, `${sent} frames only`);
  },
};

const quiet: LaterCase = {
  name: "live: who hears of an object asks for no signs of life, and shows its own in time",
  async run() {
    const { rig, writer, pad, wire } = await padRig();
    let lost = 0;
    pad[sessionOf].addEventListener("sessionlost", () => lost++);
    const pongs = wire.of("pong").length;
    for (let i = 0; i < 150; i++) {
      await rig.done(writer.add("1"));
      await rig.clock.pass(200);
    }
    const asked = wire.of("pong").length - pongs;
    assert.ok(asked <= 12, `${asked} in 30 s`);
    await rig.done(pad.calls.add("own"));
    assert.equal(lost, 0);
    assert.equal(rig.wire, wire, "one connection");
  },
};

const beaten: LaterCase = {
  name: "live: where nothing happens, a heartbeat tells up to which slot",
  async run() {
    const { rig, pad } = await padRig();
    const elsewhere = rig.client().connect(Pad, undefined, { name: "elsewhere" });
    await rig.done(elsewhere.add("x"));
    const { executed } = rig.server.machine;
    assert.ok(pad.slot < executed);
    await rig.clock.until(() => pad.slot >= executed, "a heartbeat");
    assert.deepEqual(pad.state.lines, ["first"]);
  },
};

let outside = 0;
class Impure {
  sum = 0;
  add(): number {
    // What no replica may do: here every copy gets another number.
    this.sum += ++outside;
    return this.sum;
  }
}

const diverging: LaterCase = {
  name: "live: a copy that differs takes a snapshot; after three in a row it executes nothing",
  async run() {
    const rig = await LiveRig.start(Impure);
    const writer = rig.client().connect(Impure);
    await rig.done(writer.add());
    const impure = rig.client().live(Impure);
    await rig.done(impure.ready);
    const { wire } = rig;
    let diverged = 0;
    impure[sessionOf].addEventListener("diverged", ({ object }) => {
      assert.equal(object, "Impure/main");
      diverged++;
    });
    for (let i = 0; i < 3; i++) {
      await rig.done(writer.add());
      await rig.clock.until(() => diverged === i + 1, "a difference");
      await rig.clock.pass(1_000);
    }
    const before = outside;
    const sum = await rig.done(writer.add());
    await rig.clock.until(() => impure.state.sum === sum, "the state");
    assert.equal(outside, before + 1, "the copy executes nothing");
    assert.equal(diverged, 3);
    assert.equal(wire.of("feedSnapshot").length, 5);
  },
};

class Heavy {
  text = "x".repeat(10_000);
  sum = 0;
  add(): number {
    this.sum += ++outside;
    return this.sum;
  }
}

const settled: LaterCase = {
  name: "live: a copy that differs takes a snapshot also when nothing happens any more",
  async run() {
    const rig = await LiveRig.start(Heavy);
    const writer = rig.client().connect(Heavy);
    await rig.done(writer.add());
    const heavy = rig.client().live(Heavy);
    await rig.done(heavy.ready);
    const slots: number[] = [];
    heavy.subscribe(() => slots.push(heavy.slot));
    const elsewhere = rig.client().connect(Heavy, undefined, { name: "elsewhere" });
    const sum = await rig.done(writer.add());
    await rig.done(elsewhere.add());
    await rig.clock.until(() => heavy.state.sum === sum, "the state");
    await rig.clock.pass(3_000);
    assert.equal(rig.wires[1]?.of("feedSnapshot").length, 2, "one at first, one for the difference");
    assert.deepEqual(
      slots,
      slots.toSorted((a, b) => a - b),
      "it never goes back",
    );
    // It executes again.
    const before = outside;
    await rig.done(writer.add());
    await rig.clock.until(() => outside === before + 2, "an execution here, too");
  },
};

const versioned: LaterCase = {
  name: "live: a program with another version of the class is sent snapshots only",
  async run() {
    class Old {
      static readonly name: string = "Pad";
      static version = 7;
      lines: string[] = [];
      add(): number {
        throw new Error("this must not run");
      }
    }
    const rig = await LiveRig.start(Pad);
    const writer = rig.client().connect(Pad);
    await rig.done(writer.add("a"));
    const pad = rig.client().live(Old);
    await rig.done(pad.ready);
    await rig.done(writer.add("b"));
    await rig.clock.until(() => pad.state.lines.length === 2, "the state");
    assert.equal(rig.wire.of("feedInputs").length, 0);
    assert.ok(pad.state instanceof Old);
  },
};

const optimistic: LaterCase = {
  name: "live: own calls show at once, again when others come first, and not when they are refused",
  async run() {
    const { rig, pad, writer } = await padRig();
    const shown = () => pad.state.lines.slice(1);
    const theirs = writer.add("theirs");
    await rig.clock.pass(1);
    const mine = [pad.calls.add("a")];
    assert.deepEqual(shown(), ["a"], "at once");
    mine.push(pad.calls.add("b"));
    assert.deepEqual(shown(), ["a", "b"], "after the earlier ones");
    assert.deepEqual(
      await rig.done(Promise.all([theirs, ...mine])),
      [2, 3, 4],
      "promises settle from the log",
    );
    await rig.clock.pass(100);
    assert.deepEqual(shown(), ["theirs", "a", "b"]);
    // Held back until it is flushed, so that another one comes first.
    const held = rig.client().live(Pad, undefined, { proxy: 2 });
    await rig.done(held.ready);
    const last = held.calls.add("last");
    assert.deepEqual(held.state.lines.slice(-1), ["last"]);
    await rig.done(writer.add("before"));
    await rig.clock.until(() => pad.state.lines.length === 5, "the other call");
    await rig.clock.pass(100);
    assert.deepEqual(held.state.lines.slice(-2), ["before", "last"], "again, after what came first");
    await rig.done(Promise.all([last, held[sessionOf].object(Pad)[flush]()]));
    const abort = new AbortController();
    const session = rig.client().openSession(undefined, { signal: abort.signal });
    const other = session.live(Pad);
    await rig.done(other.ready);
    const lost = other.calls.add("never");
    assert.equal(other.state.lines.length, 7);
    abort.abort();
    await assert.rejects(rig.done(lost), { code: "ABORTED" });
    assert.equal(other.state.lines.length, 6, "what was refused leaves");
  },
};

const closed: LaterCase = {
  name: "live: a class that says so is not followed",
  async run() {
    class Secret {
      static live = false;
      value = 0;
    }
    const rig = await LiveRig.start(Secret);
    await assert.rejects(rig.done(rig.client().live(Secret).ready), { code: "DENIED" });
  },
};

const unfit: LaterCase = {
  name: "live: a class that is not served, a state that is too large, one that cannot be sent",
  async run() {
    class Other {
      value = 0;
    }
    class Big {
      bytes = new Uint8Array(liveStateMax);
      hidden: unknown = null;
      shrink(): void {
        this.bytes = new Uint8Array(1);
        this.hidden = () => 1;
      }
    }
    const rig = await LiveRig.start(Big);
    const { live, connect } = rig.client();
    await assert.rejects(rig.done(live(Other).ready), { code: "UNKNOWN_CLASS" });
    const big = connect(Big);
    await rig.done(big.__concoordinit__());
    await assert.rejects(rig.done(live(Big).ready), { code: "TOO_BIG" });
    await rig.done(big.shrink());
    await assert.rejects(rig.done(live(Big).ready), { code: "NOT_SENDABLE" });
  },
};

export const ruleCases: readonly LaterCase[] = [
  merged,
  shared,
  quiet,
  beaten,
  diverging,
  settled,
  versioned,
  optimistic,
  closed,
  unfit,
];
