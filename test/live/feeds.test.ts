/** What moves between a node and those who follow an object: how much, how often, and what stands in its way. */
import { describe, expect, test } from "vitest";
import { feedTailBytesMax } from "../../src/shared/limits.ts";
import type { Gap } from "../../src/shared/live/index.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import { Pad, padRig } from "./pad-rig.ts";

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
