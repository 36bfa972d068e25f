/** Runs nodes in the foreground: until a signal, or until one of them stops by itself. */
import { takesPart } from "../../shared/paxos/view.ts";
import { Gone } from "../../shared/server/farewell.ts";
import type { Told } from "../log/changes.ts";
import type { NodeLog } from "../log/node-log.ts";
import type { RunningReplica } from "../running-replica.ts";
import { version } from "../version.ts";
import { messageOf } from "./failure.ts";

/** How long nodes are given to stop. */
const stopMillisMax = 10_000;
/** How long they may get ready without a word. */
export const quietMillisMax = 3_000;

/** What runs until it is stopped. */
export interface Serving {
  /** Resolves with why it stopped by itself. */
  readonly broken: Promise<unknown>;
  /** host:port and id of a node. */
  readonly addr?: string;
  readonly id?: string;
  /** Of a node: what its log tells the changes of. */
  status?(objectsMax: number): Told;
  stop(): Promise<void>;
}

/**
 * @param start makes the nodes; they listen, but need not be ready
 * @param announce says what there is to say once they are ready
 * @param log hears of it, too
 * @returns never before a signal came, or the node left its cluster; the exit code is set then
 * @throws what start and announce throw, and why a node stopped by itself
 */
export async function serveUntilEnd<T extends Serving>(
  start: () => Promise<readonly T[]>,
  announce: (nodes: readonly T[]) => Promise<void>,
  log: NodeLog | null = null,
): Promise<void> {
  try {
    const signal = await untilEnd(start, announce, log);
    log?.tell("info", signal === null ? "left the cluster" : `stopped by ${signal}`);
    await log?.close();
    exitAfter(signal);
  } catch (error) {
    log?.tell("fatal", messageOf(error));
    await log?.close();
    throw error;
  }
}

/** @returns the signal; null: it left the cluster */
async function untilEnd<T extends Serving>(
  start: () => Promise<readonly T[]>,
  announce: (nodes: readonly T[]) => Promise<void>,
  log: NodeLog | null,
): Promise<NodeJS.Signals | null> {
  const signalled = nextSignal();
  log?.tell("info", `starts, concoord ${version}`);
  const nodes = await Promise.race([start(), signalled]);
  if (typeof nodes === "string") return nodes;
  const unfollow = log === null ? [] : nodes.map((node) => follow(node, log, nodes.length === 1));
  const broken = Promise.race(nodes.map((node) => node.broken)).then((reason) => {
    throw reason;
  });
  const serving = announce(nodes).then(() => {
    log?.tell("info", "ready");
    return signalled;
  });
  try {
    return await Promise.race([signalled, broken, serving]);
  } catch (error) {
    if (!(error instanceof Gone) || error.reason !== "left") throw error;
    process.stderr.write(`concoord: ${error.message}\n`);
    return null;
  } finally {
    for (const over of unfollow) over();
    await stopAll(nodes);
  }
}

/** @param alone whether the log is of this node alone; else each of its lines names it */
function follow(node: Serving, log: NodeLog, alone: boolean): () => void {
  const { addr, id } = node;
  if (addr === undefined || id === undefined || node.status === undefined) return () => undefined;
  if (alone) log.isOf(addr, id);
  return log.follow(node.status.bind(node), alone ? log.options : log.optionsOf({ node: addr, id }));
}

/** Waits until the node is ready; says so when that takes long. */
export async function ready(node: RunningReplica): Promise<void> {
  for (const problem of node.status().problems) process.stderr.write(`concoord: ${problem}\n`);
  const timer = setTimeout(() => {
    const { view } = node.status();
    const others = view.members.filter((m) => m.id !== node.id && takesPart(m)).map((m) => m.addr);
    process.stderr.write(
      `concoord: ${node.addr} waits for a majority of the members: ${others.join(", ")}\n`,
    );
  }, quietMillisMax);
  await node.whenReady().finally(() => clearTimeout(timer));
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      // A second one means that somebody does not want to wait.
      process.once(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(130));
      });
    }
  });
}

async function stopAll(nodes: readonly Serving[]): Promise<void> {
  const timer = setTimeout(() => {
    process.stderr.write("concoord: stopping took too long\n");
    process.exit(1);
  }, stopMillisMax);
  await Promise.allSettled(nodes.map((node) => node.stop()));
  clearTimeout(timer);
}

function exitAfter(signal: NodeJS.Signals | null): void {
  process.exit(signal === "SIGINT" ? 130 : 0);
}
