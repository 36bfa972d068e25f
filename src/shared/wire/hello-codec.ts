/**
 * The messages of the hello as bytes: one message a frame, and short, because its sender is still unknown.
 */
import { addrCharsMax, helloBytesMax, reasonCharsMax, tokenCharsMax } from "../limits.ts";
import { unreachable } from "../paxos/ids.ts";
import { BadFrame, bad } from "./bad-frame.ts";
import { decodeItem, encodeItem } from "./codec.ts";
import { bool, bytes, clip, cluster, code, count, node, nodeOrNull, text, tuple } from "./fields.ts";
import { helloFields } from "./handshake.ts";
import { type HelloMessage, type HelloRole, wireVersion } from "./messages.ts";
import { array, messages, type Reader, textOf } from "./record.ts";

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
const nonce = bytesOf(nonceBytes);
/** Empty where no token is used. */
const mac = bytesOf(0, 32);

function bytesOf(...lengths: readonly number[]): Reader<Uint8Array> {
  return (v, what) => {
    const found = bytes(v, what);
    return lengths.includes(found.length) ? found : bad(what, `${lengths.join(" or ")} bytes`);
  };
}

type Of<T> = Extract<HelloMessage, { readonly type: T }>;

/** What the side says that connects. */
export type DialerMessage = Of<"hello" | "proof" | "token">;
/** What the side says that is connected to. */
export type ListenerMessage = Exclude<HelloMessage, DialerMessage>;

/** @returns bytes that nothing overwrites later */
export function encodeDialerHello(m: DialerMessage): Uint8Array {
  if (m.type === "proof") return encodeItem([tags.proof, m.mac]);
  if (m.type === "token") return encodeItem([tags.token, m.token]);
  return encodeItem([tags.hello, ...helloFields(m)]);
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
  return array(decodeItem(input), "hello");
}

/** Whether a proof is wanted, or the token itself. */
function required(v: unknown, what: string): boolean | "token" {
  return v === "token" ? v : bool(v, what);
}

const listenerMessages = messages<ListenerMessage>(tags, {
  challenge: { version: count, cluster, id: node, nonce, required },
  welcome: { mac },
  rejected: { code, message: textOf(sentenceCharsMax) },
});

function listenerMessage(item: readonly unknown[]): ListenerMessage {
  const read = listenerMessages.get(item[0]) ?? bad("hello", "of a known kind");
  return read(item);
}

function hello(item: readonly unknown[]): HelloMessage {
  const version = count(item[1], "hello.version");
  if (version !== wireVersion) return { ...blank, version, nonce: new Uint8Array(nonceBytes) };
  const [, , role, id, from, addr, to, noise] = tuple(item, "hello", 8);
  return {
    type: "hello",
    version,
    role: roleOf(role),
    cluster: id === null ? null : cluster(id, "hello.cluster"),
    from: nodeOrNull(from, "hello.from"),
    addr: text(addr, "hello.addr", addrCharsMax),
    to: nodeOrNull(to, "hello.to"),
    nonce: nonce(noise, "hello.nonce"),
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
} as const;
