/**
 * The dialer's side of the hello, as shared/wire/handshake.ts has it for all others: what a client says, what it must
 * be told before it believes that it reached its cluster.
 */
import { helloBytesMax, reasonCharsMax } from "../shared/limits.ts";
import type { Code } from "../shared/object/types.ts";
import type { ClusterId, NodeId } from "../shared/paxos/ids.ts";
import { bad } from "../shared/wire/bad-frame.ts";
import { bool, bytes, cluster, code, count, node, text, tuple } from "../shared/wire/fields.ts";
import { wireVersion } from "../shared/wire/messages.ts";
import { decode, encode, type Plain } from "./cbor.ts";

/** The messages that take part, by the numbers that the wire format gives them. */
const tags = { hello: 1, challenge: 2, proof: 3, welcome: 4, rejected: 5, token: 6 };
const nonceBytes = 16;
const hmac = { name: "HMAC", hash: "SHA-256" };

export type Answer =
  | { readonly type: "send"; readonly frame: Uint8Array }
  | { readonly type: "done"; readonly cluster: ClusterId; readonly node: NodeId }
  | { readonly type: "refused"; readonly code: Code; readonly message: string };

/** Who answered, and all that the node's proof has to be about. */
interface Said {
  readonly cluster: ClusterId;
  readonly node: NodeId;
  /** Null where the token itself was sent: nothing is proved then. */
  readonly proven: Uint8Array<ArrayBuffer> | null;
}

/** @example const hello = new Hello(null, token, isPrivateUrl(url)); socket.send(hello.frame); */
export class Hello {
  /** What the dialer says first. */
  readonly frame: Uint8Array;
  readonly #mine: readonly Plain[];
  readonly #cluster: ClusterId | null;
  readonly #token: string | null;
  readonly #isPrivate: boolean;
  #said: Said | null = null;

  /**
   * @param known the cluster that is remembered; null for any
   * @param isPrivate whether nobody can overhear the connection
   */
  constructor(known: ClusterId | null, token: string | null, isPrivate = false) {
    this.#isPrivate = isPrivate;
    this.#cluster = known;
    this.#token = token;
    const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
    this.#mine = [wireVersion, "client", known, null, "", null, nonce];
    this.frame = encode([tags.hello, ...this.#mine]);
  }

  /** What follows from a message of the node. @throws BadFrame naming the field that is wrong */
  async receive(frame: Uint8Array): Promise<Answer> {
    if (frame.length > helloBytesMax) bad("hello", "so long");
    const [item] = decode(frame);
    if (!Array.isArray(item)) return bad("hello", "a list");
    if (item[0] === tags.rejected) {
      const [, why, sentence] = tuple(item, "rejected", 3);
      const message = text(sentence, "rejected.message", reasonCharsMax);
      return { type: "refused", code: code(why, "rejected.code"), message };
    }
    if (this.#said !== null && item[0] === tags.welcome) {
      const mac = bytes(tuple(item, "welcome", 2)[1], "welcome.mac");
      return this.#verify(this.#said, mac.slice());
    }
    if (this.#said !== null || item[0] !== tags.challenge) return bad("hello", "in turn");
    return this.#prove(tuple(item, "challenge", 6).slice(1));
  }

  async #prove(theirs: readonly unknown[]): Promise<Answer> {
    const token = this.#token;
    const version = count(theirs[0], "challenge.version");
    const found = cluster(theirs[1], "challenge.cluster");
    const id = node(theirs[2], "challenge.id");
    const nonce = bytes(theirs[3], "challenge.nonce");
    if (nonce.length !== nonceBytes) bad("challenge.nonce", `${nonceBytes} bytes`);
    const required = theirs[4] === "token" ? "token" : bool(theirs[4], "challenge.required");
    if (version !== wireVersion)
      return refused("VERSION", `the node speaks version ${version}, this is ${wireVersion}`);
    if (this.#cluster !== null && found !== this.#cluster)
      return refused("WRONG_CLUSTER", `cluster ${found} answered, not ${this.#cluster}`);
    if (required === "token") {
      if (token !== null && !this.#isPrivate)
        return refused("DENIED", "the node asks for the token itself: connect by wss");
      this.#said = { cluster: found, node: id, proven: null };
      return { type: "send", frame: encode([tags.token, token ?? ""]) };
    }
    if (required && token === null) return refused("DENIED", "the node asks for a token");
    // Who has a token insists on it: else any impostor could say that none is needed.
    if (!required && token !== null) return refused("DENIED", "a token was given, but the node knows none");
    const transcript = (side: string) =>
      encode(["concoord hello", side, this.#mine, [version, found, id, nonce, required]]);
    this.#said = { cluster: found, node: id, proven: transcript("listener") };
    const mac = token === null ? new ArrayBuffer() : await sign(token, transcript("dialer"));
    return { type: "send", frame: encode([tags.proof, new Uint8Array(mac)]) };
  }

  async #verify(said: Said, mac: Uint8Array<ArrayBuffer>): Promise<Answer> {
    if (
      this.#token !== null &&
      said.proven !== null &&
      !(await crypto.subtle.verify("HMAC", await keyOf(this.#token), mac, said.proven))
    )
      return refused("DENIED", "the node did not prove that it knows the token");
    return { type: "done", cluster: said.cluster, node: said.node };
  }
}

function refused(why: Code, message: string): Answer {
  return { type: "refused", code: why, message };
}

function keyOf(token: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", new TextEncoder().encode(token), hmac, false, ["sign", "verify"]);
}

async function sign(token: string, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  return crypto.subtle.sign("HMAC", await keyOf(token), data);
}
