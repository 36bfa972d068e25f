/** Real listeners and transports on free loopback ports. */
import { randomBytes } from "node:crypto";
import type { Tokens } from "../../src/node/net/hello.ts";
import { Listener } from "../../src/node/net/listener.ts";
import { PeerTransport } from "../../src/node/net/peer-transport.ts";
import { plainly } from "../../src/node/tls/dial.ts";
import type { NodeTls } from "../../src/node/tls/node-tls.ts";
import { type ClusterId, clusterId, type NodeId, nodeId } from "../../src/shared/paxos/ids.ts";
import type { ServerLink, ServerLinkEvents } from "../../src/shared/wire/link.ts";
import type { RigNode, TransportRig } from "../conformance/transport.ts";

export const cluster: ClusterId = clusterId("00112233445566778899aabbccddeeff");

export function newNodeId(): NodeId {
  return nodeId(randomBytes(8).toString("hex"));
}

const untilMillisMax = 20_000;

/** Looks again after each turn of the event loop. @throws Error when it has waited for too long */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + untilMillisMax;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${untilMillisMax} ms in vain for ${condition}`);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

export interface NetNode extends RigNode {
  readonly transport: PeerTransport;
  readonly listener: Listener;
  readonly warnings: string[];
}

export interface NetNodeOptions {
  readonly tokens?: Tokens;
  readonly port?: number;
  readonly id?: NodeId;
  readonly cluster?: ClusterId;
  client?(link: ServerLink): ServerLinkEvents;
  fetch?(request: Request): Response;
  /** Addresses of the members. */
  readonly members?: readonly string[];
  readonly tls?: NodeTls;
}

export async function netNode(options: NetNodeOptions = {}): Promise<NetNode> {
  const { tokens = { client: null, peer: null }, id = newNodeId(), cluster: own = cluster } = options;
  const listener = await Listener.bind("127.0.0.1", options.port ?? 0, options.tls);
  const addr = `127.0.0.1:${listener.port}`;
  const warnings: string[] = [];
  const transport = new PeerTransport({
    id: () => id,
    addr,
    cluster: () => own,
    token: tokens.peer,
    tls: options.tls ?? plainly,
    warn: (line) => warnings.push(line),
  });
  listener.serve({
    id,
    cluster: own,
    tokens,
    members: () => options.members ?? [addr],
    fetch: options.fetch ?? (() => new Response("hello\n")),
    peer: (ws, from, address, early) => transport.accept(ws, from, address, early),
    client: options.client ?? (() => ({ receive: () => undefined, closed: () => undefined })),
  });
  return { id, addr, transport, listener, warnings };
}

export class NetRig implements TransportRig {
  private readonly nodes = new Map<NodeId, NetNode>();

  async add(options: NetNodeOptions = {}): Promise<NetNode> {
    const node = await netNode(options);
    this.nodes.set(node.id, node);
    return node;
  }

  async kill(node: RigNode): Promise<void> {
    const found = this.nodes.get(node.id);
    await found?.transport.close();
    await found?.listener.close();
  }

  until = until;

  async close(): Promise<void> {
    for (const node of this.nodes.values()) await this.kill(node);
  }
}
