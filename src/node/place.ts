/** Where a node lives: its port and its data folder, each kept from other processes. */
import { join, resolve } from "node:path";
import { type Storage, StorageError } from "../shared/server/storage.ts";
import { DataFolder } from "./data-folder.ts";
import { MemoryStorage } from "./memory-storage.ts";
import { Listener, PortError } from "./net/listener.ts";

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
}

export interface Place {
  readonly listener: Listener;
  readonly storage: Storage;
  /** Null under `memory`. */
  readonly dir: string | null;
}

/**
 * Takes a port and a folder. Without either: the first port from 14000 that is free and whose folder no
 * process uses. With a folder alone: the port that it was last used with.
 * @throws PortError, StorageError
 */
export async function takePlace(options: PlaceOptions): Promise<Place> {
  const { host, port, data, memory, cwd } = options;
  if (memory) {
    const listener = port === null ? await firstFree(host) : await Listener.bind(host, port);
    return { listener, storage: new MemoryStorage(), dir: null };
  }
  if (data !== null) return inFolder(host, port, resolve(cwd, data));
  if (port !== null) return onPort(host, port, join(cwd, dataRoot, String(port)));
  return firstFreePlace(host, cwd);
}

async function inFolder(host: string, port: number | null, dir: string): Promise<Place> {
  const folder = await DataFolder.open(dir);
  try {
    const wanted = port ?? folder.port;
    const listener = wanted === null ? await firstFree(host) : await Listener.bind(host, wanted);
    folder.keepPort(listener.port);
    return { listener, storage: folder.storage, dir };
  } catch (error) {
    await folder.storage.close();
    throw error;
  }
}

async function onPort(host: string, port: number, dir: string): Promise<Place> {
  const listener = await Listener.bind(host, port);
  try {
    const folder = await DataFolder.open(dir);
    folder.keepPort(port);
    return { listener, storage: folder.storage, dir };
  } catch (error) {
    await listener.close();
    throw error;
  }
}

async function firstFreePlace(host: string, cwd: string): Promise<Place> {
  for (let port = firstPort; port < firstPort + portsTried; port++) {
    try {
      return await onPort(host, port, join(cwd, dataRoot, String(port)));
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  throw noneFree(host);
}

async function firstFree(host: string): Promise<Listener> {
  for (let port = firstPort; port < firstPort + portsTried; port++) {
    try {
      return await Listener.bind(host, port);
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
