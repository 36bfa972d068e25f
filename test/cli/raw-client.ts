/** A client of a real node that checks nothing of what it is told to say, and notes all that it hears. */
import { randomBytes } from "node:crypto";
import { WsDialer } from "../../src/node/net/dialer.ts";
import { joinParts, target } from "../../src/shared/client/payload.ts";
import { type Outcome, type Seq, type SessionId, seq, seqZero } from "../../src/shared/object/types.ts";
import { encodeItem } from "../../src/shared/wire/codec.ts";
import { encodeCommand } from "../../src/shared/wire/command-codec.ts";
import type { ClientLink, CloseReason } from "../../src/shared/wire/link.ts";
import type { ClientMessage, ServerMessage } from "../../src/shared/wire/messages.ts";

const waitMillis = 20_000;
const ttl = 600_000;

/** A payload of one call, whatever its names are. @param args the list of arguments, encoded */
export function payloadOf(object: string, method: string, args: Uint8Array): Uint8Array {
  return joinParts([{ target: target(object, method), args }]);
}

/** The bytes of a list, unchecked. */
export function listOf(items: readonly unknown[]): Uint8Array {
  return encodeItem(items);
}

/** One connection to one node. */
class Wire {
  readonly heard: ServerMessage[] = [];
  /** Why the node closed it; "open" until then. */
  closed: CloseReason | "open" = "open";
  private readonly link: ClientLink;
  private readonly looking = new Set<() => void>();

  constructor(addr: string) {
    this.link = new WsDialer().dial(addr, null, null, {
      open: () => undefined,
      receive: (messages) => {
        this.heard.push(...messages);
        for (const look of this.looking) look();
      },
      closed: (reason) => {
        this.closed = reason;
        for (const look of this.looking) look();
      },
    });
  }

  say(message: ClientMessage): void {
    this.link.send(message);
    this.link.flush();
  }

  close(): void {
    this.link.close();
  }

  /** Looks again whenever something was heard. @throws Error naming what did not come in time */
  until<T>(what: string, find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.looking.delete(look);
        settle();
      };
      const look = () => {
        const found = find();
        if (found !== undefined) end(() => resolve(found));
      };
      const timer = setTimeout(() => end(() => reject(new Error(`not in time: ${what}`))), waitMillis);
      this.looking.add(look);
      look();
    });
  }
}

/** A session, on one connection after the other. */
export class RawClient {
  private readonly addr: string;
  private readonly secret = randomBytes(16).toString("hex");
  private wire: Wire;
  private session: SessionId | null = null;
  private last: Seq = seqZero;
  private reads = 0;

  private constructor(addr: string) {
    this.addr = addr;
    this.wire = new Wire(addr);
  }

  static async open(addr: string): Promise<RawClient> {
    const client = new RawClient(addr);
    client.wire.say({ type: "open", secret: client.secret, ttl });
    client.session = await client.wire.until("a session", () => client.of("opened")[0]?.session);
    return client;
  }

  close(): void {
    this.wire.close();
  }

  /** A connection anew, on which the client proves that the session is its own. */
  async again(): Promise<void> {
    this.wire.close();
    this.wire = new Wire(this.addr);
    this.wire.say({ type: "attach", session: this.own, secret: this.secret });
    await this.wire.until("the session again", () => this.of("attached")[0]);
  }

  /** Says a message as it is, and waits until the node hangs up. */
  async sayLast(message: ClientMessage): Promise<CloseReason> {
    this.wire.say(message);
    return this.wire.until("a closed connection", () => {
      const { closed } = this.wire;
      return closed === "open" ? undefined : closed;
    });
  }

  /** The bytes of a numbered command that no call was made of yet. */
  command(payload: Uint8Array, n = 1): Uint8Array {
    const firstSeq = seq(this.last + 1);
    return encodeCommand({
      type: "calls",
      session: this.own,
      firstSeq,
      n,
      ackedSeq: this.last,
      ackedLate: [],
      payload,
    });
  }

  /** Makes one call. @returns its first outcome */
  async call(payload: Uint8Array): Promise<Outcome> {
    this.wire.say({ type: "command", bytes: this.command(payload) });
    this.last = seq(this.last + 1);
    const called = this.last;
    return this.wire.until(`an answer to call ${called}`, () => this.answers(called)[0]);
  }

  /** All answers so far to the call that was made `ago` calls before the last one. */
  answersTo(ago: number): readonly Outcome[] {
    return this.answers(seq(this.last - ago));
  }

  /** Makes a call as if its method were a declared read. */
  read(payload: Uint8Array): Promise<Outcome> {
    const message = this.readMessage(payload);
    this.wire.say(message);
    const { id } = message;
    return this.wire.until(
      `an answer to read ${id}`,
      () => this.of("readAnswer").find((answer) => answer.id === id)?.outcome,
    );
  }

  readMessage(payload: Uint8Array): Extract<ClientMessage, { readonly type: "read" }> {
    const id = ++this.reads;
    return { type: "read", session: this.own, id, n: 1, after: this.last, local: null, payload };
  }

  private get own(): SessionId {
    if (this.session === null) throw new Error("no session is open");
    return this.session;
  }

  private answers(of: Seq): readonly Outcome[] {
    return this.of("answer").flatMap((answer) => (answer.seq === of ? [answer.outcome] : []));
  }

  private of<T extends ServerMessage["type"]>(type: T) {
    return this.wire.heard.filter((m): m is Extract<ServerMessage, { readonly type: T }> => m.type === type);
  }
}
