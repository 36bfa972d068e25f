/** Replicas as a user starts them: `concoord replica` on free ports of the loopback, data in a temporary folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, type Running, startNode, until } from "./processes.ts";

const readyMillis = 30_000;
const counter = "./examples/counter/counter.ts";

export interface Replica {
  readonly addr: string;
  readonly data: string;
  /** null while it is down. */
  process: Running | null;
}

export class Cluster {
  readonly replicas: readonly Replica[];
  /** For `connect` and `-b`. */
  readonly bootstrap: string;
  private readonly folder: string;
  private readonly objects: readonly string[];

  private constructor(ports: readonly number[], objects: readonly string[]) {
    this.folder = mkdtempSync(join(tmpdir(), "concoord-test-"));
    this.objects = objects;
    this.replicas = ports.map((port, i) => {
      return { addr: `127.0.0.1:${port}`, data: join(this.folder, String(i)), process: null };
    });
    this.bootstrap = this.replicas.map((replica) => replica.addr).join(",");
  }

  /** Founds a cluster and lets the others join, one after the other. */
  static async start(n = 3, objects: readonly string[] = [counter]): Promise<Cluster> {
    const cluster = new Cluster(await freePorts(n), objects);
    try {
      for (const i of cluster.replicas.keys()) await cluster.run(i);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Starts a replica that is down, and waits until it is ready. */
  async run(i: number): Promise<void> {
    const replica = this.at(i);
    const port = replica.addr.slice(replica.addr.lastIndexOf(":") + 1);
    // The first one founds: without -b when there is no data yet, and it needs none later.
    const boot = i === 0 ? [] : ["-b", this.bootstrap];
    const args = ["replica", "-o", ...this.objects, "-p", port, ...boot, "--data", replica.data];
    replica.process = startNode(["bin/concoord.js", ...args]);
    await replica.process.line(/^READY replica /, readyMillis);
  }

  /** SIGKILL: what is not on the disk is lost. */
  async kill(i: number): Promise<void> {
    await this.take(i).kill();
  }

  /** SIGTERM: a leader hands over first. */
  async end(i: number): Promise<void> {
    const how = await this.take(i).stop();
    if (how !== 0) throw new Error(`replica ${i} ended with ${how} after SIGTERM`);
  }

  /** The one that leads, as the replicas that are up say. */
  leader(): Promise<number> {
    return until("a leader that is up", readyMillis, async () => {
      for (const replica of this.replicas) {
        if (replica.process === null) continue;
        const found = await leaderAt(replica.addr);
        const i = this.replicas.findIndex((other) => other.addr === found && other.process !== null);
        if (i !== -1) return i;
      }
      return undefined;
    });
  }

  /** Ends every process and removes the data. */
  async stop(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.process?.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private take(i: number): Running {
    const replica = this.at(i);
    const { process } = replica;
    if (process === null) throw new Error(`replica ${i} is down already`);
    replica.process = null;
    return process;
  }

  private at(i: number): Replica {
    const replica = this.replicas[i];
    if (replica === undefined) throw new RangeError(`there is no replica ${i}`);
    return replica;
  }
}

/** Whom a node takes for the leader; undefined when it does not answer or knows none. */
async function leaderAt(addr: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`http://${addr}/status.json`, { signal: AbortSignal.timeout(2_000) });
    const status = (await answer.json()) as { readonly leader: { readonly addr: string } | null };
    return status.leader?.addr;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException || error instanceof SyntaxError)
      return undefined;
    throw error;
  }
}
