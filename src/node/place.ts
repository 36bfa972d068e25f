/** Where a node lives: its port and its data folder, each kept from other processes. */
import { join, resolve } from "node:path";
import { type Storage, StorageError } from "../shared/server/storage.ts";
import { DataFolder } from "./data-folder.ts";
import { MemoryStorage } from "./memory-storage.ts";
import { Listener, PortError } from "./net/listener.ts";
import { type DialTls, plainly } from "./tls/dial.ts";
import type { NodeTls } from "./tls/node-tls.ts";

/** The first port that is tried when none is named. */
const firstPort = 14_000;
const portsTried = 1_000;
/** Data of nodes without a named folder: ./.concoord/<port>. */
const dataRoot = ".concoord";

export interface PlaceOptions {
  readonly host: string;
  readonly port: number | null;
  /** The data folder; null for the one of the port. */
  readonly data: string | null;
  /** Nothing is kept on disk. */
  readonly memory: boolean;
  /** Where relative folders are. */
  readonly cwd: string;
  /** What the port shows; null for a port without TLS. */
  readonly tls: NodeTls | null;
}

export interface Place {
  readonly listener: Listener;
  readonly storage: Storage;
  /** Null under `memory`. */
  readonly dir: string | null;
  /** What the port shows; null without TLS. */
  readonly tls: NodeTls | null;
  /** How the node dials others: as it serves itself. */
  readonly dial: DialTls;
}

type Taken = Pick<Place, "listener" | "storage" | "dir">;

/** Takes a port of the host. */
type Bind = (port: number) => Promise<Listener>;

/**
 * Takes a port and a folder. Without either: the first port from 14000 that is free and whose folder no
 * process uses. With a folder alone: the port that it was last used with.
 * @throws PortError, StorageError
 */
export async function takePlace(options: PlaceOptions): Promise<Place> {
  const { tls } = options;
  return { ...(await take(options)), tls, dial: tls ?? plainly };
}

async function take(options: PlaceOptions): Promise<Taken> {
  const { port, data, memory, cwd } = options;
  const bind: Bind = (wanted) => Listener.bind(options.host, wanted, options.tls);
  if (memory) {
    const listener = port === null ? await firstFree(options.host, bind) : await bind(port);
    return { listener, storage: new MemoryStorage(), dir: null };
  }
  if (data !== null) return inFolder(options.host, bind, port, resolve(cwd, data));
  if (port !== null) return onPort(bind, port, join(cwd, dataRoot, String(port)));
  return firstFreePlace(options.host, bind, cwd);
}

async function inFolder(host: string, bind: Bind, port: number | null, dir: string): Promise<Taken> {
  const folder = await DataFolder.open(dir);
  try {
    const wanted = port ?? folder.port;
    const listener = wanted === null ? await firstFree(host, bind) : await bind(wanted);
    folder.keepPort(listener.port);
    return { listener, storage: folder.storage, dir };
  } catch (error) {
    await folder.storage.close();
    throw error;
  }
}

async function onPort(bind: Bind, port: number, dir: string): Promise<Taken> {
  const listener = await bind(port);
  try {
    const folder = await DataFolder.open(dir);
    folder.keepPort(port);
    return { listener, storage: folder.storage, dir };
  } catch (error) {
    await listener.close();
    throw error;
  }
}

async function firstFreePlace(host: string, bind: Bind, cwd: string): Promise<Taken> {
  for (let port = firstPort; port < firstPort + portsTried; port++) {
    try {
      return await onPort(bind, port, join(cwd, dataRoot, String(port)));
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  throw noneFree(host);
}

async function firstFree(host: string, bind: Bind): Promise<Listener> {
  for (let port = firstPort; port < firstPort + portsTried; port++) {
    try {
      return await bind(port);
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  throw noneFree(host);
}

function isTaken(error: unknown): boolean {
  return error instanceof PortError ? error.inUse : error instanceof StorageError && error.kind === "locked";
}

function noneFree(host: string): PortError {
  return new PortError(`no port from ${firstPort} to ${firstPort + portsTried - 1} on ${host} is free`, true);
}
