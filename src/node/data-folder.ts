/** A node's data folder: its log, and the port that it was first used with. */
import type { Storage } from "../shared/server/storage.ts";
import { decodeWrite, encodeWrite } from "../shared/wire/log-codec.ts";
import { FileStorage, readNote, writeNote } from "./storage/index.ts";

export interface DataFolder {
  readonly storage: Storage;
  /** Null before the first start. */
  keptPort(): number | null;
  keepPort(port: number): Promise<void>;
}

/** @throws StorageError "locked" when another process uses the folder */
export async function openDataFolder(dir: string): Promise<DataFolder> {
  const storage = await FileStorage.open({ dir, codec: { encode: encodeWrite, decode: decodeWrite } });
  return {
    storage,
    keptPort() {
      const note = readNote(dir, "port");
      return note === null ? null : Number(note);
    },
    async keepPort(port) {
      writeNote(dir, "port", String(port));
    },
  };
}
