/** The shell of a node: `goleader` takes over from the one that leads, while a client calls. */
import { expect, test, vi } from "vitest";
import { answer } from "../../src/node/cli/shell.ts";
import { openSession } from "../../src/node/index.ts";
import type { RunningReplica } from "../../src/node/running-replica.ts";
import { startAcceptor, startReplica } from "../../src/node/start-replica.ts";
import { freePorts } from "../process/processes.ts";

function hearsAll(node: RunningReplica): boolean {
  const { leader, view } = node.status();
  return leader !== null && view.members.length === 3 && view.members.every(({ alive }) => alive);
}

const patience = { timeout: 90_000, interval: 20 };
const objects = ["concoord.object.counter.Counter"];

test("goleader: the node leads, the others follow, no call is lost", { timeout: 120_000 }, async () => {
  const nodes: RunningReplica[] = [];
  try {
    const [port = 0, other = 0, third = 0] = await freePorts(3);
    const first = await startReplica({ objects, port, memory: true });
    nodes.push(first);
    await first.whenReady();
    const join = { memory: true, boot: first.addr };
    const second = await startReplica({ objects, port: other, ...join });
    nodes.push(second);
    const voter = await startAcceptor({ port: third, ...join });
    nodes.push(voter);
    await Promise.all(nodes.map((node) => node.whenReady()));
    await using session = openSession(first.addr);
    let over = false;
    let calls = 0;
    const calling = (async () => {
      while (!over) {
        await session.call("Counter/main", "increment", []);
        calls++;
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    })();
    await vi.waitFor(() => expect([calls > 0, nodes.every(hearsAll)]).toEqual([true, true]), patience);
    await expect(answer(voter, "goleader")).rejects.toThrow("may not lead");
    const heir = first.status().leader?.id === first.id ? second : first;
    // All hear each other, and may not have said so to each other yet.
    await vi.waitFor(async () => expect(await answer(heir, "goleader")).toContain("asks for the"), patience);
    await vi.waitFor(() => {
      for (const node of nodes) expect(node.status().leader?.id).toBe(heir.id);
    }, patience);
    expect(await answer(voter, "state")).toMatch(new RegExp(`${heir.addr} +${heir.id} +replica +leader`));
    expect(await answer(heir, "goleader")).toBe("it leads");
    const before = calls;
    await vi.waitFor(() => expect(calls).toBeGreaterThan(before + 10), patience);
    over = true;
    await calling;
    expect(await answer(second, "call getvalue")).toBe(String(calls));
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
});
