/** Nodes as a user starts them: `concoord replica` on free ports of the loopback, data in a temporary folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, type Running, startNode, until } from "./processes.ts";

const readyMillis = 30_000;
const counter = "./examples/counter/counter.ts";

export interface Replica {
  addr: string;
  readonly data: string;
  readonly verb: "replica" | "acceptor";
  /** null while it is down. */
  process: Running | null;
}

interface Member {
  readonly id: string;
  readonly role: string;
  readonly addr: string;
  readonly away: boolean;
}

export interface Status {
  readonly decided: number;
  /** Calls that wait in its objects. */
  readonly blocked: number;
  readonly leader: { readonly addr: string } | null;
  readonly view: { readonly number: number; readonly members: readonly Member[] };
}

export class Cluster {
  /** Those that are or shall be members. */
  readonly replicas: Replica[] = [];
  private readonly folder: string;
  private readonly objects: readonly string[];
  private readonly flags: readonly string[];
  private founded = false;
  private folders = 0;

  private constructor(objects: readonly string[], flags: readonly string[]) {
    this.folder = mkdtempSync(join(tmpdir(), "concoord-test-"));
    this.objects = objects;
    this.flags = flags;
  }

  /**
   * Founds a cluster and lets the others join, one after the other.
   * @param flags of every node, as --evict-after
   */
  static async start(
    n = 3,
    objects: readonly string[] = [counter],
    flags: readonly string[] = [],
  ): Promise<Cluster> {
    const cluster = new Cluster(objects, flags);
    try {
      const ports = await freePorts(n);
      cluster.replicas.push(...ports.map((port) => cluster.place(port, "replica")));
      for (const i of cluster.replicas.keys()) await cluster.run(i);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** For `connect` and `-b`. */
  get bootstrap(): string {
    return this.replicas.map((replica) => replica.addr).join(",");
  }

  /** Starts a replica that is down, and waits until it is ready. */
  async run(i: number): Promise<void> {
    const replica = this.at(i);
    const { addr, data, verb } = replica;
    // The first one founds; afterwards it must not, even when its data is gone.
    const boot = this.founded ? ["-b", this.bootstrap] : [];
    this.founded = true;
    const args = [verb, "-o", ...this.objects, "-p", portOf(addr), ...boot, "--data", data, ...this.flags];
    replica.process = startNode(["bin/concoord.js", ...args]);
    await replica.process.line(new RegExp(`^READY ${verb} ${addr} `), readyMillis);
  }

  /** Starts one more node, and waits until it is a member and ready. @returns its place in `replicas` */
  async add(verb: Replica["verb"] = "replica"): Promise<number> {
    const [port = 0] = await freePorts(1);
    const i = this.replicas.push(this.place(port, verb)) - 1;
    await this.run(i);
    return i;
  }

  /** `concoord leave`: the node's process ends with 0, and it is no longer one of `replicas`. */
  async leave(i: number): Promise<void> {
    const { addr, process } = this.at(i);
    await this.command("leave", addr, i);
    const how = await process?.over;
    if (how !== 0) throw new Error(`${addr} ended with ${how} after it left: ${process?.errors()}`);
    this.replicas.splice(i, 1);
  }

  /** `concoord evict` of a replica that is down: started again it joins by itself. */
  async evict(i: number): Promise<void> {
    await this.command("evict", this.at(i).addr, i);
  }

  /** Removes the data of a replica that is down: it comes back as another node, at the same address. */
  wipe(i: number): void {
    rmSync(this.at(i).data, { recursive: true });
  }

  /** Gives a replica that is down another port. */
  async move(i: number): Promise<void> {
    const [port = 0] = await freePorts(1);
    this.at(i).addr = `127.0.0.1:${port}`;
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
        const found = (await statusAt(replica.addr))?.leader?.addr;
        const i = this.replicas.findIndex((other) => other.addr === found && other.process !== null);
        if (i !== -1) return i;
      }
      return undefined;
    });
  }

  /** What a replica that is up says; the first one unless given. */
  async status(i = this.replicas.findIndex((replica) => replica.process !== null)): Promise<Status> {
    const status = await statusAt(this.at(i).addr);
    if (status === undefined) throw new Error(`replica ${i} does not answer`);
    return status;
  }

  /** Ends every process and removes the data. */
  async stop(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.process?.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private place(port: number, verb: Replica["verb"]): Replica {
    const data = join(this.folder, String(this.folders++));
    return { addr: `127.0.0.1:${port}`, data, verb, process: null };
  }

  private async command(verb: string, addr: string, i: number): Promise<void> {
    const others = this.replicas.filter((_, at) => at !== i).map((replica) => replica.addr);
    const run = startNode(["bin/concoord.js", verb, addr, "-b", others.join(",")]);
    const how = await run.over;
    if (how !== 0) throw new Error(`${verb} ${addr} ended with ${how}: ${run.errors()}`);
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

function portOf(addr: string): string {
  return addr.slice(addr.lastIndexOf(":") + 1);
}

/** Undefined when the node does not answer. */
async function statusAt(addr: string): Promise<Status | undefined> {
  try {
    const answer = await fetch(`http://${addr}/status.json`, { signal: AbortSignal.timeout(2_000) });
    return (await answer.json()) as Status;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException || error instanceof SyntaxError)
      return undefined;
    throw error;
  }
}
