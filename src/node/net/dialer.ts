/** How programs in Node reach a node: one WebSocket, the messages of a turn in one frame. */
import { WebSocket } from "ws";
import type { ClusterId } from "../../shared/paxos/ids.ts";
import { decodeServerFrame, encodeClient } from "../../shared/wire/client-codec.ts";
import type { ClientLink, ClientLinkEvents, Dialer } from "../../shared/wire/link.ts";
import type { ClientMessage } from "../../shared/wire/messages.ts";
import { Connection, dialOptions, dialUrl, joinFrames, Outbox } from "./connection.ts";
import { dialHello } from "./hello.ts";

export class WsDialer implements Dialer {
  dial(addr: string, cluster: ClusterId | null, token: string | null, events: ClientLinkEvents): ClientLink {
    return new WsClientLink(addr, cluster, token, events);
  }
}

class WsClientLink implements ClientLink {
  private readonly outbox = new Outbox();
  private readonly ws: WebSocket;
  private connection: Connection | null = null;
  private closed = false;

  constructor(addr: string, cluster: ClusterId | null, token: string | null, events: ClientLinkEvents) {
    this.ws = new WebSocket(dialUrl(addr), dialOptions);
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
      failed: (reason) => {
        if (this.closed) return;
        this.closed = true;
        events.closed(reason);
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
