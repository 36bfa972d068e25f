/** The machine wakes up, or finds a network: the client does not sit out what it waited for before. */
import { describe, expect, it } from "vitest";
import { session } from "../../src/shared/client/index.ts";
import { millis } from "../../src/shared/paxos/ids.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { started } from "./world.ts";

/** Its clients' machine sleeps and wakes. */
class SleepyCluster extends FakeCluster {
  /** Who is told. */
  readonly woken = new Set<() => void>();

  override client() {
    return super.client({
      onWake: (woken) => {
        this.woken.add(woken);
        return () => this.woken.delete(woken);
      },
    });
  }

  wake(): void {
    for (const woken of this.woken) woken();
  }
}

async function connected() {
  const world = new SleepyCluster(1);
  return { ...(await started({}, world)), world };
}

describe("when the machine wakes up", () => {
  it("dials at once, however long it was to wait", async () => {
    const { world, counter, clock } = await connected();
    for (const node of world.nodes) node.down();
    await clock.pass(60_000);
    const dials = () => world.nodes.reduce((sum, node) => sum + node.dials, 0);
    const before = dials();
    for (const node of world.nodes) node.up = true;
    expect(counter[session].state).toBe("lost");
    world.wake();
    await clock.pass(10);
    expect(counter[session].state).toBe("open");
    expect(dials()).toBeGreaterThan(before);
  });

  it("dials at once, though the timer for that is late, as timers of tabs are that nobody looks at", async () => {
    const { world, counter, clock } = await connected();
    const [first] = world.nodes;
    if (first === undefined) throw new Error("there is a node");
    const at = clock.at.bind(clock);
    clock.at = (due, run) => at(millis(due > clock.moment().now ? due + 60_000 : due), run);
    first.down();
    await clock.pass(10_000);
    first.up = true;
    expect(counter[session].state).toBe("lost");
    clock.at = at;
    world.wake();
    await clock.pass(10);
    expect(counter[session].state).toBe("open");
  });

  it("finds out soon that its node is gone without a word, though nothing is awaited", async () => {
    const { world, counter, clock } = await connected();
    const [first] = world.nodes.filter((node) => node.links.size > 0);
    if (first === undefined) throw new Error("it is connected to none");
    first.hung = true;
    world.wake();
    await clock.pass(2_500);
    expect(world.nodes.filter((node) => node !== first && node.links.size > 0)).toHaveLength(1);
    expect(counter[session].state).toBe("open");
  });

  it("stays where it is when the node answers, and falls back to its slow pace", async () => {
    const { world, clock } = await connected();
    const sent = () => world.nodes.reduce((sum, node) => sum + node.heard.length, 0);
    world.wake();
    await clock.pass(1_000);
    const before = sent();
    await clock.pass(3_000);
    expect(world.nodes.filter((node) => node.links.size > 0)).toHaveLength(1);
    expect(sent() - before).toBeLessThanOrEqual(2);
  });

  it("is not told any more when the session is closed", async () => {
    const { world, counter, clock } = await connected();
    expect(world.woken.size).toBe(1);
    const closed = counter[Symbol.asyncDispose]();
    await clock.pass(500);
    await closed;
    expect(world.woken.size).toBe(0);
  });
});
