/**
 * One WebSocket after its hello, for every use of it: encoded messages are queued and leave joined, one
 * frame for each turn. What costs is the number of socket writes, not the number of messages.
 */
import type { SecureContext } from "node:tls";
import { type ClientOptions, type RawData, WebSocket } from "ws";
import { webSocketUrl } from "../../shared/client/bootstrap.ts";
import {
  clientBacklogBytesMax,
  frameBytesMax,
  handshakeMillisMax,
  joinedBytesMax,
  sendQueueBytesMax,
} from "../../shared/limits.ts";
import { type Code, codes } from "../../shared/object/types.ts";
import { joinFrame } from "../../shared/wire/codec.ts";
import type { CloseReason } from "../../shared/wire/link.ts";
import type { DialTls } from "../tls/dial.ts";
import type { SlowReaders } from "./slow-readers.ts";

/** The close code of every refusal; the reason text carries "CODE message". */
const refusedCode = 4000;

/** Messages of one turn, encoded, for one receiver. */
export class Outbox {
  parts: Uint8Array[] = [];
  bytes = 0;

  push(part: Uint8Array): void {
    this.parts.push(part);
    this.bytes += part.length;
  }

  /** Forgets the oldest messages until at most `bytesMax` are left, but never the newest one. */
  shrink(bytesMax: number): void {
    let dropped = 0;
    while (this.bytes > bytesMax && dropped < this.parts.length - 1) {
      this.bytes -= (this.parts[dropped] as Uint8Array).length;
      dropped++;
    }
    if (dropped > 0) this.parts = this.parts.slice(dropped);
  }

  /** Hands over what waits, and is empty. */
  take(): readonly Uint8Array[] {
    const parts = this.parts;
    this.parts = [];
    this.bytes = 0;
    return parts;
  }
}

/** Joins the last turn's messages; two peers that get the same messages share one copy. */
export class Joiner {
  private lastParts: readonly Uint8Array[] = [];
  private lastFrames: readonly Uint8Array[] = [];

  frames(parts: readonly Uint8Array[]): readonly Uint8Array[] {
    const same = parts.length === this.lastParts.length && parts.every((p, i) => p === this.lastParts[i]);
    if (!same) {
      this.lastFrames = joinFrames(parts);
      this.lastParts = parts;
    }
    return this.lastFrames;
  }

  /** Lets go of the last frames, so that they are not kept while nothing is sent. */
  forget(): void {
    this.lastParts = [];
    this.lastFrames = [];
  }
}

/** All messages in one frame, or in several when they are too long for one. */
export function joinFrames(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  return split(parts).map(joinFrame);
}

function split(parts: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const groups: Uint8Array[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    if (bytes + part.length > joinedBytesMax) {
      groups.push([]);
      bytes = 0;
    }
    (groups[groups.length - 1] as Uint8Array[]).push(part);
    bytes += part.length;
  }
  return groups;
}

/** Bytes of frames, without what WebSocket and TCP add to them. */
export interface Traffic {
  received: number;
  sent: number;
}

export interface ConnectionEvents {
  /** One frame. Throws RangeError when it is not what was agreed: the connection is closed with BAD_FRAME. */
  frame(bytes: Uint8Array): void;
  /** Once; nothing follows. */
  closed(reason: CloseReason): void;
}

/** Invariant: `open` until closed by either side; after that nothing is sent and nothing is handed over. */
export class Connection {
  open = true;
  private readonly ws: WebSocket;
  private readonly events: ConnectionEvents;
  private readonly traffic: Traffic;
  private readonly readers: SlowReaders | null;
  private early: readonly Uint8Array[];
  private heard = true;
  private dropped = false;

  /**
   * @param early frames that came before; they are handed over by `begin`
   * @param traffic where its bytes are counted
   * @param readers of a client: who looks after those that do not read
   */
  constructor(
    ws: WebSocket,
    early: readonly Uint8Array[],
    events: ConnectionEvents,
    traffic: Traffic = { received: 0, sent: 0 },
    readers: SlowReaders | null = null,
  ) {
    this.readers = readers;
    this.early = early;
    this.traffic = traffic;
    this.ws = ws;
    this.events = events;
    ws.on("message", (data: RawData, binary: boolean) => this.receive(binaryFrame(data, binary)));
    ws.on("pong", () => {
      this.heard = true;
    });
    // Each is answered with a pong, which waits with all else.
    ws.on("ping", () => this.press());
    ws.on("close", (_code, reason) => this.ended(parseReason(reason.toString())));
    // ws closes by itself after an error, with a code of its own for a frame that is too long or malformed.
    ws.on("error", () => this.ended(null));
  }

  /**
   * Hands over what came before the connection was ready. The maker calls it once, when it can take frames.
   */
  begin(): void {
    const { early } = this;
    this.early = [];
    for (const frame of early) this.receive(frame);
  }

  /** Sends frames; a receiver that does not read for too long loses its connection. */
  write(frames: readonly Uint8Array[]): void {
    if (!this.open || this.dropped) return;
    for (const frame of frames) {
      this.traffic.sent += frame.length;
      this.ws.send(frame);
    }
    if (this.ws.bufferedAmount > sendQueueBytesMax) this.drop();
    this.press();
  }

  /** Whether its reader is to read first, before it is told anything else. @param more bytes that will be written */
  isFull(more: number): boolean {
    return this.backlog + more > clientBacklogBytesMax || this.readers?.isFull(this) === true;
  }

  /** All that waited has left. */
  drained(): void {
    this.readers?.note(this);
    this.ws.resume();
  }

  /** From a client that does not read nothing is read either. */
  private press(): void {
    if (this.readers === null) return;
    this.readers.note(this);
    if (this.ws.bufferedAmount > clientBacklogBytesMax) this.ws.pause();
  }

  /** Bytes that were written and have not left. */
  get backlog(): number {
    return this.ws.bufferedAmount;
  }

  /** Closes; `closed` is not called for this. */
  close(reason: CloseReason): void {
    if (!this.open) return;
    this.open = false;
    closeWith(this.ws, reason);
  }

  /** Ends it without a goodbye; `closed` follows. */
  drop(): void {
    this.dropped = true;
    this.ws.terminate();
  }

  /** Called at a steady pace: drops a connection that has not answered the last ping, and sends the next. */
  probe(): void {
    if (!this.open) return;
    if (!this.heard) return this.drop();
    this.heard = false;
    this.ws.ping();
  }

  private receive(frame: Uint8Array | null): void {
    if (!this.open || this.dropped) return;
    this.heard = true;
    try {
      if (frame === null) throw new RangeError("a text frame");
      this.traffic.received += frame.length;
      this.events.frame(frame);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const reason = { code: "BAD_FRAME", message: error.message } as const;
      closeWith(this.ws, reason);
      this.ended(reason);
    }
  }

  private ended(reason: CloseReason): void {
    this.readers?.forget(this);
    if (!this.open) return;
    this.open = false;
    this.events.closed(reason);
  }
}

/** The bytes of a frame; null for a text frame, which no side sends. */
export function binaryFrame(data: RawData, binary: boolean): Uint8Array | null {
  return binary && data instanceof Uint8Array ? data : null;
}

/** Closes with the code and message where the other side can read them; WebSocket allows 123 bytes. */
export function closeWith(ws: WebSocket, reason: CloseReason): void {
  if (reason === null) ws.close(1000);
  else
    ws.close(
      refusedCode,
      Buffer.from(`${reason.code} ${reason.message}`).subarray(0, 120).toString("latin1"),
    );
}

function parseReason(text: string): CloseReason {
  const space = text.indexOf(" ");
  const code = codes.find((c): c is Code => c === text.slice(0, space));
  return code === undefined ? null : { code, message: text.slice(space + 1) };
}

/**
 * Options of every WebSocket that Node programs dial. The mask is zero: masks keep browsers' scripts from
 * writing chosen bytes through careless proxies (RFC 6455 section 10.3); here both ends are ours and
 * copying costs.
 */
const dialOptions = {
  perMessageDeflate: false,
  maxPayload: frameBytesMax,
  handshakeTimeout: handshakeMillisMax,
  generateMask: (mask: Buffer) => void mask.fill(0),
} as const;

/**
 * Begins to dial.
 * @param addr `host:port`, `[::1]:14000` or a ws(s) URL
 */
export function openSocket(addr: string, tls: DialTls): WebSocket {
  const url = webSocketUrl(addr, tls.isUsual);
  const secureContext = url.startsWith("wss:") ? tls.context() : undefined;
  const options: ClientOptions & { secureContext?: SecureContext } = { ...dialOptions };
  if (secureContext !== undefined) options.secureContext = secureContext;
  return new WebSocket(url, options);
}
