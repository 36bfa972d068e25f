/** Every decoder of bytes that come from elsewhere, with real messages to begin with, and the one way it may refuse. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../src/node/cli/failure.ts";
import { readTokens } from "../../src/node/cli/tokens.ts";
import * as child from "../../src/node/snapshot/protocol.ts";
import { Damage } from "../../src/node/storage/damage.ts";
import { headerBytes, makeHeader, roundUp } from "../../src/node/storage/format.ts";
import { Group } from "../../src/node/storage/group.ts";
import { eachRecord, scanSegment } from "../../src/node/storage/scan.ts";
import { BadPacket } from "../../src/shared/dns/bad-packet.ts";
import { doh } from "../../src/shared/dns/doh.ts";
import { decodePacket, readQuery } from "../../src/shared/dns/packet.ts";
import { PacketReader } from "../../src/shared/dns/reader.ts";
import { BadSnapshot } from "../../src/shared/object/bad-snapshot.ts";
import { BadFrame } from "../../src/shared/wire/bad-frame.ts";
import * as client from "../../src/shared/wire/client-codec.ts";
import { decodeItems } from "../../src/shared/wire/codec.ts";
import { decodeCommand, encodeCommand } from "../../src/shared/wire/command-codec.ts";
import * as feed from "../../src/shared/wire/feed-codec.ts";
import { decodeHello, decodeListenerHello, encodeHello } from "../../src/shared/wire/hello-codec.ts";
import { logCodec } from "../../src/shared/wire/log-codec.ts";
import { decodePeerFrame, encodePeer } from "../../src/shared/wire/peer-codec.ts";
import * as values from "../../src/shared/wire/values.ts";
import * as small from "../../src/web/cbor.ts";
import { decode as decodeInWorker } from "../../src/worker-ns/cbor.ts";
import { decodeFollowed } from "../../src/worker-ns/frames.ts";
import { query, zone } from "../dns/zones.ts";
import { created, genesis, Log, registryOf } from "../object/machine.ts";
import * as samples from "../wire/samples.ts";

export interface Decoder {
  readonly name: string;
  decode(bytes: Uint8Array): unknown;
  readonly samples: readonly Uint8Array[];
  /** Whether it is CBOR: then it is tried with bombs, too. */
  readonly cbor: boolean;
  /** What it may throw. */
  readonly refusal: new (
    ...args: never[]
  ) => Error;
}

const users: readonly unknown[] = [
  { a: [1, -0, "\uFEFF", 1n << 70n], b: new Map<unknown, unknown>([[1, new Set(["x"])]]) },
  [new Date(5), new Float64Array(3), new ArrayBuffer(4), { deep: { deeper: [undefined, null] } }],
  new Map<unknown, unknown>([
    [7, "seven"],
    [1.5, 2n],
    [1n << 65n, new Set([1, 2, -3, 1e12])],
  ]),
];
const call = { object: "Counter/main", method: "add", args: users };
const payload = values.encodeCalls([call]);
const head = { slot: 9, views: [genesis.view], logTime: 250.5, hash: "0d".repeat(32), size: 3 } as const;

function cbor(name: string, decode: Decoder["decode"], from: readonly Uint8Array[]): Decoder {
  return { name, decode, samples: from, cbor: true, refusal: BadFrame };
}

const wire: readonly Decoder[] = [
  cbor("frame of a node", decodePeerFrame, samples.peers.map(encodePeer)),
  cbor("frame of a client", client.decodeClientFrame, samples.clients.map(client.encodeClient)),
  cbor("frame to a client", client.decodeServerFrame, samples.servers.map(client.encodeServer)),
  cbor("hello", decodeHello, samples.hellos.map(encodeHello)),
  cbor("hello of a listener", decodeListenerHello, samples.hellos.map(encodeHello)),
  cbor("command", decodeCommand, samples.commands.map(encodeCommand)),
  cbor("calls", (bytes) => values.decodeCalls(bytes, 1), [payload]),
  cbor("several calls", (bytes) => values.decodeCalls(bytes, 2), [values.encodeCalls([call, call])]),
  cbor("value", values.decodeValue, users.map(values.encodeValue)),
  cbor("error", values.decodeError, [
    values.encodeError({ name: "RangeError", message: "too low", code: null, data: { least: users[0] } }),
  ]),
  cbor("call of a feed", feed.decodeCall, [payload]),
  cbor("inputs of a feed", feed.decodeFeedInputs, [feedInputs()]),
  // Of nodes alone, and seldom: it may take longer.
  { ...cbor("state of a feed", feed.decodeFeedState, [feedState()]), cbor: false },
  cbor("record of the log", logCodec.decode, samples.writes.map(logCodec.encode)),
  cbor("head of a snapshot", logCodec.decodeHead, [logCodec.encodeHead(head as never)]),
  cbor("decisions for a child process", child.decodeDecisions, samples.writes.map(logCodec.encode)),
];

function feedInputs(): Uint8Array {
  const input = {
    kind: "call",
    at: 0,
    index: 5,
    k: 0,
    session: "12.3",
    user: null,
    seq: 7,
    told: true,
    payload,
  };
  const context = { slot: 9, wall: created, logTime: 250.5, seed: 7 };
  return feed.encodeFeedInputs({ hash: 7, slots: [{ context, inputs: [input] }] } as never);
}

function feedState(): Uint8Array {
  const table = [["Counter", 1, ["value"]], [5]];
  const state = { slot: 9, version: 0, hasDClass: false, waiting: [{ session: "12.3", seq: 7 }], table };
  return feed.encodeFeedState(state as never);
}

const clientFrames = samples.servers.map(client.encodeServer);
const elsewhere: readonly Decoder[] = [
  cbor("messages in a browser", small.decodeItems, clientFrames),
  cbor("values in a browser", (bytes) => small.decodeTagged(bytes, 3), users.map(values.encodeValue)),
  cbor("items in a Worker", decodeInWorker, clientFrames),
  cbor("views in a Worker", decodeFollowed, clientFrames),
  cbor("items", decodeItems, clientFrames),
];

class Keeper {
  value: unknown = users;
  touch(): void {
    this.value = [this.value];
  }
}

function snapshotLog(): Log {
  const log = new Log(registryOf(Keeper));
  log.call(log.open(), "Keeper/main", "touch");
  return log;
}

const victim = snapshotLog().machine;
const queries = ["counter.example", "_concoord._tcp.counter.example", "."].map((name) => query(name));
const utf8 = new TextEncoder();
const texts = (...all: readonly string[]) => all.map((text) => utf8.encode(text));
const asText = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

/** A segment of the log with two groups, and room behind them. */
function segment(): Buffer {
  const bytes = Buffer.alloc(roundUp(headerBytes + 2_048));
  bytes.set(makeHeader(1, bytes.length));
  let offset = headerBytes;
  for (const number of [1, 2]) {
    const group = new Group(logCodec.encode);
    group.fill(samples.writes.slice(0, number));
    const sealed = group.seal(number, 1, offset);
    bytes.set(sealed, offset);
    offset += sealed.length;
  }
  return bytes;
}

const folder = mkdtempSync(join(tmpdir(), "concoord-test-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

function tokensIn(bytes: Uint8Array): unknown {
  const file = join(folder, "tokens");
  writeFileSync(file, bytes);
  return readTokens(file, undefined);
}

const others: readonly Decoder[] = [
  {
    name: "snapshot",
    decode: (bytes) => victim.restore(bytes),
    samples: [new Uint8Array(Buffer.concat([...snapshotLog().machine.capture().pieces]))],
    cbor: false,
    refusal: BadSnapshot,
  },
  {
    name: "segment of the log",
    decode: (bytes) => {
      const whole = Buffer.from(bytes.slice().buffer);
      const { end } = scanSegment(whole, 1, 1);
      eachRecord(whole.subarray(headerBytes, end), () => undefined);
    },
    samples: [segment()],
    cbor: false,
    refusal: Damage,
  },
  { name: "DNS message", decode: decodePacket, samples: queries, cbor: false, refusal: BadPacket },
  {
    name: "DNS query",
    decode: (bytes) => readQuery(new PacketReader(bytes)),
    samples: queries,
    cbor: false,
    refusal: BadPacket,
  },
  {
    name: "DNS over HTTPS, posted",
    decode: (body) =>
      doh({ method: "POST", query: "", accept: null, contentType: "application/dns-message", body }, zone),
    samples: queries,
    cbor: false,
    refusal: BadPacket,
  },
  {
    name: "DNS over HTTPS, query string",
    decode: (bytes) =>
      doh(
        { method: "GET", query: asText(bytes), accept: null, contentType: null, body: new Uint8Array(0) },
        zone,
      ),
    samples: texts(
      "name=counter.example&type=SRV",
      "dns=AAABAAABAAAAAAAAB2NvdW50ZXIHZXhhbXBsZQAAEAAB",
      "name=%41&do=1",
    ),
    cbor: false,
    refusal: BadPacket,
  },
  {
    name: "file of tokens",
    decode: tokensIn,
    samples: texts("client T\nreader R\npeer K\n", "# secrets\n\nclient abc\n"),
    cbor: false,
    refusal: Failure,
  },
];

export const decoders: readonly Decoder[] = [...wire, ...elsewhere, ...others];
