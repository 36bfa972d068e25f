/**
 * Who comes in at a node, by WebSocket and by HTTP, and as whom: by the secrets of the cluster or, for clients, by the
 * operator's own rules. Users are known to the node that was reached; the others believe what it says, as they do of
 * everything that a node says.
 */
import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { openSessionOf } from "../../shared/client/connect.ts";
import type { Session } from "../../shared/client/types.ts";
import type { NodeId } from "../../shared/paxos/ids.ts";
import type { Role } from "../../shared/paxos/view.ts";
import type { Server } from "../../shared/server/server.ts";
import type { Identity } from "../../shared/wire/identity.ts";
import type { ServerLink, ServerLinkEvents } from "../../shared/wire/link.ts";
import type { PeerMessage } from "../../shared/wire/messages.ts";
import { nodeRuntime, runtimeOf } from "../client/runtime.ts";
import { Door } from "../http/callers.ts";
import { NearDialer } from "../http/near-dialer.ts";
import type { Tokens } from "../net/hello.ts";
import type { Handlers } from "../net/listener.ts";
import type { PeerTransport } from "../net/peer-transport.ts";
import type { Place } from "../place.ts";
import type { Authenticator } from "./authenticator.ts";
import { operationOf } from "./operators.ts";
import type { OwnNames } from "./origins.ts";

export interface EntranceOptions {
  readonly server: Server;
  readonly transport: PeerTransport;
  /** host:port of this node. */
  readonly addr: string;
  readonly tokens: Tokens;
  /** Not given where the tokens say who clients are. */
  readonly authenticator?: Authenticator;
  /** Of pages that may connect, beside its own and those of other members. */
  readonly origins?: readonly string[];
  readonly role: Role;
  readonly place: Pick<Place, "dial">;
}

/** What the listener is told of who comes in. */
type Guarded = Pick<Handlers, "tokens" | "identify" | "members" | "origins" | "client" | "operator">;

export class Entrance {
  /** Of HTTP. */
  readonly door: Door;
  private readonly options: EntranceOptions;

  constructor(options: EntranceOptions) {
    this.options = options;
    const { tokens, authenticator = null } = options;
    this.door = new Door({ tokens, authenticator, names: () => this.names });
  }

  /** Of the WebSocket. */
  get handlers(): Guarded {
    const { tokens, authenticator, origins = [] } = this.options;
    return {
      tokens,
      ...(authenticator === undefined
        ? {}
        : { identify: (token, request) => this.ask(authenticator, token, request) }),
      members: () => this.names.members,
      origins,
      client: (link, identity) => this.accept(link, identity),
      operator: (ws, from, identity, early) => this.operator(ws, from, identity, early),
    };
  }

  /** Somebody's connection, after it is known whose it is. */
  accept(link: ServerLink, identity: Identity): ServerLinkEvents {
    return this.options.server.accept(link, identity);
  }

  /** A session for somebody who called by HTTP. Acceptors hold no objects: they go to others as any client does. */
  openSession(identity: Identity): Session {
    const { server, addr, tokens, role, place } = this.options;
    if (role !== "acceptor") {
      const { id, cluster } = server;
      const dialer = new NearDialer({ id, cluster, accept: (link) => this.accept(link, identity) });
      return openSessionOf({ ...nodeRuntime, dialer })(addr);
    }
    const token = identity.rights.includes("call") ? tokens.client : (tokens.reader ?? null);
    return openSessionOf(runtimeOf(() => place.dial))(addr, token === null ? {} : { token });
  }

  private get names(): OwnNames {
    const { server, addr, origins = [] } = this.options;
    return { members: [addr, ...server.node.views.newest.members.map((m) => m.addr)], allowed: origins };
  }

  private ask(authenticator: Authenticator, token: string | null, { headers }: IncomingMessage) {
    const { origin = null } = headers;
    return authenticator.identify({ token, origin, headers: headersOf(headers) });
  }

  private operator(ws: WebSocket, from: NodeId, { user }: Identity, early: readonly Uint8Array[]): void {
    const { transport, authenticator } = this.options;
    transport.acceptOperator(ws, from, early, (message: PeerMessage) => {
      const method = operationOf(message);
      if (method === undefined) return `"${message.type}" is for nodes alone`;
      if (method === null) return null;
      const about = message.type === "askChange" ? [message.id] : [];
      const args = message.type === "endSession" ? [message.session] : about;
      return authenticator?.refuse({ user, kind: "admin", object: null, method, args }) ?? null;
    });
  }
}

function headersOf(headers: IncomingMessage["headers"]): Headers {
  const all = Object.entries(headers).filter(([name]) => !name.startsWith(":"));
  return new Headers(
    all.flatMap(([name, value]) => [value].flat().map((one) => [name, one ?? ""] as [string, string])),
  );
}
