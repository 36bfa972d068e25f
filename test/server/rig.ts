/** A cluster of one node in virtual time, without a disk or a network, and raw clients of it. */
import { createHash } from "node:crypto";
import { MemoryStorage } from "../../src/node/memory-storage.ts";
import { Counter } from "../../src/shared/object/library/counter.ts";
import { describe, makeRegistry } from "../../src/shared/object/registry.ts";
import { type SessionId, seq } from "../../src/shared/object/types.ts";
import { clusterId, nodeId } from "../../src/shared/paxos/ids.ts";
import { Server } from "../../src/shared/server/server.ts";
import type { Transport } from "../../src/shared/server/transport.ts";
import type { CloseReason, ServerLinkEvents } from "../../src/shared/wire/link.ts";
import type { ClientMessage, ServerMessage } from "../../src/shared/wire/messages.ts";
import { encodeCalls, objectCodec } from "../../src/shared/wire/values.ts";
import { VirtualClock } from "../client/virtual-clock.ts";

const nobody: Transport = {
  start: () => undefined,
  learn: () => undefined,
  send: () => undefined,
  flush: () => undefined,
  close: () => Promise.resolve(),
};

/** SHA-256, hex, of the bytes that hex digits stand for. */
export function hash(secret: string): string {
  return createHash("sha256").update(Buffer.from(secret, "hex")).digest("hex");
}

export async function startAlone(): Promise<{ readonly server: Server; readonly clock: VirtualClock }> {
  const clock = new VirtualClock(1);
  const server = new Server({
    addr: "127.0.0.1:1",
    newId: nodeId("a".repeat(16)),
    newCluster: clusterId("c".repeat(32)),
    storage: new MemoryStorage(),
    transport: nobody,
    clock,
    registry: makeRegistry([describe(Counter)]),
    codec: objectCodec,
    hash,
    version: "0",
    onStop: (error) => {
      throw error;
    },
  });
  await server.start({ type: "found" });
  await clock.until(() => server.ready, "a node that is ready");
  return { server, clock };
}

/** What a connection of a client says and hears, message by message. */
export class RawClient {
  readonly heard: ServerMessage[] = [];
  closed: CloseReason | "open" = "open";
  private readonly events: ServerLinkEvents;

  constructor(server: Server) {
    this.events = server.accept({
      send: (message) => this.heard.push(message),
      flush: () => undefined,
      close: (reason) => {
        this.closed = reason;
      },
    });
  }

  say(...messages: readonly ClientMessage[]): void {
    this.events.receive(messages);
  }

  hangUp(): void {
    this.events.closed();
  }

  of<T extends ServerMessage["type"]>(type: T): readonly Extract<ServerMessage, { readonly type: T }>[] {
    return this.heard.filter((m): m is Extract<ServerMessage, { readonly type: T }> => m.type === type);
  }

  /** Opens a session with a secret of its own. */
  async open(clock: VirtualClock, secret: string, ttl: number): Promise<SessionId> {
    this.say({ type: "open", secret, ttl });
    await clock.until(() => this.of("opened").length > 0, "an open session");
    return this.of("opened")[0]?.session as SessionId;
  }
}

/** One call of the Counter "main", numbered `first`. */
export function increment(session: SessionId, first: number): ClientMessage {
  const payload = encodeCalls([{ object: "Counter/main", method: "increment", args: [] }]);
  const numbers = { firstSeq: seq(first), n: 1, ackedSeq: seq(0), ackedLate: [] };
  return {
    type: "command",
    bytes: objectCodec.encodeCommand({ type: "calls", session, ...numbers, payload }),
  };
}
