/** How programs in Node reach a node: one WebSocket, the messages of a turn in one frame. */
import type { WebSocket } from "ws";
import type { ClusterId } from "../../shared/paxos/ids.ts";
import { decodeServerFrame, encodeClient } from "../../shared/wire/client-codec.ts";
import type { ClientLink, ClientLinkEvents, Dialer } from "../../shared/wire/link.ts";
import type { ClientMessage } from "../../shared/wire/messages.ts";
import { type DialTls, processTls, tlsTrouble } from "../tls/dial.ts";
import { Connection, joinFrames, Outbox, openSocket } from "./connection.ts";
import { dialHello } from "./hello.ts";

export class WsDialer implements Dialer {
  private readonly tls: () => DialTls;

  /** @param tls asked at each dial; the setting of the process unless given */
  constructor(tls: () => DialTls = processTls) {
    this.tls = tls;
  }

  dial(addr: string, cluster: ClusterId | null, token: string | null, events: ClientLinkEvents): ClientLink {
    return new WsClientLink(openSocket(addr, this.tls()), addr, cluster, token, events);
  }
}

class WsClientLink implements ClientLink {
  private readonly outbox = new Outbox();
  private readonly ws: WebSocket;
  private connection: Connection | null = null;
  private closed = false;

  constructor(
    ws: WebSocket,
    addr: string,
    cluster: ClusterId | null,
    token: string | null,
    events: ClientLinkEvents,
  ) {
    this.ws = ws;
    const me = { role: "client", cluster, from: null, addr: "", to: null, token } as const;
    dialHello(this.ws, me, {
      open: (found, node, early) => {
        if (this.closed) return this.ws.terminate();
        const connection = new Connection(this.ws, early, {
          frame: (bytes) => events.receive(decodeServerFrame(bytes)),
          closed: (reason) => {
            this.closed = true;
            events.closed(reason);
          },
        });
        this.connection = connection;
        events.open(found, node);
        this.flush();
        connection.begin();
      },
      failed: (reason, error) => {
        if (this.closed) return;
        this.closed = true;
        events.closed(reason ?? tlsTrouble(addr, error));
      },
    });
  }

  send(message: ClientMessage): void {
    if (!this.closed) this.outbox.push(encodeClient(message));
  }

  flush(): void {
    if (this.connection === null || this.outbox.parts.length === 0) return;
    this.connection.write(joinFrames(this.outbox.take()));
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.connection !== null) this.connection.close(null);
    else this.ws.terminate();
  }
}
