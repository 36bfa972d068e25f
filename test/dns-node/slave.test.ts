/** A slave of one cluster and the master of another one, in this process. The last test needs a build. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Slave } from "../../src/node/dns/slave.ts";
import { connect } from "../../src/node/index.ts";
import type { RunningNameserver } from "../../src/node/nameserver.ts";
import type { RunningReplica } from "../../src/node/running-replica.ts";
import { startMaster } from "../../src/node/start-master.ts";
import { startNameserver } from "../../src/node/start-nameserver.ts";
import { startReplica } from "../../src/node/start-replica.ts";
import { NameserverCoord } from "../../src/shared/object/library/nameservercoord.ts";
import { run, start } from "../discovery/programs.ts";
import { query, type Read, read } from "../dns/zones.ts";
import { freePorts } from "../process/processes.ts";
import { UdpAsker } from "./rig.ts";

const above = "example";
const domain = "shop.example";
const service = `_concoord._tcp.${domain}`;
const tokens = { token: "master's client", peerToken: "master's peer" };
/** How soon the master must show a change of the child's members. */
const shownMillisMax = 2_000;
const patient = { timeout: 30_000, interval: 20 };
const counter = "concoord.object.counter.Counter";
const coord = "concoord.object.nameservercoord.NameserverCoord";

let dir: string;
let ports: readonly number[];
const running: { stop(): Promise<unknown> }[] = [];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "concoord-slave-"));
  // The master's replica, the master, its DNS.
  ports = await freePorts(3);
});
afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function ready<T extends { stop(): Promise<unknown>; whenReady(): Promise<void> }>(
  starting: Promise<T>,
): Promise<T> {
  const node = await starting;
  running.push(node);
  await node.whenReady();
  return node;
}

/** The master's cluster: one replica, and the learner that answers. */
async function startAbove(): Promise<readonly [replica: RunningReplica, master: RunningReplica]> {
  const [port = 0, learner = 0, dnsPort = 0] = ports;
  const replica = await ready(
    startReplica({ objects: [coord], port, data: join(dir, "replica"), ...tokens }),
  );
  const data = join(dir, "master");
  const boot = replica.addr;
  return [
    replica,
    await ready(startMaster({ domain: above, boot, port: learner, dnsPort, rrl: 0, data, ...tokens })),
  ];
}

function child(boot?: string): Promise<RunningReplica> {
  const options = { objects: [counter], memory: true, port: 0, evictAfter: 1_000 };
  return ready(startReplica(boot === undefined ? options : { ...options, boot }));
}

function slave(boot: string, token = tokens.token, delegate = false): Promise<RunningNameserver> {
  const master = ports.slice(0, 2).map((port) => `127.0.0.1:${port}`);
  const publisher = new Slave({ domain, master: master.join(), token, delegate, log: () => undefined });
  return ready(startNameserver({ domain, boot, dnsPort: 0, port: 0, memory: true }, publisher));
}

/** What the master says by UDP. */
async function ask(name: string, type: string): Promise<Read> {
  const asker = new UdpAsker({ host: "127.0.0.1", port: ports[2] ?? 0 });
  try {
    return read(await asker.ask(query(name, { type, edns: {} })));
  } finally {
    asker.close();
  }
}

async function servicePorts(): Promise<readonly number[]> {
  const { answers } = await ask(service, "SRV");
  return (answers ?? []).flatMap((a) => (a.type === "SRV" ? [a.data.port] : [])).sort((a, b) => a - b);
}

function portsOf(...nodes: readonly { readonly addr: string }[]): readonly number[] {
  return nodes.map(({ addr }) => Number(addr.split(":").at(-1))).sort((a, b) => a - b);
}

/** Waits until the master's answers name exactly these. */
async function shown(what: string, limit: number, ...nodes: readonly { readonly addr: string }[]) {
  const from = performance.now();
  await expect.poll(servicePorts, { timeout: limit, interval: 10 }).toEqual(portsOf(...nodes));
  process.stdout.write(`${what}: the master shows it after ${Math.round(performance.now() - from)} ms\n`);
}

test("who joins and leaves the child is seen at the master", async () => {
  await startAbove();
  expect((await ask(service, "SRV")).code).toBe(3);
  const first = await child();
  const server = await slave(first.addr);
  await shown("a subdomain", shownMillisMax, first);
  const second = await child(first.addr);
  await shown("a join", shownMillisMax, first, second);
  // It answers as the child's own nameserver does.
  const { number } = first.status().view;
  const soa = (await ask(domain, "SOA")).answers ?? [];
  expect(soa).toMatchObject([{ type: "SOA", name: domain, data: { serial: number } }]);
  expect(await ask(`no.${domain}`, "A")).toMatchObject({ aa: true, code: 3 });
  expect((await ask(above, "A")).answers).toMatchObject([{ type: "A", data: "127.0.0.1" }]);
  expect((await ask(above, "SOA")).answers).toHaveLength(1);

  const left = await run(["leave", second.addr, "-b", first.addr], {});
  expect(left.exit).toBe(0);
  await shown("a leave", shownMillisMax, first);
  expect(server.status()?.problems).toEqual([]);
});

test("a master that was away hears of the newest view; a lower number is ignored", async () => {
  const [replica, master] = await startAbove();
  const first = await child();
  const server = await slave(first.addr);
  await shown("a subdomain", shownMillisMax, first);

  await Promise.all([master.stop(), replica.stop()]);
  const second = await child(first.addr);
  const third = await child(first.addr);
  const problems = () => server.status()?.problems.join() ?? "";
  await expect.poll(problems, patient).toMatch(/^the master 127\.0\.0\.1:\d+,\S+ does not answer: /);
  await startAbove();
  await shown("the master is back", 15_000, first, second, third);
  await expect.poll(problems, patient).toBe("");

  await using names = connect(NameserverCoord, `127.0.0.1:${ports[0]}`, { token: tokens.token });
  const { number } = await names.getrecords(domain);
  expect(number).toBe(first.status().view.number);
  expect(await names.update(domain, number - 1, [])).toBe(number);
  expect((await names.getrecords(domain)).records).not.toEqual([]);
  expect(await servicePorts()).toEqual(portsOf(first, second, third));
  // Somebody removes it: it comes back with what is pushed next.
  expect(await names.delsubdomain(domain)).toBe(true);
  await expect.poll(async () => (await ask(service, "SRV")).code, patient).toBe(3);
  const fourth = await child(first.addr);
  await shown("the next view", shownMillisMax, first, second, third, fourth);
});

test("nameservers on port 53 are told of: the master refers to them, with their addresses", async () => {
  await startAbove();
  const first = await child();
  await slave(first.addr, tokens.token, true);
  await expect.poll(async () => (await ask(service, "SRV")).code, patient).toBe(0);
  const got = await ask(service, "SRV");
  expect(got).toMatchObject({ aa: false, answers: [] });
  expect(got.authorities).toMatchObject([{ type: "NS", name: domain, data: `ns1.${domain}` }]);
  expect(got.additionals).toMatchObject([{ type: "A", name: `ns1.${domain}`, data: "127.0.0.1" }, {}]);
});

test("a slave with a wrong token has one clear problem, and follows its own cluster", async () => {
  await startAbove();
  const first = await child();
  const server = await slave(first.addr, "wrong");
  const problems = () => server.status()?.problems;
  await expect
    .poll(problems, patient)
    .toEqual([expect.stringMatching(/ refuses: DENIED .*; check the token of/)]);
  const second = await child(first.addr);
  await expect.poll(() => server.status()?.view.number, patient).toBe(second.status().view.number);
  expect(problems()).toHaveLength(1);
  expect((await ask(service, "SRV")).code).toBe(3);
});

test("the same by the command line", async () => {
  const [port = 0, learner = 0, dnsPort = 0] = ports;
  const file = join(dir, "tokens");
  writeFileSync(file, `client ${"t".repeat(16)}\npeer ${"p".repeat(16)}\n`);
  const secret = ["--token-file", file, "--memory"];
  const launch = async (...words: readonly string[]) => {
    const node = start(words, {}, dir);
    running.push(node);
    return node.line(/^READY/, 30_000);
  };
  await launch("replica", "-o", coord, "-p", `${port}`, ...secret);
  const boot = ["-b", `127.0.0.1:${port}`, "--dns-port"];
  const words = ["nameserver", "-n", above, "--serve-subdomains", "-p", `${learner}`, ...boot, `${dnsPort}`];
  expect(await launch(...words, ...secret)).toMatch(/^READY learner /);
  const [of = 0, own = 0, ownDns = 0] = await freePorts(3);
  await launch("replica", "-o", counter, "-p", `${of}`, ...secret);
  const names = [
    "nameserver",
    "-n",
    domain,
    "-b",
    `127.0.0.1:${of}`,
    "-p",
    `${own}`,
    "--dns-port",
    `${ownDns}`,
  ];
  expect(await launch(...names, "-t", "2", "-m", `127.0.0.1:${learner}`, ...secret)).toMatch(
    /^READY nameserver /,
  );
  await expect.poll(servicePorts, patient).toEqual([of]);
});
