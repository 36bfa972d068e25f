/** What runs on a host for the tool: starts, stops and shows the nodes of this host. */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { joinHostPort } from "../address.ts";
import { askAll, askEveryone } from "../cli/ask.ts";
import { Failure, oneLine } from "../cli/failure.ts";
import { type DialTls, plainly, trusting, trustingNode } from "../tls/dial.ts";
import { loadAuthority } from "../tls/files.ts";
import type { Answer, Asked, Job, NodeSays, NodeState, StartJob } from "./jobs.ts";
import { findKeeper, firstLife, lifeOf, startKeeper, stopKeeper, watch } from "./keeper.ts";
import { placed, recode } from "./recode.ts";
import { run, stepMillisMax } from "./ssh.ts";
import { hostFolder, readUnit, type Unit, unitFolder, unitPorts, writeSent, writeUnit } from "./unit.ts";

const firstPort = 14_000;
const portsTried = 1_000;
const startMillisMax = 60_000;
const logLinesMax = 10_000;
const lastLines = 5;

const concoord = fileURLToPath(new URL("../../../bin/concoord.js", import.meta.url));

/** Does a job. @throws Failure with what to tell the user */
export async function answer({ host, address, job }: Asked): Promise<Answer> {
  switch (job.type) {
    case "start":
      return start(host, address, job);
    case "restart":
      return restart(host, chosen(host, job.port));
    case "list":
      return { ok: true, nodes: await inTurn(unitPorts(host), (port) => look(host, port)) };
    case "stop":
      return { ok: true, stopped: (await inTurn(chosen(host, job.port), (port) => stop(host, port))).flat() };
    case "logs":
      return {
        ok: true,
        text: chosen(host, job.port)
          .map((port) => logOf(host, port, job.lines))
          .join(""),
      };
    case "boot":
      return { ok: true, told: tell(host, job) };
    case "recode":
      return { ok: true, told: await recode(host, job) };
    case "route53":
      await keep("route53id", job.id);
      await keep("route53key", job.key);
      return { ok: true, kept: true };
  }
}

/** One after the other: each changes the current folder. */
async function inTurn<T, U>(items: readonly T[], one: (item: T) => Promise<U>): Promise<readonly U[]> {
  const done: U[] = [];
  for (const item of items) done.push(await one(item));
  return done;
}

function chosen(host: string, port: number | null): readonly number[] {
  const ports = unitPorts(host);
  if (port === null) return ports;
  if (!ports.includes(port)) throw new Failure(1, `${host} has no node on port ${port}`);
  return [port];
}

async function start(host: string, address: string, job: StartJob): Promise<Answer<"start">> {
  const local = isOwn(address);
  const addr = job.addr ?? (local ? address : "0.0.0.0");
  const port = job.port ?? (await freePort(host, addr));
  const folder = unitFolder(host, port);
  const kept = existsSync(join(folder, "node.json")) ? readUnit(folder) : null;
  if (kept !== null && (await lifeOf(folder)) !== null)
    throw new Failure(1, `${kept.advertise} runs already: a ${kept.role}`);
  const files = new Map(job.files.map((file) => [file.path, writeSent(folder, file)]));
  const words = job.words.map((word) => placed(word, files));
  const advertise = job.advertise ?? joinHostPort(job.addr ?? address, port);
  // A node that was here before knows its members; what is given joins them.
  const given = [...new Set([...job.boot, ...(kept?.boot ?? [])])];
  const unit: Unit = {
    role: job.role,
    port,
    addr,
    advertise,
    boot: given.length === 0 ? [] : await allMembers(given, dialOf(words)),
    words,
    cluster: kept?.cluster ?? null,
    node: process.execPath,
    concoord,
    keeper: await findKeeper(),
  };
  writeUnit(folder, unit);
  return started(folder, unit, kept === null);
}

async function started(folder: string, unit: Unit, fresh: boolean): Promise<Answer<"start">> {
  await startKeeper(folder, unit);
  await firstLife(folder).catch(async (error: unknown) => {
    // One that ended at once cannot be asked any more: its log says why.
    const why = lastOfLog(folder);
    throw why === "" ? error : new Failure(1, why);
  });
  const life = await watch(folder, (one) => one.ready || one.ended !== null, startMillisMax, null);
  if (life?.ready !== true) {
    if (life !== null && life.ended === null)
      throw new Failure(4, `${unit.advertise} is started, but not ready: ${lastOfLog(folder)}`);
    const why = lastOfLog(folder);
    if (unit.keeper === "systemd") await stopKeeper(folder);
    // It never was anything: nobody shall find it among the nodes.
    if (fresh && (life?.lines.length ?? 0) === 0) rmSync(folder, { recursive: true, force: true });
    throw new Failure(life?.ended?.why === "exit 2" ? 2 : 1, `${unit.advertise}: ${why}`);
  }
  const says = await saysOf(unit);
  if (says !== null) writeUnit(folder, { ...unit, cluster: says.cluster, boot: says.members });
  return { ok: true, addr: unit.advertise, lines: life.lines, says };
}

/** All at once: the first ones are ready when a majority of them runs. */
async function restart(host: string, ports: readonly number[]): Promise<Answer<"restart">> {
  const folders = ports.map((port) => unitFolder(host, port));
  const down = await inTurn(folders, async (folder) => ((await lifeOf(folder)) === null ? [folder] : []));
  for (const folder of down.flat()) {
    // With the package that is here now, which may be newer than the one that it ran.
    const unit = { ...readUnit(folder), node: process.execPath, concoord };
    writeUnit(folder, unit);
    await startKeeper(folder, unit);
  }
  const lives = await inTurn(folders, async (folder) => {
    await firstLife(folder);
    return watch(folder, (one) => one.ready || one.ended !== null, startMillisMax, null);
  });
  const late = folders.filter((_folder, at) => lives[at]?.ready !== true);
  return {
    ok: true,
    lines: lives.flatMap((life) => life?.lines.filter((line) => line.startsWith("READY ")) ?? []),
    late: late.map((folder) => `${readUnit(folder).advertise}: ${lastOfLog(folder)}`),
  };
}

/** Of those that answer; a node that is silent now may be back when this one starts again. */
async function allMembers(boot: readonly string[], tls: DialTls): Promise<readonly string[]> {
  const replies = await askEveryone(boot, tls);
  return [
    ...new Set([...boot, ...replies.flatMap(({ status }) => status?.view.members.map((m) => m.addr) ?? [])]),
  ];
}

/** As nodes that are started so dial one another. */
function dialOf(words: readonly string[]): DialTls {
  const after = (flag: string) => words.find((_word, at) => words[at - 1] === flag);
  const ca = after("--tls-ca");
  if (ca !== undefined) return trusting(loadAuthority(ca));
  return after("--tls-cert") === undefined ? plainly : trustingNode;
}

async function saysOf({ advertise, words }: Pick<Unit, "advertise" | "words">): Promise<NodeSays | null> {
  const [reply] = await askAll([advertise], dialOf(words));
  if (reply === undefined || reply.status === null) return null;
  const { cluster, leader, view, tolerates, problems } = reply.status;
  const members = view.members.map((member) => member.addr);
  return { cluster, leader: leader?.addr ?? null, view: view.number, tolerates, members, problems };
}

async function look(host: string, port: number): Promise<NodeState> {
  const folder = unitFolder(host, port);
  const unit = readUnit(folder);
  const life = await lifeOf(folder);
  const state =
    life === null ? (endedBadly(folder) ? "failed" : "stopped") : life.ready ? "ready" : "starting";
  const says = life === null ? null : await saysOf(unit);
  const { role, advertise: addr, cluster, keeper } = unit;
  return { port, role, addr, cluster, state, restarts: life?.restarts ?? 0, keeper, says };
}

/** A supervisor removes its pid when it is done; one that was killed, or whose machine was, left it. */
function endedBadly(folder: string): boolean {
  return existsSync(join(folder, "pid"));
}

async function stop(host: string, port: number): Promise<readonly string[]> {
  const folder = unitFolder(host, port);
  return (await stopKeeper(folder)) ? [readUnit(folder).advertise] : [];
}

function logOf(host: string, port: number, lines: number): string {
  const folder = unitFolder(host, port);
  const texts = ["log.1", "log"].map((name) => join(folder, name)).filter((file) => existsSync(file));
  const all = texts
    .map((file) => readFileSync(file, "utf8"))
    .join("")
    .split("\n")
    .slice(0, -1);
  return all
    .slice(-Math.min(lines, logLinesMax))
    .map((line) => `${line}\n`)
    .join("");
}

function lastOfLog(folder: string): string {
  const file = join(folder, "log");
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  return oneLine(lines.slice(-lastLines).join("\n"));
}

function tell(host: string, { cluster, members }: Job & { readonly type: "boot" }): number {
  const folders = unitPorts(host).map((port) => unitFolder(host, port));
  const of = folders.filter((folder) => readUnit(folder).cluster === cluster);
  for (const folder of of) writeUnit(folder, { ...readUnit(folder), boot: members });
  return of.length;
}

async function keep(verb: "route53id" | "route53key", secret: string): Promise<void> {
  const { code, stderr } = await run(process.execPath, [concoord, verb], secret, stepMillisMax);
  if (code !== 0) throw new Failure(1, oneLine(stderr));
}

/** Whether this machine can listen on it; one behind an address translation cannot. */
function isOwn(address: string): boolean {
  if (/^127\./.test(address) || address === "localhost") return true;
  return Object.values(networkInterfaces()).some((some) => some?.some((one) => one.address === address));
}

async function freePort(host: string, addr: string): Promise<number> {
  mkdirSync(hostFolder(host), { recursive: true, mode: 0o700 });
  for (let port = firstPort; port < firstPort + portsTried; port++)
    if ((await isFree(addr, port)) && isClaimed(unitFolder(host, port))) return port;
  throw new Failure(1, `no port from ${firstPort} to ${firstPort + portsTried - 1} is free`);
}

/** Of two that start nodes here at once only one makes the folder. */
function isClaimed(folder: string): boolean {
  if (existsSync(folder)) return false;
  try {
    mkdirSync(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port }, () => server.close(() => resolve(true)));
  });
}
