/** The node's end of a client's WebSocket. */
import type { WebSocket } from "ws";
import { decodeClientFrame, encodeServer } from "../../shared/wire/client-codec.ts";
import type { CloseReason, ServerLink, ServerLinkEvents } from "../../shared/wire/link.ts";
import type { ServerMessage } from "../../shared/wire/messages.ts";
import { forRelayed } from "../../shared/wire/relayed.ts";
import { Connection, joinFrames, Outbox, type Traffic } from "./connection.ts";

export class WsServerLink implements ServerLink {
  readonly connection: Connection;
  private readonly relayed: boolean;
  private readonly outbox = new Outbox();

  /**
   * @param relayed whether a relay stands between
   * @param traffic where its bytes are counted
   * @param accept hands the link to the server, which answers with what it wants to hear.
   */
  constructor(
    ws: WebSocket,
    early: readonly Uint8Array[],
    relayed: boolean,
    accept: (link: ServerLink) => ServerLinkEvents,
    traffic?: Traffic,
  ) {
    this.relayed = relayed;
    let events: ServerLinkEvents | null = null;
    const heard = {
      frame: (bytes: Uint8Array) => events?.receive(decodeClientFrame(bytes)),
      closed: () => events?.closed(),
    };
    this.connection = new Connection(ws, early, heard, traffic);
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

  close(reason: CloseReason): void {
    this.flush();
    this.connection.close(reason);
  }
}
