/**
 * Rule 6 with disks: a member leaves, the cluster says that it is gone, and at once or after an idle minute all are
 * killed and lose what they had not synced. A majority of those that stay goes on without it.
 */
import { expect, it } from "vitest";
import type { NodeId } from "../src/shared/paxos/ids.ts";
import { HistoryPlay } from "../src/shared/sim/history-play.ts";
import type { Machine } from "../src/shared/sim/machine.ts";
import { World } from "../src/shared/sim/world.ts";
import { objectCodec } from "../src/shared/wire/values.ts";
import { quiet } from "./sim/quiet.ts";

const minute = 60_000;

async function founded(members: number, seed: number): Promise<World> {
  const swarm = { ...quiet(members, seed), fsyncMillis: 5 };
  const world = new World(seed, swarm, new HistoryPlay(swarm.work));
  for (const machine of world.nodes) world.start(machine);
  await world.run(() => world.nodes.every((m) => m.process?.server?.ready ?? false), minute, "founding");
  return world;
}

/** Resolves when a node that stays has answered that `machine` is gone, which does not come back. */
async function leaves(world: World, machine: Machine, asked: Machine): Promise<void> {
  const [process, id] = [asked.process, machine.process?.id];
  if (process === null || id == null) throw new Error("both run");
  let answered = false;
  world.ask(process, { type: "askChange", kind: "leave", id }, () => {
    answered = true;
  });
  await world.run(() => answered, minute, "the answer");
  world.kill(machine);
  machine.lost = true;
}

/** Whether whoever leads among them decides something new. */
async function goesOn(world: World, machines: readonly Machine[]): Promise<void> {
  const servers = () => machines.flatMap((m) => m.process?.server ?? []);
  await world.run(() => servers().some((s) => s.ready && s.node.leader.ready), minute, "a leader");
  const before = world.checker.log.length;
  const commands = [objectCodec.encodeCommand({ type: "keepAlive", sessions: [] })];
  for (const { process } of machines)
    process?.peers?.receive("" as NodeId, { type: "forward", commands }, () => undefined);
  await world.run(() => world.checker.log.length > before, minute, "another slot");
}

it.each([
  [2, 0],
  [2, minute],
  [4, 0],
  [4, minute],
])("one of %i leaves, all are killed %i ms later", async (members, idle) => {
  for (let seed = 1; seed <= 6; seed++) {
    const world = await founded(members, seed);
    const order = world.nodes.map((_, i) => world.nodes[(i + seed) % members] as Machine);
    const [leaver, ...staying] = order as [Machine, ...Machine[]];
    await leaves(world, leaver, staying.at(-1) as Machine);
    const end = world.agenda.now + idle;
    await world.run(() => world.agenda.now >= end, 2 * minute, "time");
    for (const machine of world.nodes) world.kill(machine);
    // As many as may are lost for good.
    const back = staying.slice(0, Math.floor(staying.length / 2) + 1);
    for (const machine of back) world.start(machine);
    await goesOn(world, back);
    expect(world.checker.views.at(-1)?.members).toHaveLength(members - 1);
  }
});
