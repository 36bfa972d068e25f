/**
 * The gateway: a node's side of its clients. It keeps what they sent until the log has executed it, sees that it
 * reaches the leader, and answers from what this node executes itself: no answer ever travels between nodes.
 */
import type { Clock, Timer } from "../clock.ts";
import { commandBytesMax, sessionTtlMax, sessionTtlMin } from "../limits.ts";
import type { Applied, StateMachine } from "../object/state-machine.ts";
import { type Answer, type ObjectCodec, type Seq, seqZero } from "../object/types.ts";
import { Broken, millis, type NodeId, unreachable } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import type { ReadAt } from "../paxos/types.ts";
import type { Identity, Refuse } from "../wire/identity.ts";
import type { ServerLink, ServerLinkEvents } from "../wire/link.ts";
import type { ClientMessage } from "../wire/messages.ts";
import { Attachments } from "./attachments.ts";
import { type Attachment, Connection } from "./connection.ts";
import { Guard } from "./guard.ts";
import { KeepAlive } from "./keep-alive.ts";
import { Metas } from "./metas.ts";
import { Meters } from "./meters.ts";
import { Reads } from "./reads.ts";
import { Roster } from "./roster.ts";
import type { Routing, TooEarly } from "./routing.ts";
import { Together } from "./together.ts";

/** How often what is not known to be done is looked through, and how old it must be to be sent again. */
const sweepMillis = 250;
const routeAgainMillis = 1_000;

export class Gateway {
  readonly meters: Meters;
  private readonly node: PaxosNode;
  private readonly machine: StateMachine;
  private readonly routing: Routing;
  private readonly codec: ObjectCodec;
  private readonly clock: Clock;
  private readonly attachments: Attachments;
  private readonly metas: Metas;
  private readonly guard: Guard;
  private readonly reads: Reads;
  private readonly roster: Roster;
  private readonly keepAlive: KeepAlive;
  private readonly connections = new Set<Connection>();
  private readonly together: Together;
  /** Commands of the frame that is being read, for another node that leads. */
  private forwards: Uint8Array[] = [];
  /** Where all was sent last; when it changes all is sent anew. */
  private routedTo: { readonly target: NodeId | null; readonly round: number } = { target: null, round: 0 };
  private timer: Timer | null = null;
  private allLeft: (() => void) | null = null;
  private readonly tooEarly = (early: TooEarly) => this.resend(early);

  /** @param askRead hands the token of reads to the core, which answers `confirmed` @param refuse see ServerOptions */
  constructor(
    node: PaxosNode,
    machine: StateMachine,
    routing: Routing,
    codec: ObjectCodec,
    clock: Clock,
    hash: (secret: string) => string,
    askRead: (token: number) => void,
    refuse: Refuse | null,
  ) {
    this.node = node;
    this.machine = machine;
    this.routing = routing;
    this.codec = codec;
    this.clock = clock;
    this.together = new Together(clock);
    this.attachments = new Attachments(machine, clock, hash);
    this.metas = new Metas(routing, codec);
    this.guard = new Guard(machine, codec, this.metas, refuse);
    this.meters = new Meters(clock, this.attachments.arrivedAt);
    this.reads = new Reads(machine, codec, askRead, () => clock.moment().random, this.meters, this.guard);
    this.roster = new Roster(node);
    this.keepAlive = new KeepAlive(this.attachments, routing, codec, clock.moment().now);
  }

  accept(link: ServerLink, identity: Identity): ServerLinkEvents {
    const { now } = this.clock.moment();
    const connection = new Connection(link, identity, now, this.machine, this.together);
    this.connections.add(connection);
    connection.send(this.roster.message);
    connection.flush();
    return {
      receive: (messages) => this.received(connection, messages),
      closed: () => this.drop(connection),
    };
  }

  /** Resolves when the last client has gone. */
  left(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.allLeft = resolve;
    if (this.connections.size === 0) resolve();
    return promise;
  }

  close(): void {
    this.timer?.cancel();
    this.together.stop();
    for (const { link } of this.connections) link.close(null);
    this.connections.clear();
  }

  /** The leader found that an earlier command is missing: all from there on is sent again, in order. */
  resend({ session, seq }: TooEarly): void {
    const attachment = this.attachments.get(session);
    // Without the wanted command there is nothing to send: its client has not sent it here.
    if (attachment?.unanswered.has(seq)) this.routing.route(attachment.from(seq), () => undefined);
  }

  applied(applied: Applied): void {
    this.meters.answered();
    for (const { secretHash, session } of applied.opened) this.attachments.opened(secretHash, session);
    for (const { secretHash, code, message } of applied.refusedOpens) {
      this.attachments.openRefused(secretHash, code, message);
    }
    for (const answer of applied.answers) this.answer(answer);
    for (const early of applied.expected) {
      this.routing.forget(early.session);
      this.resend(early);
    }
    for (const session of applied.ended) {
      this.routing.forget(session);
      this.attachments.ended(session);
    }
  }

  /** The core's answers to `askRead`, before the end of the turn. */
  confirmed(reads: readonly ReadAt[]): void {
    this.reads.confirmed(reads);
  }

  /** The state came from a snapshot: what was executed in it is answered from the table of its session. */
  restored(): void {
    this.attachments.restored();
    for (const attachment of this.attachments.values()) {
      const state = this.machine.session(attachment.session);
      if (state === null) continue;
      // Of calls that blocked nothing is kept here: all that the table knows is told, and news are among it.
      attachment.repeatAll(state);
      attachment.prune(state.next);
    }
  }

  /** After each turn: answers leave, and a change of leader or view is told and acted upon. */
  turned(): void {
    this.attachments.attachWaiting();
    this.routing.turned();
    this.reads.turned();
    const news = this.roster.news();
    if (news !== null) for (const connection of this.connections) connection.send(news);
    const [{ target }, { round }] = [this.routing, this.node.election.leader];
    if (target !== this.routedTo.target || round !== this.routedTo.round) {
      this.routedTo = { target, round };
      if (target !== null) this.routeAll();
    }
    this.together.flush();
    for (const connection of this.together.refused) this.drop(connection);
  }

  private received(connection: Connection, messages: readonly ClientMessage[]): void {
    connection.heardAt = this.clock.moment().now;
    try {
      for (const message of messages) if (connection.takes(message)) this.receive(connection, message);
    } catch (error) {
      // A payload that its sender made wrong harms only its sender.
      if (error instanceof Broken || !(error instanceof Error)) throw error;
      connection.refuse("BAD_FRAME", error.message);
    }
    if (this.forwards.length > 0) {
      const commands = this.forwards;
      this.forwards = [];
      this.routing.route(commands, this.tooEarly);
    }
    connection.flush();
    if (connection.closed) this.drop(connection);
    this.arm();
  }

  private receive(connection: Connection, message: ClientMessage): void {
    switch (message.type) {
      case "open":
        return this.open(connection, this.attachments.hash(message.secret), message.ttl);
      case "attach":
        return this.attachments.prove(connection, message.session, message.secret);
      case "command":
        return this.command(connection, message.bytes);
      case "read":
        if (connection.owns(message.session)) this.reads.add(connection, message);
        return;
      case "cancel":
        if (connection.owns(message.session)) this.guard.cancel(connection, message.session, message.seqs);
        return;
      case "close":
        if (connection.owns(message.session))
          this.metas.add(message, () => this.attachments.isOver(message.session));
        return;
      case "ping":
      case "follow": // is answered in followers.ts
      case "watch": // and these in feeds.ts
      case "unwatch":
        return connection.send({ type: "pong" });
      default:
        return unreachable(message);
    }
  }

  private open(connection: Connection, secretHash: string, ttl: number): void {
    const full = this.attachments.full(connection);
    if (full !== null)
      return connection.send({ type: "openRefused", secretHash, code: "BUSY", message: full });
    if (this.attachments.open(connection, secretHash)) return;
    const bounded = Math.min(sessionTtlMax, Math.max(sessionTtlMin, Math.floor(ttl)));
    const done = () => !this.attachments.isOpening(secretHash);
    if (this.metas.add({ type: "open", secretHash, ttl: bounded, user: connection.user }, done)) return;
    this.attachments.openRefused(secretHash, "BUSY", "too much waits for a leader here: try again later");
  }

  private command(connection: Connection, bytes: Uint8Array): void {
    if (bytes.length > commandBytesMax) return connection.refuse("BAD_FRAME", "a command is too long");
    const command = this.codec.decodeCommand(bytes);
    if (command.type !== "calls") return connection.refuse("BAD_FRAME", "a client may only send calls");
    const { session, firstSeq, n } = command;
    if (!connection.owns(session)) return;
    const attachment = connection.sessions.get(session) as Attachment;
    const state = this.machine.session(session);
    if (state !== null && firstSeq + n <= state.next)
      return attachment.repeat(state, firstSeq, (firstSeq + n) as Seq);
    const busy = attachment.refuses(bytes, command, state?.next ?? firstSeq);
    if (busy !== null)
      return connection.send({ type: "refused", session, firstSeq, code: "BUSY", message: busy });
    if (!this.guard.admits(connection, attachment, command)) return;
    attachment.add(bytes, command);
    attachment.routedAt = connection.heardAt;
    if (this.routing.leads) this.routing.admit(bytes, command, this.tooEarly);
    else this.forwards.push(bytes);
  }

  private answer(answer: Answer): void {
    const { session, seq, outcome } = answer;
    const attachment = this.attachments.get(session);
    if (outcome.type === "refused" && outcome.code === "BUSY" && outcome.executed === "no") {
      // The session's table was full when its turn came: it consumed no seq, and what followed came too early.
      this.routing.forget(session);
      attachment?.remove(seq);
      const { code, message } = outcome;
      attachment?.connection.send({ type: "refused", session, firstSeq: seq, code, message });
      return;
    }
    attachment?.prune((seq + 1) as Seq);
    const told = this.guard.outcome(attachment, answer);
    attachment?.connection.send({ type: "answer", session, seq, outcome: told });
    // What came behind a refused command came too early until now.
    if (told !== outcome) this.resend({ session, seq: (seq + 1) as Seq });
  }

  private drop(connection: Connection): void {
    connection.closed = true;
    this.connections.delete(connection);
    if (this.connections.size === 0) this.allLeft?.();
    this.together.forget(connection);
    this.attachments.drop(connection);
    this.reads.drop(connection);
    connection.unload();
  }

  /** A new leader knows nothing of what was under way: all that is not executed is sent to it. */
  private routeAll(): void {
    this.metas.route();
    for (const attachment of this.attachments.values()) this.routeAttachment(attachment);
  }

  private routeAttachment(attachment: Attachment): void {
    attachment.prune(this.machine.session(attachment.session)?.next ?? seqZero);
    attachment.routedAt = this.clock.moment().now;
    const commands = attachment.from(seqZero);
    if (commands.length > 0) this.routing.route(commands, () => undefined);
  }

  private arm(): void {
    this.timer ??= this.clock.at(millis(this.clock.moment().now + sweepMillis), () => {
      this.timer = null;
      this.sweep();
    });
  }

  private sweep(): void {
    const { now } = this.clock.moment();
    this.metas.route();
    for (const attachment of this.attachments.values()) {
      if (attachment.calls > 0 && now - attachment.routedAt >= routeAgainMillis)
        this.routeAttachment(attachment);
    }
    this.keepAlive.run(now);
    if (this.connections.size > 0 || this.metas.pending) this.arm();
  }
}
