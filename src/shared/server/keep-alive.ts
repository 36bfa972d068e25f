/** Keeps the sessions of this node's clients alive: one meta command for all whose clients spoke lately. */
import { keepAliveSessionsMax } from "../limits.ts";
import type { ObjectCodec } from "../object/types.ts";
import type { Millis } from "../paxos/ids.ts";
import type { Attachments } from "./attachments.ts";
import type { Routing } from "./routing.ts";

export class KeepAlive {
  private readonly attachments: Attachments;
  private readonly routing: Routing;
  private readonly codec: ObjectCodec;
  private sentAt: Millis;

  constructor(attachments: Attachments, routing: Routing, codec: ObjectCodec, now: Millis) {
    this.attachments = attachments;
    this.routing = routing;
    this.codec = codec;
    this.sentAt = now;
  }

  /** Sends it when a third of the shortest time to live has passed, and somebody leads. */
  run(now: Millis): void {
    const { sessions, ttl } = this.attachments.alive(now);
    if (sessions.length === 0 || now - this.sentAt < ttl / 3) return;
    const commands: Uint8Array[] = [];
    for (let i = 0; i < sessions.length; i += keepAliveSessionsMax) {
      const part = sessions.slice(i, i + keepAliveSessionsMax);
      commands.push(this.codec.encodeCommand({ type: "keepAlive", sessions: part }));
    }
    if (this.routing.route(commands, () => undefined)) this.sentAt = now;
  }
}
