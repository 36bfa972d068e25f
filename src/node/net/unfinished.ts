/**
 * What has come of frames that have not come to their end: a client may begin a frame of several megabytes and never
 * finish it, and so may a thousand others. What is kept of them together has a limit.
 */
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { strangerBytesMax, unfinishedBytesMax } from "../../shared/limits.ts";

/** A piece that came alone takes memory of its own, however short it is. */
const pieceBytes = 1_024;

/** Of a short frame (RFC 6455 5.2). */
const headBytesMax = 14;

/** One connection. */
export class Unfinished {
  bytes = 0;
  readonly socket: Duplex;
  private readonly all: UnfinishedFrames;
  private isKnown = false;
  private isTrusted = false;

  constructor(socket: Duplex, all: UnfinishedFrames) {
    this.socket = socket;
    this.all = all;
    socket.on("data", (piece: Uint8Array) => this.came(piece.length));
    socket.once("close", () => all.forget(this));
  }

  /** It is known whose it is: its frames may be long. @param isTrusted whether it is a node's, which counts no more */
  known(isTrusted: boolean): void {
    this.isKnown = true;
    this.isTrusted = isTrusted;
    if (isTrusted) this.finished();
  }

  /**
   * A ping or pong came. What came with it stays counted: else they could be strewn into a frame that never ends.
   * @param length of its content
   */
  control(length: number): void {
    if (this.bytes <= headBytesMax + length + pieceBytes) this.finished();
  }

  /** A frame came to its end. */
  finished(): void {
    this.all.total -= this.bytes;
    this.bytes = 0;
  }

  private came(bytes: number): void {
    if (this.isTrusted) return;
    const n = bytes + pieceBytes;
    this.bytes += n;
    this.all.total += n;
    if (!this.isKnown && this.bytes > strangerBytesMax) this.socket.destroy();
    else if (this.all.total > unfinishedBytesMax) this.all.dropLargest();
  }
}

/** Those of one node. */
export class UnfinishedFrames {
  total = 0;
  private readonly open = new Set<Unfinished>();

  /** Watches a connection from its upgrade on. */
  watch(socket: Duplex, ws: WebSocket): Unfinished {
    const one = new Unfinished(socket, this);
    this.open.add(one);
    ws.on("message", () => one.finished());
    for (const event of ["ping", "pong"] as const)
      ws.on(event, (content: Uint8Array) => one.control(content.length));
    return one;
  }

  forget(one: Unfinished): void {
    if (this.open.delete(one)) one.finished();
  }

  dropLargest(): void {
    let largest: Unfinished | null = null;
    for (const one of this.open) if (one.bytes > (largest?.bytes ?? 0)) largest = one;
    largest?.socket.destroy();
    if (largest !== null) this.forget(largest);
  }
}
