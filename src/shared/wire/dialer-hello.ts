/**
 * The hello of a connection (handshake.ts) at the side that connects: a client, or a node that knows who it is and whom
 * it means.
 */
import {
  type Challenge,
  type Dialing,
  type Hello,
  type HelloStep,
  type Mac,
  noMac,
  type Reached,
  reject,
  type Said,
  sameBytes,
  transcript,
} from "./handshake.ts";
import { type HelloMessage, wireVersion } from "./messages.ts";

/**
 * The side that connects. Send `hello` first, then hand every message to `receive`.
 * @example
 * const hello = new DialerHello({ role: "client", cluster: null, from: null, addr: "", to: null, token,
 * nonce }, mac);
 */
export class DialerHello {
  readonly hello: Hello;
  readonly #token: string | null;
  readonly #isPrivate: boolean;
  readonly #mac: Mac;
  /** The message that may come next; "none" while a step runs and after the last one. */
  #expects: "challenge" | "welcome" | "none" = "challenge";
  #challenge: Challenge | null = null;

  constructor({ token, isPrivate = false, ...dialing }: Dialing, mac: Mac) {
    this.hello = { type: "hello", version: wireVersion, ...dialing };
    this.#token = token;
    this.#isPrivate = isPrivate;
    this.#mac = mac;
  }

  /** Codes: VERSION, WRONG_CLUSTER, UNREACHABLE (another node answered), DENIED (token), BAD_FRAME. */
  async receive(m: HelloMessage): Promise<HelloStep<Reached, Said>> {
    const expected = this.#expects;
    this.#expects = "none";
    if (m.type === "rejected") return reject(m.code, m.message);
    if (m.type !== expected) return reject("BAD_FRAME", `the node answered ${m.type} out of turn`);
    return m.type === "challenge" ? this.#prove(m) : this.#verify(m.mac);
  }

  async #prove(c: Challenge): Promise<HelloStep<Reached, Said>> {
    const { cluster } = this.hello;
    const token = this.#token;
    if (c.version !== wireVersion)
      return reject("VERSION", `the node speaks version ${c.version}, this is ${wireVersion}`);
    if (cluster !== null && c.cluster !== cluster)
      return reject("WRONG_CLUSTER", `cluster ${c.cluster} answered, not ${cluster}`);
    const objection = this.objection(c);
    if (objection !== null) return objection;
    if (c.required === "token") return this.#show(c);
    if (c.required && token === null) return reject("DENIED", "the node asks for a token");
    // A dialer with a token insists on it: else any impostor could say that none is needed.
    if (!c.required && token !== null) return reject("DENIED", "a token was given, but the node knows none");
    const mac = token === null ? noMac : await this.#mac(token, transcript("dialer", this.hello, c));
    return this.#answer(c, { type: "proof", mac });
  }

  /** Whoever listens in must not get the token. */
  #show(c: Challenge): HelloStep<Reached, Said> {
    const token = this.#token;
    if (token !== null && !this.#isPrivate)
      return reject("DENIED", "the node asks for the token itself: connect by wss");
    return this.#answer(c, { type: "token", token: token ?? "" });
  }

  #answer(c: Challenge, send: Said): HelloStep<Reached, Said> {
    this.#challenge = c;
    this.#expects = "welcome";
    return { send };
  }

  /** Why that is not the node to talk to. Clients talk to all. */
  protected objection(_: Challenge): HelloStep<Reached, Said> | null {
    return null;
  }

  async #verify(mac: Uint8Array): Promise<HelloStep<Reached, Said>> {
    const c = this.#challenge as Challenge;
    const token = c.required === "token" ? null : this.#token;
    if (token !== null && !sameBytes(mac, await this.#mac(token, transcript("listener", this.hello, c))))
      return reject("DENIED", "the node did not prove that it knows the token");
    return { done: { cluster: c.cluster, node: c.id } };
  }
}

/** The side that connects where it knows who it is, or whom it means. */
export class NodeHello extends DialerHello {
  /** Who only says that it is a node must not get a node's key. */
  protected override objection({ id, required }: Challenge): HelloStep<Reached, Said> | null {
    const { from, to, role } = this.hello;
    if (id === from) return reject("UNREACHABLE", "that address is this node's own");
    if (to !== null && id !== to) return reject("UNREACHABLE", `that address now belongs to node ${id}`);
    return role === "peer" && required === "token"
      ? reject("DENIED", "the key of nodes is proved, never sent")
      : null;
  }
}
