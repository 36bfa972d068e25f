/**
 * The hello of a connection as two state machines: hello, challenge, proof, welcome. The dialer proves that
 * it knows the token without sending it; the listener proves the same, so that the dialer knows whom it
 * talks to. Nothing of the connection's other messages is decoded before both are done. The proofs do not
 * protect what follows: over untrusted networks the connection itself must (TLS).
 */
import type { Code } from "../object/types.ts";
import type { ClusterId, NodeId } from "../paxos/ids.ts";
import { encodeItem } from "./codec.ts";
import { type HelloMessage, wireVersion } from "./messages.ts";

/** HMAC-SHA256 of `data`, 32 bytes. Synchronous in Node, a promise in browsers. */
export type Mac = (key: string, data: Uint8Array) => Uint8Array | Promise<Uint8Array>;

type Hello = Extract<HelloMessage, { type: "hello" }>;
type Challenge = Extract<HelloMessage, { type: "challenge" }>;
type Proof = Extract<HelloMessage, { type: "proof" }>;

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
  readonly role: "client" | "peer";
  /** The cluster that the dialer belongs to or remembers; null for any. */
  readonly cluster: ClusterId | null;
  /** A peer's own id and address; null and "" for a client. */
  readonly from: NodeId | null;
  readonly addr: string;
  /** The node that is meant; null for any. */
  readonly to: NodeId | null;
  readonly token: string | null;
  /** 16 fresh random bytes. */
  readonly nonce: Uint8Array;
}

export interface Accepting {
  readonly cluster: ClusterId;
  readonly id: NodeId;
  /** What each role must know; null lets everybody of that role in. */
  readonly secrets: { readonly client: string | null; readonly peer: string | null };
  /** 16 fresh random bytes. */
  readonly nonce: Uint8Array;
}

/** Whom the dialer reached. */
export interface Reached {
  readonly cluster: ClusterId;
  readonly node: NodeId;
}

/** Who dialed. `from` is never null for a peer. */
export interface Caller {
  readonly role: "client" | "peer";
  readonly from: NodeId | null;
  readonly addr: string;
}

const noMac = new Uint8Array(0);

/**
 * All that both sides said, so that a proof fits one connection, one direction and one pair of nodes only.
 */
function transcript(side: "dialer" | "listener", h: Hello, c: Challenge): Uint8Array {
  const listener = [c.version, c.cluster, c.id, c.nonce, c.required];
  return encodeItem(["concoord hello", side, helloFields(h), listener]);
}

/** In the order of the wire format. */
export function helloFields(h: Hello): readonly unknown[] {
  return [h.version, h.role, h.cluster, h.from, h.addr, h.to, h.nonce];
}

/** In time that does not depend on where they differ. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

function reject(code: Code, message: string): { readonly reject: Rejection } {
  return { reject: { code, message } };
}

/**
 * The side that connects. Send `hello` first, then hand every message to `receive`.
 * @example
 * const hello = new DialerHello({ role: "client", cluster: null, from: null, addr: "", to: null, token,
 * nonce }, mac);
 */
export class DialerHello {
  readonly hello: Hello;
  readonly #token: string | null;
  readonly #mac: Mac;
  /** The message that may come next; "none" while a step runs and after the last one. */
  #expects: "challenge" | "welcome" | "none" = "challenge";
  #challenge: Challenge | null = null;

  constructor({ token, ...dialing }: Dialing, mac: Mac) {
    this.hello = { type: "hello", version: wireVersion, ...dialing };
    this.#token = token;
    this.#mac = mac;
  }

  /** Codes: VERSION, WRONG_CLUSTER, UNREACHABLE (another node answered), DENIED (token), BAD_FRAME. */
  async receive(m: HelloMessage): Promise<HelloStep<Reached, Proof>> {
    const expected = this.#expects;
    this.#expects = "none";
    if (m.type === "rejected") return reject(m.code, m.message);
    if (m.type !== expected) return reject("BAD_FRAME", `the node answered ${m.type} out of turn`);
    return m.type === "challenge" ? this.#prove(m) : this.#verify(m.mac);
  }

  async #prove(c: Challenge): Promise<HelloStep<Reached, Proof>> {
    const { cluster } = this.hello;
    const token = this.#token;
    if (c.version !== wireVersion)
      return reject("VERSION", `the node speaks version ${c.version}, this is ${wireVersion}`);
    if (cluster !== null && c.cluster !== cluster)
      return reject("WRONG_CLUSTER", `cluster ${c.cluster} answered, not ${cluster}`);
    const other = this.isOther(c.id);
    if (other !== null) return reject("UNREACHABLE", other);
    if (c.required && token === null) return reject("DENIED", "the node asks for a token");
    // A dialer with a token insists on it: else any impostor could say that none is needed.
    if (!c.required && token !== null) return reject("DENIED", "a token was given, but the node knows none");
    const mac = token === null ? noMac : await this.#mac(token, transcript("dialer", this.hello, c));
    this.#challenge = c;
    this.#expects = "welcome";
    return { send: { type: "proof", mac } };
  }

  /** @returns why that is not the node to talk to. Clients talk to all */
  protected isOther(_id: NodeId): string | null {
    return null;
  }

  async #verify(mac: Uint8Array): Promise<HelloStep<Reached, Proof>> {
    const c = this.#challenge as Challenge;
    const token = this.#token;
    if (token !== null && !sameBytes(mac, await this.#mac(token, transcript("listener", this.hello, c))))
      return reject("DENIED", "the node did not prove that it knows the token");
    return { done: { cluster: c.cluster, node: c.id } };
  }
}

/** The side that connects where it knows who it is, or whom it means. */
export class NodeHello extends DialerHello {
  protected override isOther(id: NodeId): string | null {
    const { from, to } = this.hello;
    if (id === from) return "that address is this node's own";
    return to === null || id === to ? null : `that address now belongs to node ${id}`;
  }
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
  #expects: "hello" | "proof" | "none" = "hello";
  #said: { readonly hello: Hello; readonly challenge: Challenge } | null = null;

  constructor(accepting: Accepting, mac: Mac) {
    this.#accepting = accepting;
    this.#mac = mac;
  }

  /** Codes: VERSION, WRONG_CLUSTER, UNREACHABLE (another node is meant), DENIED (token), BAD_FRAME. */
  async receive(m: HelloMessage): Promise<HelloStep<Caller>> {
    const expected = this.#expects;
    this.#expects = "none";
    const step =
      m.type === expected && m.type === "hello"
        ? this.#greet(m)
        : m.type === expected && m.type === "proof"
          ? await this.#verify(m.mac)
          : reject("BAD_FRAME", `${m.type} came out of turn`);
    return step.reject === undefined ? step : { ...step, send: { type: "rejected", ...step.reject } };
  }

  #greet(h: Hello): HelloStep<Caller> {
    const { cluster, id, nonce } = this.#accepting;
    if (h.version !== wireVersion)
      return reject("VERSION", `this node speaks version ${wireVersion}, not ${h.version}`);
    if (h.cluster !== null && h.cluster !== cluster)
      return reject("WRONG_CLUSTER", `this node belongs to cluster ${cluster}, not ${h.cluster}`);
    if (h.role === "peer" && h.from === null) return reject("BAD_FRAME", "a peer must say its id");
    if (h.from === id) return reject("UNREACHABLE", "that address is this node's own");
    if (h.to !== null && h.to !== id) return reject("UNREACHABLE", `that address now belongs to node ${id}`);
    const required = this.#accepting.secrets[h.role] !== null;
    const challenge: Challenge = { type: "challenge", version: wireVersion, cluster, id, nonce, required };
    this.#said = { hello: h, challenge };
    this.#expects = "proof";
    return { send: challenge };
  }

  async #verify(mac: Uint8Array): Promise<HelloStep<Caller>> {
    const { hello, challenge } = this.#said as { readonly hello: Hello; readonly challenge: Challenge };
    const { role, from, addr } = hello;
    const done: Caller = { role, from, addr };
    const secret = this.#accepting.secrets[role];
    if (secret === null) return { send: { type: "welcome", mac: noMac }, done };
    if (!sameBytes(mac, await this.#mac(secret, transcript("dialer", hello, challenge))))
      return reject("DENIED", mac.length === 0 ? "a token is needed" : "the token is wrong");
    return {
      send: { type: "welcome", mac: await this.#mac(secret, transcript("listener", hello, challenge)) },
      done,
    };
  }
}
