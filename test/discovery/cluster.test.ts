/** Real nodes and a client that are given nothing but a domain. Needs a build. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { connect, session } from "../../src/node/index.ts";
import { freePorts, type Running } from "../process/processes.ts";
import { FakeDns, FakeZone, publish } from "./fake-dns.ts";
import { run, start } from "./programs.ts";

const domain = "counter.example";
const readyMillisMax = 30_000;
const patient = { timeout: readyMillisMax };

class Counter {
  value = 0;
  increment(): void {
    this.value += 1;
  }
  getvalue(): number {
    return this.value;
  }
}

let zone: FakeZone;
let dns: FakeDns;
let dir: string;
let nodes: (Running & { readonly addr: string })[];
beforeEach(async () => {
  zone = new FakeZone();
  dns = await FakeDns.start(zone);
  dir = mkdtempSync(join(tmpdir(), "concoord-discovery-"));
  nodes = [];
  process.env["CONCOORD_DNS"] = dns.addr;
});
afterEach(async () => {
  delete process.env["CONCOORD_DNS"];
  await Promise.all(nodes.map((node) => node.kill()));
  await dns.close();
  rmSync(dir, { recursive: true, force: true });
});

function startNode(name: string, port: number, words: readonly string[]) {
  const args = [
    "replica",
    "-o",
    "concoord.object.counter.Counter",
    "-p",
    String(port),
    "--data",
    name,
    ...words,
  ];
  const node = { ...start(args, { CONCOORD_DNS: dns.addr }, dir), addr: `127.0.0.1:${port}` };
  nodes.push(node);
  return node;
}

function ready(all: readonly Running[]): Promise<unknown> {
  return Promise.all(all.map((node) => node.line(/^READY/, readyMillisMax)));
}

it("nodes join, a client connects, goes on without the DNS, and follows the domain to other addresses", async () => {
  const [p1 = 0, p2 = 0, p3 = 0, q1 = 0, q2 = 0, q3 = 0] = await freePorts(6);
  const first = startNode("a", p1, []);
  await ready([first]);
  // It finds nobody yet: the domain is looked up again until it does.
  const others = [startNode("b", p2, ["-b", domain]), startNode("c", p3, ["-b", `${domain},127.0.0.1:1`])];
  await expect.poll(() => zone.count(`SRV _concoord._tcp.${domain}`), patient).toBeGreaterThan(0);
  publish(zone, domain, [first.addr]);
  await ready(others);

  await using counter = connect(Counter, domain, { timeout: 30_000 });
  const more = async () => {
    await counter.increment();
    return counter.getvalue();
  };
  expect(await more()).toBe(1);
  const status = await run(["status", "-b", domain, "--json"], { CONCOORD_DNS: dns.addr });
  expect((JSON.parse(status.stdout) as unknown[]).length).toBe(3);

  // Without the DNS, and without the node that it led to.
  zone.mood = "silence";
  await first.kill();
  expect(await more()).toBe(2);

  // All nodes go, and come back where the client has never heard of them.
  await Promise.all(others.map((node) => node.kill()));
  await expect.poll(() => counter[session].state, patient).toBe("lost");
  const moved = [startNode("a", q1, ["-b", domain]), startNode("b", q2, ["-b", domain])];
  moved.push(startNode("c", q3, ["-b", domain]));
  const call = more();
  publish(
    zone,
    domain,
    moved.map(({ addr }) => addr),
  );
  zone.mood = "well";
  await ready(moved);
  expect(await call).toBe(3);
});

it("a newcomer whose domain is not there says so", async () => {
  const [port = 0] = await freePorts(1);
  const node = startNode("x", port, ["-b", domain]);
  expect(await node.over).toBe(4);
  expect(node.errors()).toMatch(/no node .*counter\.example: there is no SRV record at .*\(NXDOMAIN\)/);
});
