/**
 * Acceptors, learners, and members that leave or are evicted, as an operator does it. Processes start one after the
 * other here: on a machine that has much else to do each of them takes ten seconds.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { acceptor, type Node, replica } from "../../src/node/node.ts";
import { freePort, type Running, Workplace } from "./concoord.ts";

let place: Workplace;
beforeEach(() => {
  place = new Workplace();
  place.write("counter.ts", "export class Counter { value = 0; increment() { return ++this.value; } }\n");
});
afterEach(() => place.close());

interface Started extends Running {
  readonly addr: string;
  readonly id: string;
}

/** Starts a node and waits until it is ready. */
async function start(verb: string, words: readonly string[], port?: number): Promise<Started> {
  const p = String(port ?? (await freePort()));
  const running = place.start([verb, "-o", "./counter.ts", "-p", p, "--data", p, ...words]);
  const line = await running.line(/^READY/);
  const id = /id=([0-9a-f]{16})/.exec(line)?.[1] ?? "";
  return { ...running, addr: `127.0.0.1:${p}`, id };
}

function portOf({ addr }: Started): string {
  return addr.slice(addr.indexOf(":") + 1);
}

/** What `leave` and `evict` print. */
function out(done: string, node: Started, view: number, members: number) {
  const line = `${done} ${node.addr} id=${node.id} view=${view} members=${members} tolerates=0\n`;
  return { exit: 0, stdout: line, stderr: "" };
}

function refused(line: string) {
  return { exit: 1, stdout: "", stderr: `concoord: ${line}\n` };
}

test("an acceptor votes and a learner serves; a learner leaves for good", async () => {
  const a = await start("replica", []);
  const boot = ["-b", a.addr];
  const b = await start("acceptor", [...boot, "--groups", "rack2,rack1"]);
  const l = await start("replica", [...boot, "--learner"]);
  const status = (await place.run(["status", ...boot])).stdout;
  expect(status).toContain("view 3, tolerates 0 failures");
  expect(status).toMatch(/ALIVE +DECIDED +EXECUTED +GROUPS/);
  expect(status).toMatch(new RegExp(`${b.addr} +${b.id} +acceptor +yes +\\d+ +- +rack1,rack2`));
  expect(status).toMatch(new RegExp(`${l.addr} +${l.id} +learner +yes`));
  for (const [i, node] of [b, l].entries()) {
    const call = await place.run(["call", "-b", node.addr, "increment"]);
    expect(call).toEqual({ exit: 0, stdout: `${i + 1}\n`, stderr: "" });
  }
  expect(await place.run(["leave", l.addr, ...boot])).toEqual(out("LEFT", l, 4, 2));
  expect(await l.ended).toBe(0);
  await l.line(new RegExp(`the node ${l.id} at ${l.addr} left the cluster`));
  const words = ["replica", "--learner", "-o", "./counter.ts", "-p", portOf(l), "--data", portOf(l), ...boot];
  expect(await place.run(words)).toMatchObject({
    exit: 1,
    stderr: expect.stringMatching(/of no use any more: .* left the cluster/),
  });
  expect(await place.run(["leave", a.addr, ...boot])).toEqual(refused(`${a.addr} is the last replica`));
  const nobody = await place.run(["leave", "127.0.0.1:1", ...boot]);
  expect(nobody.stderr).toMatch(/^concoord: no member is 127.0.0.1:1; the members are /);
}, 180_000);

test("a member that does not answer is evicted, and joins again by itself", async () => {
  const a = await start("replica", []);
  const boot = ["-b", a.addr];
  await start("acceptor", boot);
  const c = await start("replica", boot);
  expect(await place.run(["evict", c.id, ...boot])).toEqual(refused(`${c.addr} answers: use leave`));
  expect(await c.end("SIGKILL")).toBe(null);
  expect(await place.run(["evict", c.id, ...boot])).toEqual(out("EVICTED", c, 4, 2));
  const back = await start("replica", boot, Number(portOf(c)));
  expect(back.id).toBe(c.id);
  await back.end("SIGTERM");
  const words = ["acceptor", ...boot, "-p", portOf(c), "--data", portOf(c)];
  expect(await place.run(words)).toMatchObject({
    exit: 1,
    stderr: expect.stringMatching(/that of the replica.*cannot go on as acceptor/),
  });
}, 180_000);

test("a node that another one advertises is dialled there; one without its data takes its old place", async () => {
  const port = await freePort();
  const advertise = ["-a", "0.0.0.0", "--insecure", "--advertise", `localhost:${port}`];
  const first = place.start(["replica", "-o", "./counter.ts", "-p", String(port), "--memory", ...advertise]);
  expect(await first.line(/^READY/)).toContain(` localhost:${port} `);
  const boot = ["-b", `localhost:${port}`];
  const p = await freePort();
  const memory = ["replica", "-o", "./counter.ts", "-p", String(p), "--memory", ...boot];
  const second = place.start(memory);
  await second.line(/^READY/);
  const third = place.start(["acceptor", "-p", String(await freePort()), "--memory", ...boot]);
  await third.line(/^READY/);
  await second.end("SIGKILL");
  const replaced = place.start(memory);
  expect(await replaced.line(/^READY/)).toMatch(new RegExp(`^READY replica 127.0.0.1:${p} .* view=4$`));
}, 180_000);

test("nodes within a program", async () => {
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const boot = `127.0.0.1:${ports[0]}`;
  const objects = ["./examples/counter/counter.ts"];
  const nodes: Node[] = [];
  try {
    nodes.push(await replica({ objects, port: ports[0] as number, memory: true }));
    nodes.push(await acceptor({ boot, port: ports[1] as number, memory: true, groups: ["r1"] }));
    nodes.push(await replica({ objects, boot, port: ports[2] as number, memory: true, learner: true }));
    const { view } = (nodes[0] as Node).status();
    expect(view.members.map(({ role, groups }) => [role, ...groups]).sort()).toEqual([
      ["acceptor", "r1"],
      ["learner"],
      ["replica"],
    ]);
  } finally {
    for (const node of nodes.reverse()) await node[Symbol.asyncDispose]();
  }
  await expect(replica({ objects, memory: true, addr: "0.0.0.0", insecure: true })).rejects.toThrow(
    /what to advertise/,
  );
}, 180_000);
