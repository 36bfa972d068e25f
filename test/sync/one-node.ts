/**
 * A cluster of one node in virtual time: the real client on one side, the real state machine on the other, and in
 * between links on which a test may keep messages back.
 */
import { createHash } from "node:crypto";
import { createClient } from "../../src/shared/client/connect.ts";
import type { Applied } from "../../src/shared/object/applied.ts";
import type { Constructor } from "../../src/shared/object/registry.ts";
import { classInfos } from "../../src/shared/object/registry.ts";
import type { Command, SessionId } from "../../src/shared/object/types.ts";
import { clusterId, nodeId } from "../../src/shared/paxos/ids.ts";
import { decodeCommand } from "../../src/shared/wire/command-codec.ts";
import type { ClientLink, ClientLinkEvents, Dialer } from "../../src/shared/wire/link.ts";
import type { ClientMessage, ServerMessage } from "../../src/shared/wire/messages.ts";
import { decodeCalls } from "../../src/shared/wire/values.ts";
import { diceOf, VirtualClock } from "../client/virtual-clock.ts";
import { watch } from "../client/world.ts";
import { Log, registryOf } from "../object/machine.ts";

const cluster = clusterId("c".repeat(32));
const id = nodeId("0000000000000001");
const addr = "10.0.0.1:14000";

class Link implements ClientLink {
  readonly events: ClientLinkEvents;
  over = false;
  private readonly world: OneNode;
  private queue: ClientMessage[] = [];
  private readonly frame: ServerMessage[] = [];

  constructor(world: OneNode, events: ClientLinkEvents) {
    this.world = world;
    this.events = events;
  }

  send(message: ClientMessage): void {
    this.queue.push(message);
  }

  flush(): void {
    for (const message of this.queue.splice(0))
      this.world.clock.after(1, () => this.world.hear(this, message));
  }

  close(): void {
    this.over = true;
    this.world.links.delete(this);
  }

  /** What is said in one turn travels together. */
  say(...messages: ServerMessage[]): void {
    if (this.frame.length === 0) {
      this.world.clock.after(1, () => {
        const frame = this.frame.splice(0);
        if (!this.over) this.events.receive(frame);
      });
    }
    this.frame.push(...messages);
  }
}

export class OneNode implements Dialer {
  readonly clock = new VirtualClock(1);
  readonly log: Log;
  readonly links = new Set<Link>();
  /** What is kept back until `letGo`. */
  keeps: (message: ClientMessage) => boolean = () => false;
  private kept: { readonly link: Link; readonly message: ClientMessage }[] = [];
  private readonly owners = new Map<SessionId, Link>();

  constructor(...classes: readonly Constructor[]) {
    this.log = new Log(registryOf(...classes), false);
    this.log.apply({ type: "found", classes: classInfos(registryOf(...classes)) });
  }

  client() {
    const dice = diceOf(this.clock.dice());
    return createClient({
      clock: this.clock,
      dialer: this,
      randomBytes: (n) => Uint8Array.from({ length: n }, () => dice() & 255),
      sha256: (bytes) => Promise.resolve(createHash("sha256").update(bytes).digest()),
      resolve: () => Promise.resolve({ addresses: [], ttlMillis: 0 }),
      defaultBootstrap: () => addr,
    });
  }

  dial(_addr: string, _cluster: string | null, _token: string | null, events: ClientLinkEvents): ClientLink {
    const link = new Link(this, events);
    this.clock.after(1, () => {
      if (link.over) return;
      this.links.add(link);
      events.open(cluster, id);
      link.say({ type: "members", id, leader: id, view: 1, members: [{ id, role: "replica", addr }] });
    });
    return link;
  }

  hear(link: Link, message: ClientMessage): void {
    if (this.keeps(message)) this.kept.push({ link, message });
    else if (!link.over) this.take(link, message);
  }

  /** What was kept back arrives now, and nothing is kept back any more. */
  letGo(): void {
    this.keeps = () => false;
    for (const { link, message } of this.kept.splice(0)) if (!link.over) this.take(link, message);
  }

  private take(link: Link, message: ClientMessage): void {
    switch (message.type) {
      case "ping":
        return link.say({ type: "pong" });
      case "open": {
        const secretHash = createHash("sha256").update(Buffer.from(message.secret, "hex")).digest("hex");
        const { opened } = this.decide({ type: "open", secretHash, ttl: 86_400_000, user: null });
        for (const { session } of opened) {
          this.owners.set(session, link);
          link.say({ type: "opened", secretHash, session, classes: this.log.machine.classes });
        }
        return;
      }
      case "command":
        this.decide(decodeCommand(message.bytes));
        return;
      case "cancel":
      case "close":
        this.decide(message);
        return;
      case "read": {
        const { session, payload, n } = message;
        const outcomes = this.log.machine.read(decodeCalls(payload, n), session, 1);
        return link.say(
          ...outcomes.map(
            (outcome, i) => ({ type: "readAnswer", session, id: message.id + i, outcome }) as const,
          ),
        );
      }
      default:
        throw new Error(`not expected: ${message.type}`);
    }
  }

  /** One slot, of one command. */
  decide(command: Command): Applied {
    this.log.at = this.clock.now;
    const applied = this.log.apply(command);
    for (const answer of applied.answers) this.owners.get(answer.session)?.say({ type: "answer", ...answer });
    for (const session of applied.ended) this.owners.get(session)?.say({ type: "ended", session });
    return applied;
  }

  /** All sessions that were opened, oldest first. */
  get sessions(): readonly SessionId[] {
    return [...this.owners.keys()];
  }
}

/** A promise that has come to its end when this returns. */
export async function done<T>(node: OneNode, promise: Promise<T>): Promise<T> {
  const seen = watch(promise);
  await node.clock.until(() => seen.done, "a promise");
  return promise;
}
