/** The node's end of a client's WebSocket. */
import type { WebSocket } from "ws";
import { decodeClientFrame, encodeServer } from "../../shared/wire/client-codec.ts";
import type { CloseReason, ServerLink, ServerLinkEvents } from "../../shared/wire/link.ts";
import type { ServerMessage } from "../../shared/wire/messages.ts";
import { forRelayed } from "../../shared/wire/relayed.ts";
import { Connection, joinFrames, Outbox, type Traffic } from "./connection.ts";
import type { SlowReaders } from "./slow-readers.ts";

/** What a client's connection has of the node beside its WebSocket. */
export interface Surroundings {
  /** The network that it comes from. */
  readonly address: string;
  /** Whether a relay stands between. */
  readonly relayed: boolean;
  /** Where its bytes are counted. */
  readonly traffic: Traffic;
  readonly readers: SlowReaders;
}

export class WsServerLink implements ServerLink {
  readonly connection: Connection;
  readonly address: string;
  private readonly relayed: boolean;
  private readonly outbox = new Outbox();

  /**
   * @param accept hands the link to the server, which answers with what it wants to hear.
   */
  constructor(
    ws: WebSocket,
    early: readonly Uint8Array[],
    accept: (link: ServerLink) => ServerLinkEvents,
    { address, relayed, traffic, readers }: Surroundings,
  ) {
    this.address = address;
    this.relayed = relayed;
    let events: ServerLinkEvents | null = null;
    const heard = {
      frame: (bytes: Uint8Array) => events?.receive(decodeClientFrame(bytes)),
      closed: () => events?.closed(),
    };
    this.connection = new Connection(ws, early, heard, traffic, readers);
    events = accept(this);
    this.connection.begin();
  }

  send(message: ServerMessage): void {
    this.outbox.push(encodeServer(this.relayed ? forRelayed(message) : message));
  }

  flush(): void {
    if (this.outbox.parts.length === 0) return;
    this.connection.write(joinFrames(this.outbox.take()));
  }

  backlog(): number {
    return this.connection.backlog;
  }

  isFull(): boolean {
    return this.connection.isFull(this.outbox.bytes);
  }

  close(reason: CloseReason): void {
    this.flush();
    this.connection.close(reason);
  }
}
