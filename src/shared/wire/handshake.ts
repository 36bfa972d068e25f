/**
 * The hello of a connection as two state machines: hello, challenge, proof, welcome. The dialer proves that
 * it knows the token without sending it; the listener proves the same, so that the dialer knows whom it
 * talks to. Nothing of the connection's other messages is decoded before both are done. The proofs do not
 * protect what follows: over untrusted networks the connection itself must (TLS).
 *
 * Where code of the operator's says who has which token, there is nothing to prove against: the token itself is sent,
 * by clients alone and only where nobody can overhear it, which both sides look at. Then who answers is known by its
 * certificate alone.
 */
import type { Code } from "../object/types.ts";
import type { ClusterId, NodeId } from "../paxos/ids.ts";
import { encodeItem } from "./codec.ts";
import { client, everybody, type Identity, lacks, reader } from "./identity.ts";
import { type HelloMessage, type HelloRole, wireVersion } from "./messages.ts";

/** HMAC-SHA256 of `data`, 32 bytes. Synchronous in Node, a promise in browsers. */
export type Mac = (key: string, data: Uint8Array) => Uint8Array | Promise<Uint8Array>;

export type Hello = Extract<HelloMessage, { type: "hello" }>;
export type Challenge = Extract<HelloMessage, { type: "challenge" }>;
/** What the dialer answers a challenge. */
export type Said = Extract<HelloMessage, { type: "proof" | "token" }>;

export interface Rejection {
  readonly code: Code;
  readonly message: string;
}

/** What to do after a message: send first, then close on `reject`, or go on with the connection on `done`. */
export interface HelloStep<Done, Said extends HelloMessage = HelloMessage> {
  readonly send?: Said;
  readonly done?: Done;
  readonly reject?: Rejection;
}

export interface Dialing {
  readonly role: HelloRole;
  /** The cluster that the dialer belongs to or remembers; null for any. */
  readonly cluster: ClusterId | null;
  /** A peer's own id and address; null and "" for a client. */
  readonly from: NodeId | null;
  readonly addr: string;
  /** The node that is meant; null for any. */
  readonly to: NodeId | null;
  readonly token: string | null;
  /** Whether nobody can overhear the connection. False unless given: then the token itself is never sent. */
  readonly isPrivate?: boolean;
  /** 16 fresh random bytes. */
  readonly nonce: Uint8Array;
}

/** What dialers must know; null for what nobody need know. */
export interface Secrets {
  readonly client: string | null;
  /** Lets in those who may only look. */
  readonly reader?: string | null;
  /** The nodes' own. A node that asks clients for a secret and has no key for nodes lets no node in. */
  readonly peer: string | null;
  /** Without a key for nodes every node is let in all the same. */
  readonly anyPeer?: boolean;
}

/** Who has this token (null: none was given), or why nobody is let in with it. Never rejects. */
export type Identify = (token: string | null) => Promise<Identity | Rejection>;

export interface Accepting {
  readonly cluster: ClusterId;
  readonly id: NodeId;
  readonly secrets: Secrets;
  /** Says who clients are, instead of the secrets; null, or nothing, where these do. */
  readonly identify?: Identify | null;
  /** Whether nobody can overhear the connection. False unless given. */
  readonly isPrivate?: boolean;
  /** 16 fresh random bytes. */
  readonly nonce: Uint8Array;
}

/** Whom the dialer reached. */
export interface Reached {
  readonly cluster: ClusterId;
  readonly node: NodeId;
}

/** Who dialed. `from` is never null but for clients. */
export interface Caller {
  readonly role: HelloRole;
  readonly from: NodeId | null;
  readonly addr: string;
  readonly identity: Identity;
}

export const noMac = new Uint8Array(0);
const operatorsKey = "operators need the key of nodes (peer K), or the token of an administrator (--auth)";

/**
 * All that both sides said, so that a proof fits one connection, one direction and one pair of nodes only.
 */
export function transcript(side: "dialer" | "listener", h: Hello, c: Challenge): Uint8Array {
  const listener = [c.version, c.cluster, c.id, c.nonce, c.required];
  return encodeItem(["concoord hello", side, helloFields(h), listener]);
}

/** In the order of the wire format. */
export function helloFields(h: Hello): readonly unknown[] {
  return [h.version, h.role, h.cluster, h.from, h.addr, h.to, h.nonce];
}

/** In time that does not depend on where they differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

export function reject(code: Code, message: string): { readonly reject: Rejection } {
  return { reject: { code, message } };
}

/** Who proves to know `secret` comes in as `identity`. */
interface Entrance {
  readonly secret: string;
  readonly identity: Identity;
}

/**
 * The side that is connected to. Hand every message to `receive`; a rejection is to be sent before closing.
 * @example
 * const hello = new ListenerHello({ cluster, id, secrets: { client: token, peer: key }, nonce }, mac);
 */
export class ListenerHello {
  readonly #accepting: Accepting;
  readonly #mac: Mac;
  /** The message that may come next; "none" while a step runs and after the last one. */
  #expects: Said["type"] | "hello" | "none" = "hello";
  #said: { readonly hello: Hello; readonly challenge: Challenge } | null = null;

  constructor(accepting: Accepting, mac: Mac) {
    this.#accepting = accepting;
    this.#mac = mac;
  }

  /** Codes: VERSION, WRONG_CLUSTER, UNREACHABLE (another node is meant), DENIED (token), BUSY, BAD_FRAME. */
  async receive(m: HelloMessage): Promise<HelloStep<Caller>> {
    const expected = this.#expects;
    this.#expects = "none";
    const step =
      m.type === expected ? await this.#next(m) : reject("BAD_FRAME", `${m.type} came out of turn`);
    return step.reject === undefined ? step : { ...step, send: { type: "rejected", ...step.reject } };
  }

  #next(m: HelloMessage): HelloStep<Caller> | Promise<HelloStep<Caller>> {
    switch (m.type) {
      case "hello":
        return this.#greet(m);
      case "proof":
        return this.#verify(m.mac);
      case "token":
        return this.#look(m.token);
      default:
        return reject("BAD_FRAME", `a node says ${m.type}, a dialer does not`);
    }
  }

  #greet(h: Hello): HelloStep<Caller> {
    const { cluster, id, nonce, identify = null } = this.#accepting;
    if (h.version !== wireVersion)
      return reject("VERSION", `this node speaks version ${wireVersion}, not ${h.version}`);
    if (h.cluster !== null && h.cluster !== cluster)
      return reject("WRONG_CLUSTER", `this node belongs to cluster ${cluster}, not ${h.cluster}`);
    if (h.role !== "client" && h.from === null) return reject("BAD_FRAME", `a ${h.role} must say its id`);
    if (h.from === id) return reject("UNREACHABLE", "that address is this node's own");
    if (h.to !== null && h.to !== id) return reject("UNREACHABLE", `that address now belongs to node ${id}`);
    const closed = this.#closed(h);
    if (closed !== null) return reject("DENIED", closed);
    const asksToken = h.role !== "peer" && identify !== null;
    const required = asksToken ? "token" : this.#entrances(h.role).length > 0;
    const challenge: Challenge = { type: "challenge", version: wireVersion, cluster, id, nonce, required };
    this.#said = { hello: h, challenge };
    this.#expects = asksToken ? "token" : "proof";
    return { send: challenge };
  }

  /** Why nobody of this role is let in on this connection; null when some may be. */
  #closed({ role }: Hello): string | null {
    const { identify = null, secrets, isPrivate = false } = this.#accepting;
    const asksClients = identify !== null || this.#entrances("client").length > 0;
    if (role === "peer" && secrets.peer === null && asksClients && secrets.anyPeer !== true)
      return "this node was given no key for other nodes (peer K), so that it lets none in";
    if (role === "operator" && identify === null) return operatorsKey;
    if (role !== "peer" && identify !== null && !isPrivate)
      return "tokens travel encrypted or in one machine only: connect by wss";
    return null;
  }

  /** Who is let in by what; nobody has to know anything where it is empty. */
  #entrances(role: HelloRole): readonly Entrance[] {
    const { client: full, reader: looks = null, peer } = this.#accepting.secrets;
    const entrance = (secret: string | null, identity: Identity): readonly Entrance[] =>
      secret === null ? [] : [{ secret, identity }];
    if (role === "peer") return entrance(peer, everybody);
    return [...entrance(full, client), ...entrance(looks, reader)];
  }

  async #verify(mac: Uint8Array): Promise<HelloStep<Caller>> {
    const { hello, challenge } = this.#said as { readonly hello: Hello; readonly challenge: Challenge };
    const entrances = this.#entrances(hello.role);
    if (entrances.length === 0) return this.#welcome(everybody, noMac);
    const proven = transcript("dialer", hello, challenge);
    let found: Entrance | null = null;
    // All of them, whichever it is.
    for (const one of entrances) if (sameBytes(mac, await this.#mac(one.secret, proven))) found = one;
    if (found === null)
      return reject("DENIED", mac.length === 0 ? "a token is needed" : "the token is wrong");
    const own = transcript("listener", hello, challenge);
    return this.#welcome(found.identity, await this.#mac(found.secret, own));
  }

  async #look(token: string): Promise<HelloStep<Caller>> {
    const found = await this.#accepting.identify?.(token === "" ? null : token);
    if (found === undefined) return reject("BAD_FRAME", "no token was asked for");
    return "code" in found ? { reject: found } : this.#welcome(found, noMac);
  }

  #welcome(identity: Identity, mac: Uint8Array): HelloStep<Caller> {
    const { role, from, addr } = (this.#said as { readonly hello: Hello }).hello;
    const lack = role === "operator" ? lacks(identity, "admin") : null;
    if (lack !== null) return reject("DENIED", `${lack}: ${operatorsKey}`);
    return { send: { type: "welcome", mac }, done: { role, from, addr, identity } };
  }
}
