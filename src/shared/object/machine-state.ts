/**
 * The state of a state machine as the bytes of a snapshot: the same on every replica that executed the same log,
 * whether it executed all of it or began with a snapshot.
 *
 *   "concoord state", version
 *   slot, views, log time, wall time, call index, digest, classes, how many upgrades there were
 *   how many sessions were opened; the open ones in this order
 *   the calls that are blocked, in the order in which they blocked
 *   the objects in the order in which they were made: name, whether it may hold D-classes, what graph-writer.ts writes
 */
import { callsInFlightMax, classesMax, objectsMax, sessionsMax } from "../limits.ts";
import { Broken, type ClusterId, type LogTime, logTime, type WallMillis, wallMillis } from "../paxos/ids.ts";
import { type Slot, slot } from "../paxos/slot.ts";
import type { View } from "../paxos/view.ts";
import { formatObject, parseObject } from "./address.ts";
import { BadSnapshot, badSnapshot } from "./bad-snapshot.ts";
import type { ByteSink } from "./byte-sink.ts";
import { ByteSource } from "./byte-source.ts";
import { GraphReader } from "./graph-reader.ts";
import type { HeldCode } from "./held-code.ts";
import { Instances } from "./instances.ts";
import { knownClassesOf } from "./known-classes.ts";
import { Session } from "./session.ts";
import { type SlotContext, surround } from "./surround.ts";
import { type ClassInfo, type ObjectCodec, seq } from "./types.ts";
import { BlockedCall, type BlockedRecord, readBlocked } from "./waiting-calls.ts";

const magic = "concoord state";
/** Raised when the same bytes would mean something else. */
const formatVersion = 2;

export interface MachineHead {
  readonly slot: Slot;
  readonly views: readonly View[];
  readonly logTime: LogTime;
  readonly wall: WallMillis;
  readonly callIndex: number;
  /** The running digest of outcomes. */
  readonly digest: number;
  readonly classes: readonly ClassInfo[];
  readonly upgrades: number;
}

export interface MachineState extends MachineHead {
  /** How many sessions were ever opened. */
  readonly opened: number;
  /** In the order in which they were opened. */
  readonly sessions: Iterable<Session>;
  /** In the order in which they blocked. */
  readonly blocked: readonly BlockedCall[];
  readonly instances: Instances;
}

export function writeHead(sink: ByteSink, codec: ObjectCodec, head: MachineHead): void {
  sink.text(magic);
  sink.count(formatVersion);
  sink.count(head.slot);
  sink.bytes(codec.encodeViews(head.views));
  sink.float(head.logTime);
  sink.float(head.wall);
  sink.count(head.callIndex);
  sink.count(head.digest);
  sink.bytes(codec.encodeCommand({ type: "found", classes: head.classes }));
  sink.count(head.upgrades);
}

/** What a snapshot is read for. */
export interface Restoring {
  readonly cluster: ClusterId;
  /** With the code of all classes of the snapshot. */
  readonly code: HeldCode;
  readonly codec: ObjectCodec;
}

/** What is agreed about code of users that runs for a snapshot. */
export function surroundings({ slot: at, wall, logTime: time }: MachineHead): SlotContext {
  return { slot: at, wall, logTime: time, seed: at >>> 0 };
}

/**
 * Reads a snapshot and makes all that is in it.
 *
 * @throws BadSnapshot saying what is wrong; nothing was changed
 */
export function readState(bytes: Uint8Array, restoring: Restoring): MachineState {
  try {
    return readAll(bytes, restoring);
  } catch (cause) {
    if (cause instanceof BadSnapshot || cause instanceof Broken) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BadSnapshot(`the snapshot cannot be read: ${why}`, { cause });
  }
}

function readAll(bytes: Uint8Array, restoring: Restoring): MachineState {
  const source = new ByteSource(bytes);
  const head = readHead(source, restoring.codec);
  const opened = source.count();
  const sessions = readSessions(source, restoring.cluster, opened);
  const records: BlockedRecord[] = [];
  for (let n = source.count(sessions.length * callsInFlightMax); n > 0; n--)
    records.push(readBlocked(source));
  const instances = surround(surroundings(head), (hook) =>
    readInstances(source, restoring.code, head.classes, hook),
  );
  if (source.left > 0) source.bad("bytes behind the end");
  const blocked = linkBlocked(source, records, sessions, instances);
  return { ...head, opened, sessions, blocked, instances };
}

/** The classes of a snapshot, without making anything of what it holds. @throws BadSnapshot */
export function readClasses(bytes: Uint8Array, codec: ObjectCodec): readonly ClassInfo[] {
  return readHead(new ByteSource(bytes), codec).classes;
}

function readHead(source: ByteSource, codec: ObjectCodec): MachineHead {
  if (
    source.byte() !== 2 * magic.length ||
    source.raw(magic.length).some((b, i) => b !== magic.charCodeAt(i))
  )
    badSnapshot("it does not begin as one");
  const version = source.count();
  if (version !== formatVersion)
    badSnapshot(`its version is ${version}, and this node reads ${formatVersion}`);
  const at = slot(source.count());
  const views = codec.decodeViews(source.bytes());
  const time = source.float();
  const wall = source.float();
  if (!Number.isFinite(time) || time < 0 || !Number.isFinite(wall)) source.bad("a time that is none");
  const callIndex = source.count();
  const digest = source.count(0xffffffff);
  const found = codec.decodeCommand(source.bytes());
  if (found.type !== "found" || found.classes.length > classesMax) source.bad("no list of classes");
  const { classes } = found;
  const times = { logTime: logTime(time), wall: wallMillis(wall) };
  return { slot: at, views, ...times, callIndex, digest, classes, upgrades: source.count() };
}

function readSessions(source: ByteSource, cluster: ClusterId, opened: number): readonly Session[] {
  const sessions: Session[] = [];
  const known = new Set<string>();
  let after = -1;
  for (let n = source.count(sessionsMax); n > 0; n--) {
    const session = Session.read(source, cluster);
    if (session.order <= after || session.order >= opened) source.bad("a session out of order");
    if (known.has(session.id) || known.has(session.secretHash)) source.bad("a session twice");
    known.add(session.id).add(session.secretHash);
    after = session.order;
    sessions.push(session);
  }
  return sessions;
}

/** Finds the sessions and objects of blocked calls, and enters the calls in the tables of their sessions. */
function linkBlocked(
  source: ByteSource,
  records: readonly BlockedRecord[],
  sessions: readonly Session[],
  instances: Instances,
): readonly BlockedCall[] {
  const byOrder = new Map(sessions.map((session) => [session.order, session]));
  const blocked = records.map(({ sessionOrder, seq: s, instanceOrder, deadline, atDeadline }) => {
    const session = byOrder.get(sessionOrder);
    const instance = instances.at(instanceOrder);
    if (session?.outcome(s)?.type !== "blocked" || session.isBlocked(s) || instance === undefined)
      source.bad("a blocked call that its session or object does not know");
    const call = new BlockedCall(session, seq(s), instance, logTime(deadline), atDeadline);
    session.block(call);
    return call;
  });
  for (const session of sessions) {
    if (!session.isWhole) source.bad("a session that lacks outcomes");
    for (const order of session.listeners)
      if (order >= instances.size) source.bad("a session that called an object that there is not");
  }
  return blocked;
}

function readInstances(
  source: ByteSource,
  code: HeldCode,
  classes: readonly ClassInfo[],
  hook: () => void,
): Instances {
  const served = new Map(classes.map((info) => [info.name, code.find(info)]));
  const instances = new Instances();
  for (let n = source.count(objectsMax); n > 0; n--) {
    const key = source.text();
    const address = parseObject(key);
    if (address === null || formatObject(address) !== key || instances.get(key) !== undefined)
      source.bad("an object without a name of its own");
    const entry = served.get(address.class);
    if (entry === undefined) source.bad(`${key}, whose class is not served by this node,`);
    const hasDClass = source.count(1) === 1;
    const object = new GraphReader(source, knownClassesOf(entry), hook).read();
    instances.add(key, { entry, object, order: instances.size, hasDClass, tap: null });
  }
  return instances;
}
