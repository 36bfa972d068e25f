/**
 * `npm run bench -- --dns`: how many queries a `concoord nameserver --rrl 0` answers, by UDP beside a bare Node dgram
 * echo of the same sizes, by TCP and by HTTPS without its TLS. The two of UDP are measured in turn, so that what
 * disturbs the machine disturbs them alike.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { nameOf } from "../src/shared/dns/name.ts";
import { encodePacket } from "../src/shared/dns/packet.ts";
import { types } from "../src/shared/dns/record.ts";
import { cpuSeconds, freePorts, type Running, startNode } from "../test/process/processes.ts";
import type { Answers, Order } from "./dns-load.ts";

const domain = "counter.example";
const replicas = 5;
const rounds = 11;
const seconds = 1;
const readyMillisMax = 30_000;
/** What the nameserver shall reach of the echo. */
const wantedOfEcho = 0.95;

interface Subject {
  readonly name: "nameserver udp" | "echo udp" | "nameserver tcp" | "nameserver doh";
  readonly load: "udp" | "tcp" | "doh";
  readonly port: number;
  readonly server: Running;
}

interface Round extends Answers {
  readonly subject: Subject["name"];
  /** CPU time of the server for one answer. */
  readonly cpuMicros: number;
}

const query = Buffer.from(
  encodePacket({
    id: 0,
    rd: true,
    questions: [{ name: nameOf(`_concoord._tcp.${domain}`), type: types.SRV, class: 1 }],
    edns: { udpSize: 1232, version: 0, doFlag: false, options: [] },
  }),
).toString("hex");

/** Starts what is measured, measures, and ends it. @returns the exit code: 1 when it is below what is wanted */
export async function benchDns(json: boolean): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), "concoord-bench-dns-"));
  const running: Running[] = [];
  const launch = (args: readonly string[]) => {
    const started = startNode(args);
    running.push(started);
    return started;
  };
  try {
    const subjects = await startAll(launch, dir);
    const results: Round[] = [];
    for (let i = 0; i < rounds; i++)
      for (const subject of subjects) results.push(await measure(subject, launch));
    const ofEcho = median(
      results
        .filter((r) => r.subject === "nameserver udp")
        .map((r, i) => {
          const same = results.filter((o) => o.subject === "echo udp")[i];
          return r.perSecond / (same?.perSecond ?? Number.NaN);
        }),
    );
    save(subjects, results, ofEcho, json);
    return ofEcho >= wantedOfEcho ? 0 : 1;
  } finally {
    await Promise.all(running.map((process) => process.stop()));
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The cluster ends before anything is measured: the nameserver goes on from its copy, and nothing else runs. */
async function startAll(launch: (args: readonly string[]) => Running, dir: string): Promise<Subject[]> {
  const [first = 0, http = 0, dns = 0] = [...(await freePorts(3))];
  const dev = launch([
    ...["bin/concoord.js", "dev", "--replicas", String(replicas)],
    ...["-p", String(first), "--data", join(dir, "dev")],
  ]);
  await dev.line(/Anew/, readyMillisMax);
  const server = launch([
    ...["bin/concoord.js", "nameserver", "-n", domain, "-b", `127.0.0.1:${first}`, "--rrl", "0"],
    ...["-p", String(http), "--dns-port", String(dns), "--data", join(dir, "names")],
  ]);
  await server.line(/^READY/, readyMillisMax);
  await dev.stop();
  const nameserver = { load: "udp", port: dns, server, name: "nameserver udp" } as const;
  const { bytes } = await measure(nameserver, launch);
  const echo = launch(["bench/dns-load.ts", "echo", String(bytes)]);
  const port = Number((await echo.line(/^READY/, readyMillisMax)).split(" ")[1]);
  return [
    nameserver,
    { load: "udp", port, server: echo, name: "echo udp" },
    { load: "tcp", port: dns, server, name: "nameserver tcp" },
    { load: "doh", port: http, server, name: "nameserver doh" },
  ];
}

async function measure(subject: Subject, launch: (args: readonly string[]) => Running): Promise<Round> {
  const { name, load, port, server } = subject;
  const before = cpuSeconds([server.pid]);
  const order: Order = { port, query, seconds };
  const loader = launch(["bench/dns-load.ts", load, JSON.stringify(order)]);
  const answers = JSON.parse(await loader.line(/^\{/, readyMillisMax)) as Answers;
  const cpuMicros = ((cpuSeconds([server.pid]) - before) / answers.inAll) * 1e6;
  await loader.over;
  return { subject: name, ...answers, cpuMicros };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function save(subjects: readonly Subject[], rounds: readonly Round[], ofEcho: number, json: boolean): void {
  const results = subjects.map(({ name }) => {
    const own = rounds.filter((r) => r.subject === name);
    const of = (what: (round: Round) => number) => median(own.map(what));
    const [perSecond, cpuMicros] = [Math.round(of((r) => r.perSecond)), of((r) => r.cpuMicros)];
    return { subject: name, perSecond, cpuMicros, lost: of((r) => r.lost), bytes: of((r) => r.bytes) };
  });
  const at = new Date().toISOString();
  const machine = { cpu: cpus()[0]?.model ?? "", cores: availableParallelism(), node: process.version };
  const text = JSON.stringify(
    { at, machine, queryBytes: query.length / 2, ofEcho, results, rounds },
    null,
    2,
  );
  const folder = new URL("results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`dns-${at.replaceAll(":", "-")}.json`, folder), `${text}\n`);
  const lines = results.map(
    (r) =>
      `${r.subject.padEnd(16)} ${String(r.perSecond).padStart(8)}/s ${r.cpuMicros.toFixed(1)} us CPU each`,
  );
  const ratio = `nameserver/echo by UDP: ${ofEcho.toFixed(3)} (median of ${rounds.length / subjects.length} rounds)`;
  process.stdout.write(json ? `${text}\n` : `${lines.join("\n")}\n${ratio}\n`);
}
