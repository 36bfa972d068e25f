/** Nameservers of a real cluster: what dig and kdig print, and how soon it follows the members. Needs a build. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askAll } from "../../src/node/cli/ask.ts";
import { plainly, trusting } from "../../src/node/tls/dial.ts";
import { loadAuthority } from "../../src/node/tls/files.ts";
import type { Status } from "../../src/shared/server/status.ts";
import { run, start } from "../discovery/programs.ts";
import { query, read } from "../dns/zones.ts";
import { freePorts, type Running } from "../process/processes.ts";
import { Certificates, hasOpenssl } from "../security/tls-certificates.ts";
import { UdpAsker } from "./rig.ts";
import { type Transport, tools } from "./tools.ts";

const domain = "counter.example";
const service = `_concoord._tcp.${domain}`;
const target = `127-0-0-1.ipaddr.${domain}.`;
const readyMillisMax = 30_000;
/** How soon the DNS must show a change of the members. */
const shownMillisMax = 2_000;
const evictAfter = 1_000;

let dir: string;
let ports: number[];
/** Of every node and verb: TLS, where certificates can be made. */
let env: NodeJS.ProcessEnv = {};
const running: Running[] = [];
const ids = new Map<number, string>();

function launch(words: readonly string[]): Running {
  const process = start(words, env, dir);
  running.push(process);
  return process;
}

async function ready(process: Running): Promise<void> {
  const line = await process.line(/^READY/, readyMillisMax);
  const [, port, id] = /:(\d+) id=([0-9a-f]{16}) view=\d+$/.exec(line) ?? [];
  ids.set(Number(port), id ?? "");
}

function replica(port: number, words: readonly string[]): Running {
  const args = ["replica", "-o", "concoord.object.counter.Counter", "-p", String(port), "--memory"];
  return launch([...args, "--evict-after", String(evictAfter), ...words]);
}

function nameserver(): Running {
  const words = ["nameserver", "-n", domain, "-b", `127.0.0.1:${ports[0]}`, "-p", String(ports[4])];
  return launch([...words, "--dns-port", String(ports[6]), "--data", "names", "--ttl", "7", "--rrl", "0"]);
}

let replicas: Running[];
let server: Running;
const made = hasOpenssl ? new Certificates() : null;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "concoord-names-"));
  if (made !== null) env = certificatesOf(made);
  // Four replicas, the HTTP of the nameserver, DNS of the first replica and of the nameserver.
  ports = (await freePorts(7)).sort((a, b) => a - b);
  replicas = [replica(ports[0] ?? 0, ["-n", domain, "--dns-port", String(ports[5]), "--rrl", "0"])];
  await Promise.all(replicas.map(ready));
  const boot = ["-b", `127.0.0.1:${ports[0]}`];
  replicas.push(replica(ports[1] ?? 0, boot), replica(ports[2] ?? 0, boot));
  server = nameserver();
  await Promise.all([...replicas.slice(1), server].map(ready));
}, 60_000);
afterAll(async () => {
  await Promise.all(running.map((process) => process.kill()));
  made?.remove();
  rmSync(dir, { recursive: true, force: true });
});

function certificatesOf(certificates: Certificates): NodeJS.ProcessEnv {
  const authority = certificates.authority("authority");
  const { cert, key } = certificates.issue("node", authority);
  return { CONCOORD_TLS_CERT: cert, CONCOORD_TLS_KEY: key, CONCOORD_TLS_CA: authority.cert };
}

/** Of all nodes that answer DNS. */
function dnsPorts(): number[] {
  return [ports[5] ?? 0, ports[6] ?? 0];
}

function srv(of: readonly (number | undefined)[]): string[] {
  return of.map((port) => `0 100 ${port} ${target}`).sort();
}

function texts(of: readonly (number | undefined)[]): string[] {
  const name = (role: string, port = 0) => `"${role} 127.0.0.1:${port} id=${ids.get(port)}"`;
  const nameservers = [ports[0], ports[4]].map((port) => name("NAMESERVER", port));
  return [...of.map((port) => name("REPLICA", port)), ...nameservers].sort();
}

/** By UDP and without any tool: what SRV says. */
async function servicePorts(dnsPort: number): Promise<number[]> {
  const asker = new UdpAsker({ host: "127.0.0.1", port: dnsPort });
  try {
    const { answers } = read(await asker.ask(query(service, { type: "SRV" }), shownMillisMax / 4));
    return (answers ?? []).flatMap((a) => (a.type === "SRV" ? [a.data.port] : [])).sort((a, b) => a - b);
  } finally {
    asker.close();
  }
}

/** Waits until every nameserver sends clients to these; with dig and kdig, too, where they are there. */
async function follow(what: string, wanted: readonly (number | undefined)[], limit = shownMillisMax) {
  const from = performance.now();
  for (const port of dnsPorts())
    await expect.poll(() => servicePorts(port), { timeout: limit, interval: 10 }).toEqual(wanted);
  const millis = performance.now() - from;
  process.stdout.write(`${what}: shown by DNS after ${Math.round(millis)} ms\n`);
  expect(millis, what).toBeLessThan(limit);
  for (const tool of tools)
    for (const port of dnsPorts())
      expect(await tool.short("udp", port, service, "SRV"), `${tool.name} after ${what}`).toEqual(
        srv(wanted),
      );
}

async function status(): Promise<Status> {
  const ca = env["CONCOORD_TLS_CA"];
  const tls = ca === undefined ? plainly : trusting(loadAuthority(ca));
  const [reply] = await askAll([`127.0.0.1:${ports[4]}`], tls);
  if (reply === undefined || reply.status === null) throw new Error(`no status: ${reply?.error}`);
  return reply.status;
}

/** The documented records, as `+short` prints them. */
function documented(): readonly (readonly [string, string, readonly string[]])[] {
  const three = ports.slice(0, 3);
  return [
    [domain, "A", ["127.0.0.1"]],
    [domain, "AAAA", []],
    [domain, "SRV", srv(three)],
    [service, "SRV", srv(three)],
    [target, "A", ["127.0.0.1"]],
    [domain, "TXT", texts(three)],
    [domain, "NS", [`ns1.${domain}.`, `ns2.${domain}.`]],
    [`ns1.${domain}`, "A", ["127.0.0.1"]],
    [domain, "HTTPS", made === null ? [] : three.map((port) => `1 ${target} alpn=http/1.1 port=${port}`)],
    [`nothing.${domain}`, "A", []],
  ];
}

/** The tools differ in how they write parameters. */
function withoutQuotes(type: string, lines: readonly string[]): readonly string[] {
  return type === "HTTPS" ? lines.map((line) => line.replaceAll('"', "")) : lines;
}

describe.each(tools.map((tool) => ({ tool, name: tool.name })))("$name prints", ({ tool }) => {
  const transports: readonly Transport[] = hasOpenssl ? ["udp", "tcp", "https"] : ["udp", "tcp"];
  test.each(transports)("the documented records over %s", async (transport) => {
    const all = transport === "https" ? [ports[0] ?? 0, ports[4] ?? 0] : dnsPorts();
    for (const port of all)
      for (const [name, type, wanted] of documented())
        expect(withoutQuotes(type, await tool.short(transport, port, name, type)), type).toEqual(wanted);
  });

  test("rcodes, flags, TTL, and the number of the view", async () => {
    const [, port = 0] = dnsPorts();
    const { number } = (await status()).view;
    const soa = await tool.short("udp", port, domain, "SOA");
    expect(soa).toEqual([`ns1.${domain}. hostmaster.${domain}. ${number} 300 60 86400 5`]);
    const found = await tool.whole("udp", port, domain, "A");
    expect(found).toMatch(/status: NOERROR/);
    expect(found).toMatch(/[Ff]lags: qr aa rd[;,]/);
    expect(found).toMatch(/^counter\.example\.\s+7\s+IN\s+A\s+127\.0\.0\.1$/m);
    expect(await tool.whole("udp", port, `nothing.${domain}`, "A")).toMatch(/status: NXDOMAIN/);
    expect(await tool.whole("tcp", port, "elsewhere.example", "A")).toMatch(/status: REFUSED/);
  });
});

describe("the DNS follows", () => {
  test("a join", async () => {
    const joiner = replica(ports[3] ?? 0, ["-b", `127.0.0.1:${ports[0]}`]);
    await ready(joiner);
    await follow("a join", ports.slice(0, 4));
  });

  test("a leave", async () => {
    const left = await run(["leave", `127.0.0.1:${ports[3]}`, "-b", `127.0.0.1:${ports[0]}`], env);
    expect(left).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^LEFT/) });
    await follow("a leave", ports.slice(0, 3));
  });

  test("a silence, and an eviction", async () => {
    const gone = ports[2] ?? 0;
    await replicas[2]?.kill();
    await follow("a silence", ports.slice(0, 2), evictAfter + shownMillisMax);
    for (const tool of tools)
      for (const port of dnsPorts())
        expect(await tool.short("udp", port, domain, "TXT")).toEqual(texts(ports.slice(0, 3)));
    const evicted = await run(["evict", ids.get(gone) ?? "", "-b", `127.0.0.1:${ports[0]}`], env);
    expect(evicted).toMatchObject({ exit: 0, stdout: expect.stringMatching(/^EVICTED/) });
    await follow("an eviction", ports.slice(0, 2));
    for (const tool of tools)
      for (const port of dnsPorts())
        expect(await tool.short("udp", port, domain, "TXT")).toEqual(texts(ports.slice(0, 2)));
  });
});

test("a nameserver that is cut off answers from its copy and says so, also after a restart", async () => {
  expect(await status()).toMatchObject({
    role: "nameserver",
    problems: [],
    leader: { addr: expect.any(String) },
  });
  await Promise.all(replicas.map((process) => process.kill()));
  const saysSo = async () =>
    (await status()).problems.some((p) => /^cut off .* since \d+ s: answers from/.test(p));
  await expect.poll(saysSo, { timeout: 20_000 }).toBe(true);
  const dnsPort = ports[6] ?? 0;
  expect(await servicePorts(dnsPort)).toEqual(ports.slice(0, 2));
  for (const tool of tools)
    for (const transport of ["udp", "tcp"] as const)
      expect(await tool.short(transport, dnsPort, service, "SRV")).toEqual(srv(ports.slice(0, 2)));
  const told = await run(["status", "-b", `127.0.0.1:${ports[4]}`], env);
  expect(told.exit).toBe(3);
  expect(told.stdout).toContain("cut off from the cluster since");

  expect(await server.stop()).toBe(0);
  server = nameserver();
  await expect.poll(() => servicePorts(dnsPort), { timeout: readyMillisMax }).toEqual(ports.slice(0, 2));
  await expect.poll(saysSo, { timeout: 20_000 }).toBe(true);
  expect(server.output()).toBe("");
  expect((await status()).id).toBe(ids.get(ports[4] ?? 0));
  expect(await server.stop()).toBe(0);
});
