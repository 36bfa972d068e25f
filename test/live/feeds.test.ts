/** What moves between a node and those who follow an object: how much, how often, and what stands in its way. */
import { describe, expect, test } from "vitest";
import { session as sessionOf } from "../../src/shared/client/types.ts";
import { feedTailBytesMax, liveStateMax } from "../../src/shared/limits.ts";
import type { Gap } from "../../src/shared/live/index.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import { LiveRig } from "./rig.ts";

class Pad {
  lines: string[] = [];
  size = 0;
  add(line: string): number {
    this.size += line.length;
    return this.lines.push(line);
  }
  note(text: string): void {
    this.size += text.length;
  }
}

async function padRig() {
  const rig = await LiveRig.start(Pad);
  const writer = rig.client().connect(Pad);
  await rig.done(writer.add("first"));
  const pad = rig.client().live(Pad);
  await rig.done(pad.ready);
  return { rig, writer, pad, wire: rig.wire };
}

describe("how much moves", () => {
  test("a change to an object of 1 MB moves under 1 kB", async () => {
    const { rig, writer, pad, wire } = await padRig();
    for (let i = 0; i < 10; i++) await rig.done(writer.add("x".repeat(100_000)));
    await rig.clock.until(() => pad.state.size > 1_000_000, "a megabyte");
    await rig.clock.pass(2_500);
    const before = wire.frames.length;
    await rig.done(writer.add("small"));
    await rig.clock.until(() => pad.state.lines.length === 12, "the change");
    await rig.clock.pass(1_500);
    const bytes = wire.frames.slice(before).reduce((sum, frame) => sum + frame.length, 0);
    expect(bytes).toBeLessThan(1_000);
    expect(wire.of("feedSnapshot")).toHaveLength(1);
  });

  test("at once while little happens, one frame in 50 ms under load, all of it in them", async () => {
    const { rig, writer, pad, wire } = await padRig();
    await rig.clock.pass(500);
    const began = rig.clock.now;
    await rig.done(writer.note("1"));
    await rig.clock.until(() => pad.state.size === 6, "the change");
    expect(rig.clock.now - began).toBeLessThan(20);
    await rig.clock.pass(100);
    const frames = wire.of("feedInputs").length;
    const from = rig.clock.now;
    for (let i = 0; i < 100; i++) await rig.done(writer.note("1"));
    const lasted = rig.clock.now - from;
    expect(lasted).toBeGreaterThan(150);
    expect(wire.of("feedInputs").length - frames).toBeLessThanOrEqual(2 + lasted / 50);
    await rig.clock.pass(100);
    expect(pad.state.size).toBe(106);
  });

  test("all who follow are sent the same bytes", async () => {
    const { rig, writer, wire } = await padRig();
    const other = rig.client().live(Pad);
    await rig.done(other.ready);
    await rig.done(writer.add("second"));
    await rig.clock.pass(100);
    const [a, b] = [wire, rig.wire].map(
      (w) => w.of("feedInputs").findLast(({ body }) => body.length > 0)?.body,
    );
    expect(a).toBeDefined();
    expect(b).toEqual(a);
  });

  test("where nothing happens, a heartbeat tells up to which slot", async () => {
    const { rig, pad } = await padRig();
    const elsewhere = rig.client().connect(Pad, undefined, { name: "elsewhere" });
    await rig.done(elsewhere.add("x"));
    const { executed } = rig.server.machine;
    expect(pad.slot).toBeLessThan(executed);
    await rig.clock.until(() => pad.slot >= executed, "a heartbeat");
    expect(pad.state.lines).toEqual(["first"]);
  });

  test("an object that nobody follows is not noted", async () => {
    const { rig, writer, pad } = await padRig();
    const tapped = () => rig.server.machine.turns.execution.objects.get("Pad/main")?.tap;
    expect(tapped()).not.toBeNull();
    await rig.done(pad[Symbol.asyncDispose]());
    await rig.clock.pass(15_000);
    expect(tapped()).toBeNull();
    await rig.done(writer.add("x"));
  });
});

describe("those who fall behind", () => {
  test("go on from the tail when they have read", async () => {
    const { rig, writer, pad, wire } = await padRig();
    wire.backlog = 10_000_000;
    const frames = wire.frames.length;
    for (let i = 0; i < 5; i++) await rig.done(writer.add("x"));
    await rig.clock.pass(3_000);
    expect(wire.of("feedInputs").filter(({ body }) => body.length > 0)).toHaveLength(0);
    expect(wire.frames.length - frames).toBeLessThan(8);
    wire.backlog = 0;
    await rig.clock.until(() => pad.state.lines.length === 6, "the rest");
    expect(wire.of("feedSnapshot")).toHaveLength(1);
  });

  test("get a snapshot when the tail has gone, and are told of the gap", async () => {
    const { rig, writer, pad, wire } = await padRig();
    const gaps: Gap[] = [];
    const reading = (async () => {
      for await (const change of pad.changes()) if (change.kind === "gap" && gaps.push(change) === 1) return;
    })();
    wire.backlog = 10_000_000;
    const n = 3 + Math.ceil(feedTailBytesMax / 500_000);
    for (let i = 0; i < n; i++) await rig.done(writer.note("x".repeat(500_000)));
    wire.backlog = 0;
    await rig.clock.until(() => pad.state.size > n * 500_000, "the state");
    expect(wire.of("feedSnapshot")).toHaveLength(2);
    await rig.done(reading);
    expect(gaps[0]?.slot).toBe(pad.slot);
  });

  test("those who know more than the node has executed wait for it", async () => {
    const { rig, writer, wire } = await padRig();
    const { executed } = rig.server.machine;
    const since = { slot: slot(executed + 2), at: 0 };
    const raw: string[] = [];
    const events = rig.server.accept({
      send: (message) => raw.push(message.type),
      flush: () => undefined,
      close: () => undefined,
    });
    events.receive([{ type: "watch", feed: 1, object: "Pad/main", since, version: 0, session: null }]);
    await rig.clock.pass(2_000);
    expect(raw).toEqual(["members"]);
    for (let i = 0; i < 3; i++) await rig.done(writer.add("x"));
    await rig.clock.until(() => raw.includes("feedInputs"), "what it does not know");
    expect(raw).not.toContain("feedSnapshot");
    expect(wire.of("feedEnd")).toHaveLength(0);
  });
});

describe("what cannot be followed", () => {
  test("a class that says so", async () => {
    class Secret {
      static live = false;
      value = 0;
      set(value: number): void {
        this.value = value;
      }
    }
    const rig = await LiveRig.start(Secret);
    await expect(rig.done(rig.client().live(Secret).ready)).rejects.toMatchObject({ code: "DENIED" });
  });

  test("a class that is not served, a state that is too large, one that cannot be sent", async () => {
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
    await expect(rig.done(live(Other).ready)).rejects.toMatchObject({ code: "UNKNOWN_CLASS" });
    const big = connect(Big);
    await rig.done(big.__concoordinit__());
    await expect(rig.done(live(Big).ready)).rejects.toMatchObject({ code: "TOO_BIG" });
    await rig.done(big.shrink());
    await expect(rig.done(live(Big).ready)).rejects.toMatchObject({ code: "NOT_SENDABLE" });
  });
});

describe("a copy that differs", () => {
  let outside = 0;
  class Impure {
    sum = 0;
    add(): number {
      // What no replica may do: here every copy gets another number.
      this.sum += ++outside;
      return this.sum;
    }
  }

  test("takes a snapshot and says so; after three in a row it executes nothing, and follows", async () => {
    const rig = await LiveRig.start(Impure);
    const writer = rig.client().connect(Impure);
    await rig.done(writer.add());
    const impure = rig.client().live(Impure);
    await rig.done(impure.ready);
    const { wire } = rig;
    let diverged = 0;
    impure[sessionOf].addEventListener("diverged", ({ object }) => {
      expect(object).toBe("Impure/main");
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
    expect(outside).toBe(before + 1);
    expect(diverged).toBe(3);
    expect(wire.of("feedSnapshot")).toHaveLength(5);
  });

  test("a program with another version of the class is sent snapshots only", async () => {
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
    expect(rig.wire.of("feedInputs")).toHaveLength(0);
  });
});
