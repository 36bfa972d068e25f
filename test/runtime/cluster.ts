/**
 * Three nodes as processes, each behind a gate that it advertises: clients and nodes reach it through there only. What
 * happens to them is asked for over HTTP, from within any runtime.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, type Running, startNode, until } from "../process/processes.ts";
import { Gate } from "./gate.ts";

const readyMillis = 30_000;
const objects = ["./test/runtime/probe.ts", "concoord.object.lock.Lock"];

interface Node {
  readonly port: number;
  readonly gate: Gate;
  process: Running | null;
}

interface Status {
  readonly leader: { readonly addr: string } | null;
  readonly sessions: number;
}

export class GatedCluster {
  private readonly folder = mkdtempSync(join(tmpdir(), "concoord-runtime-"));
  private readonly nodes: Node[] = [];
  private readonly control: Server = createServer((request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    this.obey((request.url ?? "").slice(1)).then(
      (answer) => response.end(answer),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });

  static async start(): Promise<GatedCluster> {
    const cluster = new GatedCluster();
    await new Promise<void>((resolve) => cluster.control.listen(0, "127.0.0.1", resolve));
    for (const port of await freePorts(3))
      cluster.nodes.push({ port, gate: await Gate.open(port), process: null });
    for (const i of cluster.nodes.keys()) await cluster.run(i);
    return cluster;
  }

  /** For `connect`. */
  get bootstrap(): string {
    return this.nodes.map(({ gate }) => gate.addr).join(",");
  }

  /** Where the suite asks for things to happen. */
  get controlUrl(): string {
    return `http://127.0.0.1:${(this.control.address() as AddressInfo).port}`;
  }

  /** What the first node that is up says. */
  async status(): Promise<Status> {
    return until("a node that answers", readyMillis, async () => {
      for (const { port, process } of this.nodes) {
        if (process === null) continue;
        const status = (await (await fetch(`http://127.0.0.1:${port}/status.json`)).json()) as Status;
        if (status.leader !== null) return status;
      }
      return undefined;
    });
  }

  /** Files for a browser, at the address of the first node. */
  serve(files: Readonly<Record<string, { readonly head: readonly string[]; readonly body: string }>>): {
    readonly origin: string;
  } {
    const { gate } = this.nodes[0] as Node;
    gate.files = new Map(Object.entries(files));
    return { origin: `http://${gate.addr}` };
  }

  /** Whether browsers reach the nodes. */
  cut(isCut: boolean): void {
    for (const { gate } of this.nodes) gate.cut(isCut);
  }

  drop(): void {
    for (const { gate } of this.nodes) gate.drop();
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(({ process }) => process?.stop()));
    for (const { gate } of this.nodes) gate.close();
    this.control.closeAllConnections();
    this.control.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async obey(command: string): Promise<string> {
    switch (command) {
      case "drop":
        this.drop();
        return "";
      case "kill":
        return this.killLeader();
      case "restart":
        for (const [i, { process }] of this.nodes.entries()) if (process === null) await this.run(i);
        return "";
      default:
        throw new Error(`no such command: ${command}`);
    }
  }

  private async killLeader(): Promise<string> {
    const { leader } = await this.status();
    const node = this.nodes.find(({ gate, process }) => gate.addr === leader?.addr && process !== null);
    if (node === undefined) throw new Error("the leader is down already");
    const { process } = node;
    node.process = null;
    await process?.kill();
    return node.gate.addr;
  }

  private async run(i: number): Promise<void> {
    const node = this.nodes[i] as Node;
    const { addr } = node.gate;
    const data = join(this.folder, String(i));
    const where = ["-p", String(node.port), "--advertise", addr, "--data", data];
    const boot = i === 0 && this.nodes.every(({ process }) => process === null) ? [] : ["-b", this.bootstrap];
    node.process = startNode(["bin/concoord.js", "replica", "-o", ...objects, ...where, ...boot]);
    await node.process.line(new RegExp(`^READY replica ${addr} `), readyMillis);
  }
}
