/**
 * The messages of the hello as bytes: one message a frame, and short, because its sender is still unknown.
 */
import { addrCharsMax, helloBytesMax, reasonCharsMax, tokenCharsMax } from "../limits.ts";
import { unreachable } from "../paxos/ids.ts";
import { BadFrame, bad } from "./bad-frame.ts";
import { decodeItem, encodeItem } from "./codec.ts";
import { bool, bytes, clip, cluster, code, count, node, nodeOrNull, text, tuple } from "./fields.ts";
import { type HelloMessage, type HelloRole, wireVersion } from "./messages.ts";

/** Part of the wire format, also of later versions: a node must understand the hello that it refuses. */
const tags = {
  hello: 1,
  challenge: 2,
  proof: 3,
  welcome: 4,
  rejected: 5,
  token: 6,
} as const satisfies Record<HelloMessage["type"], number>;
/** Half of what a hello may be long: a sentence in four-byte characters still fits. */
const sentenceCharsMax = Math.min(reasonCharsMax, 500);
const nonceBytes = 16;
const macBytes = 32;

type Of<T> = Extract<HelloMessage, { readonly type: T }>;

/** What the side says that connects. */
export type DialerMessage = Of<"hello" | "proof" | "token">;
/** What the side says that is connected to. */
export type ListenerMessage = Exclude<HelloMessage, DialerMessage>;

/** @returns bytes that nothing overwrites later */
export function encodeDialerHello(m: DialerMessage): Uint8Array {
  if (m.type === "proof") return encodeItem([tags.proof, m.mac]);
  if (m.type === "token") return encodeItem([tags.token, m.token]);
  return encodeItem([tags.hello, m.version, m.role, m.cluster, m.from, m.addr, m.to, m.nonce]);
}

/** @returns bytes that nothing overwrites later */
export function encodeHello(m: HelloMessage): Uint8Array {
  switch (m.type) {
    case "hello":
    case "proof":
    case "token":
      return encodeDialerHello(m);
    case "challenge":
      return encodeItem([tags.challenge, m.version, m.cluster, m.id, m.nonce, m.required]);
    case "welcome":
      return encodeItem([tags.welcome, m.mac]);
    case "rejected":
      return encodeItem([tags.rejected, m.code, clip(m.message, sentenceCharsMax)]);
    default:
      return unreachable(m);
  }
}

/**
 * A hello of another version comes out with its version and nothing else, so that it can be refused by name.
 * @throws BadFrame naming the field that is wrong
 */
export function decodeHello(input: Uint8Array): HelloMessage {
  const item = listIn(input);
  switch (item[0]) {
    case tags.hello:
      return hello(item);
    case tags.proof:
      return { type: "proof", mac: mac(tuple(item, "proof", 2)[1], "proof.mac") };
    case tags.token:
      return { type: "token", token: text(tuple(item, "token", 2)[1], "token.token", tokenCharsMax) };
    default:
      return listenerMessage(item);
  }
}

/** What a dialer is told. @throws BadFrame naming the field that is wrong */
export function decodeListenerHello(input: Uint8Array): ListenerMessage {
  return listenerMessage(listIn(input));
}

function listIn(input: Uint8Array): readonly unknown[] {
  if (input.length > helloBytesMax) throw new BadFrame(`a hello of ${input.length} bytes is too long`);
  const item = decodeItem(input);
  return Array.isArray(item) ? item : bad("hello", "a list");
}

function listenerMessage(item: readonly unknown[]): ListenerMessage {
  switch (item[0]) {
    case tags.challenge: {
      const [, version, id, from, nonce, required] = tuple(item, "challenge", 6);
      return {
        type: "challenge",
        version: count(version, "challenge.version"),
        cluster: cluster(id, "challenge.cluster"),
        id: node(from, "challenge.id"),
        nonce: exactly(nonce, "challenge.nonce", nonceBytes),
        required: required === "token" ? required : bool(required, "challenge.required"),
      };
    }
    case tags.welcome:
      return { type: "welcome", mac: mac(tuple(item, "welcome", 2)[1], "welcome.mac") };
    case tags.rejected: {
      const [, why, sentence] = tuple(item, "rejected", 3);
      return {
        type: "rejected",
        code: code(why, "rejected.code"),
        message: text(sentence, "rejected.message", sentenceCharsMax),
      };
    }
    default:
      return bad("hello", "of a known kind");
  }
}

function hello(item: readonly unknown[]): HelloMessage {
  const version = count(item[1], "hello.version");
  if (version !== wireVersion) return { ...blank, version };
  const [, , role, id, from, addr, to, nonce] = tuple(item, "hello", 8);
  return {
    type: "hello",
    version,
    role: roleOf(role),
    cluster: id === null ? null : cluster(id, "hello.cluster"),
    from: nodeOrNull(from, "hello.from"),
    addr: text(addr, "hello.addr", addrCharsMax),
    to: nodeOrNull(to, "hello.to"),
    nonce: exactly(nonce, "hello.nonce", nonceBytes),
  };
}

function roleOf(v: unknown): HelloRole {
  return v === "client" || v === "peer" || v === "operator"
    ? v
    : bad("hello.role", "client, peer or operator");
}

const blank = {
  type: "hello",
  role: "client",
  cluster: null,
  from: null,
  addr: "",
  to: null,
  nonce: new Uint8Array(nonceBytes),
} as const;

function exactly(v: unknown, what: string, length: number): Uint8Array {
  const b = bytes(v, what);
  return b.length === length ? b : bad(what, `${length} bytes`);
}

/** Empty where no token is used. */
function mac(v: unknown, what: string): Uint8Array {
  const b = bytes(v, what);
  return b.length === 0 || b.length === macBytes ? b : bad(what, `0 or ${macBytes} bytes`);
}
