/**
 * The services that concoord is compared with, as Debian packages them: three members each, durable, on loopback, with
 * folders and ports of their own. One that is not installed is left out with one line.
 */
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, type Running, startProgram } from "../../test/process/processes.ts";

const readyMillis = 60_000;
const etcd = "/usr/bin/etcd";
const javaEnvironment = "/etc/zookeeper/conf/environment";
const members = [0, 1, 2] as const;

export const serviceNames = ["etcd", "zookeeper"] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface Member {
  readonly addr: string;
  readonly process: Running;
}

export interface Service {
  readonly name: ServiceName;
  readonly folder: string;
  readonly members: readonly Member[];
  stop(): Promise<void>;
}

/** Whether its package is installed. */
export function isInstalled(name: ServiceName): boolean {
  try {
    accessSync(name === "etcd" ? etcd : javaEnvironment, constants.R_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

export async function startService(name: ServiceName): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  const started: Member[] = [];
  const stop = async () => {
    await Promise.all(started.map(({ process }) => process.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    if (name === "etcd") await startEtcd(folder, started);
    else await startZooKeeper(folder, started);
    await Promise.all(started.map(({ addr }) => reachable(addr)));
    return { name, folder, members: started, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Of the Debian package. */
export function versionOf(name: ServiceName): string {
  const status = readFileSync("/var/lib/dpkg/status", "utf8");
  const entry = status.split("\n\n").find((text) => text.startsWith(`Package: ${packageOf[name]}\n`));
  return /^Version: (.*)$/m.exec(entry ?? "")?.[1] ?? "unknown";
}

const packageOf: Readonly<Record<ServiceName, string>> = { etcd: "etcd-server", zookeeper: "zookeeper" };

async function startEtcd(folder: string, started: Member[]): Promise<void> {
  const ports = await freePorts(2 * members.length);
  const peer = (i: number) => `http://127.0.0.1:${ports[members.length + i]}`;
  const cluster = members.map((i) => `m${i}=${peer(i)}`).join(",");
  for (const i of members) {
    const addr = `127.0.0.1:${ports[i]}`;
    const args = [
      ...["--name", `m${i}`, "--data-dir", join(folder, `m${i}`), "--logger", "zap", "--log-level", "error"],
      ...["--listen-client-urls", `http://${addr}`, "--advertise-client-urls", `http://${addr}`],
      ...["--listen-peer-urls", peer(i), "--initial-advertise-peer-urls", peer(i)],
      ...["--initial-cluster", cluster, "--initial-cluster-state", "new"],
    ];
    started.push({ addr, process: startProgram(etcd, args) });
  }
}

async function startZooKeeper(folder: string, started: Member[]): Promise<void> {
  const ports = await freePorts(3 * members.length);
  const at = (i: number) => ports[i] as number;
  const servers = members.map((i) => `server.${i + 1}=127.0.0.1:${at(3 + i)}:${at(6 + i)}`);
  for (const i of members) {
    const data = join(folder, `m${i}`);
    mkdirSync(data);
    writeFileSync(join(data, "myid"), `${i + 1}\n`);
    const settings = [
      ...["tickTime=2000", "initLimit=10", "syncLimit=5", "maxClientCnxns=0", "admin.enableServer=false"],
      ...[`dataDir=${data}`, `clientPort=${at(i)}`, "clientPortAddress=127.0.0.1", ...servers],
    ];
    const file = join(data, "zoo.cfg");
    writeFileSync(file, `${settings.join("\n")}\n`);
    const classes = ["-cp", `${data}:/usr/share/java/zookeeper.jar`];
    const main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
    const process = startProgram("java", ["-Xmx512m", ...classes, main, file]);
    started.push({ addr: `127.0.0.1:${at(i)}`, process });
  }
}

/** Tries until somebody listens. */
async function reachable(addr: string): Promise<void> {
  const at = addr.lastIndexOf(":");
  const [host, port] = [addr.slice(0, at), Number(addr.slice(at + 1))];
  for (const until = Date.now() + readyMillis; Date.now() < until; ) {
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port });
      socket.once("connect", () => socket.end(() => resolve(true)));
      socket.once("error", () => setTimeout(() => resolve(false), 50));
    });
    if (answered) return;
  }
  throw new Error(`nobody listens at ${addr}`);
}
