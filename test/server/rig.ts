/** A cluster of one node in virtual time, without a disk or a network, and raw clients of it. */
import { createHash } from "node:crypto";
import { MemoryStorage } from "../../src/node/memory-storage.ts";
import { Counter } from "../../src/shared/object/library/counter.ts";
import { describe, makeRegistry, type Registry } from "../../src/shared/object/registry.ts";
import { type Call, type SessionId, seq } from "../../src/shared/object/types.ts";
import { clusterId, nodeId } from "../../src/shared/paxos/ids.ts";
import type { Write } from "../../src/shared/paxos/types.ts";
import { Server } from "../../src/shared/server/server.ts";
import { snapshotPace } from "../../src/shared/server/snapshots.ts";
import type { LoadReport, Storage } from "../../src/shared/server/storage.ts";
import type { Transport } from "../../src/shared/server/transport.ts";
import { everybody, type Identity, type Refuse } from "../../src/shared/wire/identity.ts";
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

/** SHA-256 in steps. */
export function hasher() {
  const steps = createHash("sha256");
  return { update: (bytes: Uint8Array) => void steps.update(bytes), hex: () => steps.digest("hex") };
}

/** A disk that keeps what it was given, for the next start. */
export class Kept extends MemoryStorage {
  private readonly writes: Write[] = [];

  override async load(each: (write: Write) => void): Promise<LoadReport> {
    for (const write of this.writes) each(write);
    return super.load(each);
  }

  override async append(writes: readonly Write[]): Promise<void> {
    this.writes.push(...writes);
  }
}

/** The library's Counter, as a node has it whose code has this fingerprint. */
export function counterOf(fingerprint: string): Registry {
  return makeRegistry([{ ...describe(Counter), fingerprint }]);
}

export function serverOf(
  clock: VirtualClock,
  storage: Storage,
  registry = counterOf(""),
  pace = snapshotPace,
  refuse?: Refuse,
): Server {
  return new Server({
    ...(refuse === undefined ? {} : { refuse }),
    addr: "127.0.0.1:1",
    newId: nodeId("a".repeat(16)),
    newCluster: clusterId("c".repeat(32)),
    storage,
    transport: nobody,
    clock,
    registry,
    pace,
    codec: objectCodec,
    hash,
    hasher,
    version: "0",
    onStop: (error) => {
      throw error;
    },
  });
}

/** @param refuse the operator's rules; none unless given */
export async function startAlone(
  refuse?: Refuse,
  registry = counterOf(""),
): Promise<{ readonly server: Server; readonly clock: VirtualClock }> {
  const clock = new VirtualClock(1);
  const server = serverOf(clock, new MemoryStorage(), registry, snapshotPace, refuse);
  await server.start({ type: "found" });
  await clock.until(() => server.ready, "a node that is ready");
  return { server, clock };
}

/** What a connection of a client says and hears, message by message. */
export class RawClient {
  readonly heard: ServerMessage[] = [];
  closed: CloseReason | "open" = "open";
  private readonly events: ServerLinkEvents;

  constructor(server: Server, identity: Identity = everybody) {
    const link = {
      send: (message: ServerMessage) => this.heard.push(message),
      flush: () => undefined,
      close: (reason: CloseReason) => {
        this.closed = reason;
      },
    };
    this.events = server.accept(link, identity);
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
  return command(session, first, { object: "Counter/main", method: "increment", args: [] });
}

/** Calls in one command, numbered from `first`. */
export function command(session: SessionId, first: number, ...calls: readonly Call[]): ClientMessage {
  const payload = encodeCalls(calls);
  const numbers = { firstSeq: seq(first), n: calls.length, ackedSeq: seq(0), ackedLate: [] };
  return {
    type: "command",
    bytes: objectCodec.encodeCommand({ type: "calls", session, ...numbers, payload }),
  };
}
