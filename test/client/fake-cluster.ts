/**
 * A cluster of nodes that is none: one table of sessions, executed naively. It asserts what the client promises:
 * numbers in order, floors that are true.
 */
import { createHash } from "node:crypto";
import { createClient } from "../../src/shared/client/connect.ts";
import type { ClientRuntime } from "../../src/shared/client/runtime.ts";
import type { Calls, Outcome, Seq, SessionId } from "../../src/shared/object/types.ts";
import { seq, sessionId } from "../../src/shared/object/types.ts";
import { decodeCommand } from "../../src/shared/wire/command-codec.ts";
import type { ClientLink, ClientLinkEvents, Dialer } from "../../src/shared/wire/link.ts";
import type { ClientMessage, ServerMessage } from "../../src/shared/wire/messages.ts";
import { decodeCalls, encodeError, encodeValue } from "../../src/shared/wire/values.ts";
import { FakeLink, FakeNode, hashOf, type Table, type World } from "./fake-node.ts";
import { FakeReads } from "./fake-reads.ts";
import { diceOf, VirtualClock } from "./virtual-clock.ts";

export class FakeCluster implements Dialer, World {
  readonly clock: VirtualClock;
  readonly nodes: FakeNode[];
  /** Index of the leader; -1 for none. */
  leader = 0;
  /** One-way delay of a frame, in ms. */
  delay = () => 1;
  /** Answers go out so often. */
  repeats = 1;
  counter = 0;
  /** What was executed, in order: "<session>:<seq>:<method>". */
  readonly executed: string[] = [];
  /** The first argument of every `increment` that was executed. */
  readonly marks: unknown[] = [];
  readonly tables = new Map<SessionId, Table>();
  /** Commands are kept, not executed, while this is false. */
  quorum = true;
  frames = 0;
  /** What domains stand for. */
  resolve: ClientRuntime["resolve"] = () => Promise.resolve({ addresses: [], ttlMillis: 0 });
  readonly reads = new FakeReads(this);
  private waiting: (() => void)[] = [];
  private readonly waiters: { table: Table; seq: number }[] = [];
  private view = 1;

  constructor(seed = 1, nodes = 3) {
    this.clock = new VirtualClock(seed);
    this.nodes = Array.from({ length: nodes }, (_, i) => new FakeNode(i + 1));
  }

  /** How many callers are blocked. */
  get sleepers(): number {
    return this.waiters.length;
  }

  node(index: number): FakeNode {
    return this.nodes[index] as FakeNode;
  }

  get boot(): string {
    return this.nodes.map((n) => n.addr).join(",");
  }

  /** A client in this world. @param more that its machine can do */
  client(more: Partial<ClientRuntime> = {}) {
    const dice = diceOf(this.clock.dice());
    return createClient({
      ...more,
      clock: this.clock,
      dialer: this,
      randomBytes: (n) => Uint8Array.from({ length: n }, () => dice() & 255),
      sha256: (bytes) => Promise.resolve(createHash("sha256").update(bytes).digest()),
      resolve: (domain, doh) => this.resolve(domain, doh),
      defaultBootstrap: () => this.boot,
    });
  }

  dial(addr: string, cluster: string | null, _token: string | null, events: ClientLinkEvents): ClientLink {
    const node = this.nodes.find((n) => n.addr === addr) ?? new FakeNode(99);
    const link = new FakeLink(this, node, events);
    node.dials++;
    this.clock.after(this.delay(), () => {
      if (link.over || node.hung) return;
      if (!node.up || !this.nodes.includes(node)) return link.end(null);
      if (node.rejects !== null) return link.end(node.rejects);
      if (cluster !== null && cluster !== node.cluster)
        return link.end({ code: "WRONG_CLUSTER", message: "another cluster" });
      node.links.add(link);
      events.open(node.cluster, node.id);
      link.say(this.members(node));
    });
    return link;
  }

  private members(node: FakeNode): ServerMessage {
    return {
      type: "members",
      id: node.id,
      leader: this.nodes[this.leader]?.id ?? null,
      view: this.view,
      members: this.nodes.map((n) => ({ id: n.id, role: "replica", addr: n.addr })),
    };
  }

  lead(index: number): void {
    this.leader = index;
    for (const node of this.nodes) for (const link of node.links) link.say(this.members(node));
  }

  receive(link: FakeLink, message: ClientMessage): void {
    link.node.heard.push(message);
    if (message.type === "ping") return link.say({ type: "pong" });
    if (message.type === "read") return this.reads.receive(link, message);
    if (link.node.stuck) return;
    this.decide(() => this.take(link, message));
  }

  /** Runs now, or when there is a quorum again. */
  private decide(run: () => void): void {
    if (this.quorum) run();
    else this.waiting.push(run);
  }

  heal(): void {
    this.quorum = true;
    for (const run of this.waiting.splice(0)) run();
    this.reads.look();
  }

  private take(link: FakeLink, message: ClientMessage): void {
    switch (message.type) {
      case "open":
        return this.open(link, hashOf(message.secret));
      case "attach": {
        const table = this.tables.get(message.session);
        const hash = hashOf(message.secret);
        if (table === undefined || table.ended) return link.say({ type: "ended", session: message.session });
        if (hash !== table.secretHash) throw new Error("attached with a wrong secret");
        link.attached = table;
        return link.say({ type: "attached", session: table.id, next: seq(table.next) });
      }
      case "command":
        return this.command(link, decodeCommand(message.bytes) as Calls);
      case "cancel":
        return this.cancel(link, message.session, message.seqs);
      case "close":
        this.end(message.session);
        return;
      default:
        return;
    }
  }

  private open(link: FakeLink, secretHash: string): void {
    const refusal = link.node.openRefusals.shift();
    if (refusal !== undefined)
      return link.say({ type: "openRefused", secretHash, code: refusal, message: "no" });
    let table = [...this.tables.values()].find((t) => t.secretHash === secretHash);
    if (table === undefined) {
      table = {
        id: sessionId(`${this.tables.size + 2}.0`),
        secretHash,
        ended: false,
        next: 1,
        outcomes: new Map(),
        cancelled: new Set(),
        blocked: new Set(),
        named: new Set(),
        told: new Map(),
        acked: 0,
      };
      this.tables.set(table.id, table);
    }
    link.attached = table;
    link.say({ type: "opened", secretHash, session: table.id, classes: [this.reads.info] });
  }

  private command(link: FakeLink, c: Calls): void {
    const table = this.tables.get(c.session);
    if (table === undefined || link.attached !== table) throw new Error("a command without its session");
    if (table.ended) return link.say({ type: "ended", session: table.id });
    this.checkAcked(table, c);
    if (link.node.busy > 0) {
      link.node.busy--;
      const { session, firstSeq } = c;
      return link.say({ type: "refused", session, firstSeq, code: "BUSY", message: "busy" });
    }
    if (c.firstSeq > this.skip(table)) return; // too early: the client sends it again
    this.execute(table, c);
    this.reads.passed(link);
    for (let s = c.firstSeq; s < c.firstSeq + c.n; s++) this.answer(link, table, s);
  }

  /** Cancelled calls ahead are skipped in their turn. */
  private skip(table: Table): number {
    for (; table.cancelled.has(table.next); table.next++) this.settle(table, table.next, notExecuted);
    return table.next;
  }

  private checkAcked(table: Table, c: Calls): void {
    for (let s = 1; s <= c.ackedSeq; s++)
      if (!table.told.has(s)) throw new Error(`seq ${s} acknowledged unheard`);
    for (const s of c.ackedLate) {
      if (s > c.ackedSeq) throw new Error("a late seq above the floor");
      if ((table.told.get(s)?.type ?? "blocked") === "blocked")
        throw new Error(`late seq ${s} acknowledged unheard`);
    }
  }

  private execute(table: Table, c: Calls): void {
    const calls = decodeCalls(c.payload, c.n);
    calls.forEach((call, i) => {
      const s = c.firstSeq + i;
      if (s !== this.skip(table)) return;
      table.next++;
      this.executed.push(`${table.id}:${s}:${call.method}`);
      this.settle(table, s, this.run(table, s, call.method, call.args));
    });
    this.skip(table);
    for (let s = table.acked + 1; s <= c.ackedSeq; s++) if (!table.named.has(s)) table.outcomes.delete(s);
    table.acked = Math.max(table.acked, c.ackedSeq);
    for (const s of c.ackedLate) table.outcomes.delete(s);
  }

  private run(table: Table, s: number, method: string, args: readonly unknown[]): Outcome {
    switch (method) {
      case "increment":
        this.marks.push(args[0]);
        return { type: "returned", value: encodeValue(++this.counter) };
      case "echo":
        return { type: "returned", value: encodeValue(args[0]) };
      case "fail":
        return {
          type: "threw",
          error: encodeError({ name: "RangeError", message: "too low", code: "E_LOW", data: { least: 3 } }),
        };
      case "block":
        table.blocked.add(s);
        table.named.add(s);
        this.waiters.push({ table, seq: s });
        return { type: "blocked" };
      case "release":
        this.release();
        return { type: "returned", value: encodeValue(undefined) };
      default:
        return { type: "refused", code: "UNKNOWN_METHOD", message: `no method ${method}`, executed: "no" };
    }
  }

  /** Wakes the caller that is blocked longest. */
  release(): void {
    const first = this.waiters.shift();
    if (first === undefined || !first.table.blocked.delete(first.seq)) return;
    this.settle(first.table, first.seq, { type: "returned", value: encodeValue("woken") });
    this.tellAll(first.table, first.seq);
  }

  private settle(table: Table, s: number, outcome: Outcome): void {
    table.outcomes.set(s, outcome);
  }

  private cancel(link: FakeLink, session: SessionId, seqs: readonly Seq[]): void {
    const table = this.tables.get(session);
    if (table === undefined) throw new Error("a cancel without its session");
    if (table.ended) return link.say({ type: "ended", session });
    for (const s of seqs) {
      if (table.blocked.delete(s)) this.settle(table, s, notExecuted);
      else if (s >= table.next) table.cancelled.add(s);
    }
    this.skip(table);
    this.reads.look();
    for (const s of seqs) this.answer(link, table, s);
  }

  private answer(link: FakeLink, table: Table, s: number): void {
    const outcome = table.outcomes.get(s);
    if (outcome === undefined) return;
    const told = table.named.has(s) ? [{ type: "blocked" } as const, outcome] : [outcome];
    for (let i = 0; i < this.repeats; i++)
      for (const o of told) link.say({ type: "answer", session: table.id, seq: seq(s), outcome: o });
  }

  private tellAll(table: Table, s: number): void {
    for (const node of this.nodes)
      for (const link of node.links) if (link.attached === table) this.answer(link, table, s);
  }

  told({ session, seq: s, outcome }: Extract<ServerMessage, { readonly type: "answer" }>): void {
    this.tables.get(session)?.told.set(s, outcome);
  }

  /** The session ends in the log; everybody attached hears of it. */
  end(session: SessionId): void {
    const table = this.tables.get(session);
    if (table === undefined) return;
    table.ended = true;
    for (const node of this.nodes)
      for (const link of node.links) if (link.attached === table) link.say({ type: "ended", session });
  }
}

const notExecuted = { type: "refused", code: "NOT_EXECUTED", message: "cancelled", executed: "no" } as const;
