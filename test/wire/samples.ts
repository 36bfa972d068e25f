/** One message of each kind, and the hex of its encoding: the golden vectors of the wire and log format. */
import type { ClassInfo, Command } from "../../src/shared/object/types.ts";
import { seq, sessionId } from "../../src/shared/object/types.ts";
import { type Ballot, ballotZero } from "../../src/shared/paxos/ballot.ts";
import { clusterId, logTime, nodeId, wallMillis } from "../../src/shared/paxos/ids.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Proposal, PValue, SnapshotHead, Write } from "../../src/shared/paxos/types.ts";
import type { Genesis, Member, View } from "../../src/shared/paxos/view.ts";
import {
  type ClientMessage,
  type HelloMessage,
  type PeerMessage,
  type ServerMessage,
  wholeSlot,
} from "../../src/shared/wire/messages.ts";

export const a = nodeId("00000000000000aa");
export const b = nodeId("00000000000000bb");
export const cluster = clusterId("0123456789abcdef0123456789abcdef");
export const secretHash = "5e".repeat(32);
const session = sessionId("12.3");
const body = Uint8Array.of(1, 2, 3);
const ballot: Ballot = { round: 3, leader: a };
export const member: Member = {
  id: b,
  role: "replica",
  addr: "127.0.0.1:14001",
  domain: "",
  groups: ["r1"],
  away: false,
};
const nameserver: Member = {
  id: a,
  role: "nameserver",
  addr: "ns.example:8053",
  domain: "counter.example",
  groups: [],
  away: true,
};
const view: View = { number: 2, first: slot(70), members: [member] };
const genesis: Genesis = { cluster, window: 64, created: 1_800_000_000, view };
const stamp = { logTime: logTime(250.5), wall: wallMillis(1_800_000_000_123), seed: 0xdeadbeef, first: true };
const proposal: Proposal = { stamp, change: { type: "join", against: 1, member }, body };
const noop: Proposal = { stamp: null, change: null, body: new Uint8Array(0) };
const head: SnapshotHead = {
  slot: slot(9),
  views: [view],
  logTime: logTime(250.5),
  hash: "0d".repeat(32),
  size: 3,
};
export const pvalue: PValue = { ballot, slot: slot(9), proposal };
const classInfo: ClassInfo = {
  name: "Counter",
  fingerprint: "ab".repeat(32),
  methods: ["increment", "getvalue"],
  reads: ["getvalue"],
};
const codeName = { name: "Counter", fingerprint: "ab".repeat(32) };

export const peers: readonly PeerMessage[] = [
  { type: "p1a", ballot, from: slot(5), view: 2 },
  {
    type: "p1b",
    asked: ballot,
    ballot: ballotZero,
    trimmed: slot(0),
    decided: slot(4),
    above: slot(4),
    upTo: null,
    accepted: [pvalue],
  },
  { type: "p2a", pvalue, view: 2, first: slot(70), decided: slot(8) },
  { type: "p2b", asked: ballot, ballot, slot: slot(9) },
  { type: "behind", asked: ballot, decided: slot(4) },
  { type: "decided", ballot, decided: slot(2 ** 40) },
  { type: "catchup", from: slot(5) },
  { type: "lead", ballot, decided: slot(8) },
  {
    type: "decisions",
    values: [
      { slot: slot(5), proposal },
      { slot: slot(6), proposal: noop },
    ],
    decided: slot(9),
    trimmed: slot(1),
  },
  {
    type: "heartbeat",
    ballot,
    leading: true,
    connected: false,
    view: 2,
    decided: slot(9),
    executed: slot(8),
    wall: wallMillis(1_800_000_000_123.5),
    digestAt: slot(64),
    digest: 0xffffffff,
    snapshot: slot(3),
    stateHash: 0x01020304,
    kept: slot(9),
    ask: true,
    follows: ballot,
    relays: true,
    hears: false,
  },
  { type: "view", view },
  { type: "forward", commands: [body, new Uint8Array(0)] },
  { type: "expected", session, seq: seq(7) },
  { type: "askGenesis" },
  { type: "genesis", genesis, newest: view, leader: null },
  { type: "askJoin", member },
  { type: "joinRefused", id: b, code: "WRONG_CLUSTER", message: "that address is taken" },
  { type: "confirm", ballot, round: 7 },
  { type: "confirmed", asked: ballot, ballot, round: 7 },
  { type: "readAsk", round: 8, ballot },
  { type: "readAt", round: 8, slot: slot(9) },
  { type: "kept", decided: slot(9) },
  { type: "askChange", kind: "evict", id: b },
  { type: "changed", view: 3 },
  { type: "changeRefused", code: "DENIED", message: "it answers" },
  { type: "askSnapshot", slot: slot(9), hash: secretHash, offset: 1_048_576 },
  { type: "snapshotPiece", head, offset: 0, bytes: body },
  { type: "noSnapshot", slot: slot(9) },
  { type: "takeSnapshot" },
  { type: "tookSnapshot", head },
  { type: "askDigests", from: slot(1), to: slot(3) },
  { type: "digests", from: slot(1), digests: [0, 1, 0xffffffff] },
  { type: "askHashes", slot: slot(9) },
  { type: "hashes", slot: slot(9), hashes: [{ object: "Counter/main", hash: 5 }] },
  { type: "endSession", session },
  { type: "sessionEnded", session },
  {
    type: "offerCode",
    module: {
      files: [
        { path: "objects/counter.ts", text: "export {};" },
        { path: "lib.ts", text: "" },
      ],
      origin: "/home",
      classes: [codeName],
    },
  },
  { type: "askCode", classes: [codeName] },
  { type: "holdsCode", classes: [] },
  { type: "fetchCode", of: codeName },
  { type: "askUpgrade", classes: [classInfo] },
  { type: "upgraded", slot: slot(9) },
  { type: "askLog", from: slot(7) },
];

export const clients: readonly ClientMessage[] = [
  { type: "open", secret: "0f".repeat(16), ttl: 10_000 },
  { type: "attach", session, secret: "5e".repeat(16) },
  { type: "command", bytes: body },
  { type: "cancel", session, seqs: [seq(4), seq(6)] },
  { type: "close", session },
  { type: "ping" },
  { type: "read", session, id: 9, n: 2, after: seq(7), local: null, payload: body },
  { type: "read", session, id: 11, n: 1, after: seq(0), local: slot(2 ** 40), payload: body },
  { type: "follow" },
  {
    type: "watch",
    feed: 1,
    object: "Counter/main",
    since: { slot: slot(9), at: wholeSlot },
    version: 0,
    session,
  },
  { type: "watch", feed: 2, object: "Counter/main", since: null, version: null, session: null },
  { type: "unwatch", feed: 2 },
];

export const servers: readonly ServerMessage[] = [
  { type: "opened", secretHash, session, classes: [classInfo] },
  { type: "openRefused", secretHash, code: "BUSY", message: "too many sessions" },
  { type: "attached", session, next: seq(8) },
  { type: "ended", session },
  { type: "answer", session, seq: seq(7), outcome: { type: "returned", value: body } },
  { type: "answer", session, seq: seq(7), outcome: { type: "threw", error: body } },
  { type: "answer", session, seq: seq(7), outcome: { type: "blocked" } },
  {
    type: "answer",
    session,
    seq: seq(7),
    outcome: { type: "refused", code: "UNKNOWN_METHOD", message: "no x", executed: "no" },
  },
  { type: "refused", session, firstSeq: seq(7), code: "BUSY", message: "later" },
  { type: "members", id: a, leader: b, view: 2, members: [{ id: b, role: "acceptor", addr: "[::1]:14001" }] },
  { type: "pong" },
  { type: "readAnswer", session, id: 9, outcome: { type: "returned", value: body } },
  {
    type: "readAnswer",
    session,
    id: 10,
    outcome: { type: "refused", code: "STALE_CLASS", message: "no read", executed: "no" },
  },
  { type: "seen", slot: slot(70) },
  { type: "view", view: { number: 3, first: slot(90), members: [member, nameserver] } },
  { type: "feedSnapshot", feed: 1, next: seq(8), body },
  { type: "feedInputs", feed: 1, slot: slot(70), body },
  { type: "feedEnd", feed: 1, code: "DENIED", message: "static live = false" },
];

const bytes16 = new Uint8Array(16).fill(0x16);
const bytes32 = new Uint8Array(32).fill(0x32);
export const hellos: readonly HelloMessage[] = [
  {
    type: "hello",
    version: 1,
    role: "peer",
    cluster,
    from: a,
    addr: "127.0.0.1:14000",
    to: b,
    nonce: bytes16,
  },
  {
    type: "hello",
    version: 1,
    role: "client",
    cluster: null,
    from: null,
    addr: "",
    to: null,
    nonce: bytes16,
  },
  { type: "challenge", version: 1, cluster, id: b, nonce: bytes16, required: true },
  { type: "proof", mac: bytes32 },
  { type: "welcome", mac: new Uint8Array(0) },
  { type: "rejected", code: "DENIED", message: "the token is wrong" },
  { type: "challenge", version: 1, cluster, id: b, nonce: bytes16, required: "token" },
  { type: "token", token: "ann's" },
];

export const commands: readonly Command[] = [
  { type: "calls", session, firstSeq: seq(7), n: 2, ackedSeq: seq(5), ackedLate: [seq(2)], payload: body },
  { type: "found", classes: [classInfo] },
  { type: "open", secretHash, ttl: 10_000, user: "ann" },
  { type: "close", session },
  { type: "keepAlive", sessions: [session, sessionId("13.0")] },
  { type: "cancel", session, seqs: [seq(4)] },
  { type: "snapshot" },
  { type: "upgrade", view: 2, upgrades: 1, classes: [classInfo] },
];

export const writes: readonly Write[] = [
  { type: "founded", id: a, genesis },
  { type: "promised", ballot },
  { type: "accepted", pvalue },
  { type: "chosen", decision: { slot: slot(5), proposal: noop } },
  { type: "mark", decided: slot(9) },
  {
    type: "trimmed",
    id: a,
    genesis,
    promised: ballot,
    slot: slot(7),
    decided: slot(9),
    views: [view],
    logTime: logTime(250.5),
  },
];

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
