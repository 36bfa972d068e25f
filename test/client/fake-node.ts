/** A node that is none, and links to it, which a test can cut, hang and delay. */
import { createHash } from "node:crypto";
import type { Calls, Code, Outcome, SessionId } from "../../src/shared/object/types.ts";
import { clusterId, type NodeId, nodeId } from "../../src/shared/paxos/ids.ts";
import { decodeCommand } from "../../src/shared/wire/command-codec.ts";
import type { ClientLink, ClientLinkEvents, CloseReason } from "../../src/shared/wire/link.ts";
import type { ClientMessage, ServerMessage } from "../../src/shared/wire/messages.ts";

export interface World {
  readonly clock: {
    readonly now: number;
    after(ms: number, run: () => void): void;
    soon(run: () => void): void;
  };
  /** Frames that clients sent. */
  frames: number;
  readonly delay: () => number;
  receive(link: FakeLink, message: ClientMessage): void;
  /** The answer is with the client. */
  told(answer: Extract<ServerMessage, { readonly type: "answer" }>): void;
}

export interface Table {
  readonly id: SessionId;
  readonly secretHash: string;
  ended: boolean;
  next: number;
  readonly outcomes: Map<number, Outcome>;
  readonly cancelled: Set<number>;
  readonly blocked: Set<number>;
  /** Calls that blocked once: kept until acknowledged by name. */
  readonly named: Set<number>;
  /** What the client was told. */
  readonly told: Map<number, Outcome>;
  acked: number;
}

/** What the log keeps of a secret of 32 hex digits. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(Buffer.from(secret, "hex")).digest("hex");
}

export class FakeNode {
  readonly addr: string;
  readonly id: NodeId;
  /** Accepts connections. */
  up = true;
  /** Takes everything and says nothing. */
  hung = false;
  /** Answers pings, and nothing else. */
  stuck = false;
  rejects: CloseReason = null;
  cluster = clusterId("c".repeat(32));
  /** How many commands it is behind, when it runs local reads. */
  lag = 0;
  /** Commands are refused with BUSY while this is above 0; each refusal takes one off. */
  busy = 0;
  /** `open` is refused so often. */
  openRefusals: Code[] = [];
  readonly links = new Set<FakeLink>();
  /** Every message that arrived, oldest first. */
  readonly heard: ClientMessage[] = [];
  dials = 0;

  constructor(index: number) {
    this.addr = `10.0.0.${index}:14000`;
    this.id = nodeId(String(index).padStart(16, "0"));
  }

  cut(reason: CloseReason = null): void {
    for (const link of [...this.links]) link.end(reason);
  }

  down(): void {
    this.up = false;
    this.cut();
  }

  commands(): readonly Calls[] {
    return this.heard.filter((m) => m.type === "command").map((m) => decodeCommand(m.bytes) as Calls);
  }

  of<T extends ClientMessage["type"]>(type: T): readonly Extract<ClientMessage, { type: T }>[] {
    return this.heard.filter((m): m is Extract<ClientMessage, { type: T }> => m.type === type);
  }
}

export class FakeLink implements ClientLink {
  readonly node: FakeNode;
  readonly world: World;
  readonly events: ClientLinkEvents;
  attached: Table | null = null;
  over = false;
  private queue: ClientMessage[] = [];
  private arrival = 0;
  private departure = 0;

  constructor(world: World, node: FakeNode, events: ClientLinkEvents) {
    this.world = world;
    this.node = node;
    this.events = events;
  }

  send(message: ClientMessage): void {
    if (!this.over) this.queue.push(message);
  }

  flush(): void {
    const frame = this.queue;
    this.queue = [];
    if (frame.length === 0 || this.over) return;
    this.world.frames++;
    this.arrival = Math.max(this.arrival, this.world.clock.now + this.world.delay());
    this.world.clock.after(this.arrival - this.world.clock.now, () => {
      if (!this.over && !this.node.hung) for (const message of frame) this.world.receive(this, message);
    });
  }

  close(): void {
    this.over = true;
    this.node.links.delete(this);
  }

  end(reason: CloseReason): void {
    if (this.over) return;
    this.close();
    this.world.clock.soon(() => this.events.closed(reason));
  }

  /** To the client, in order. */
  say(...messages: ServerMessage[]): void {
    if (this.over || this.node.hung) return;
    this.departure = Math.max(this.departure, this.world.clock.now + this.world.delay());
    this.world.clock.after(this.departure - this.world.clock.now, () => {
      if (this.over || this.node.hung) return;
      for (const m of messages) if (m.type === "answer") this.world.told(m);
      this.events.receive(messages);
    });
  }
}
