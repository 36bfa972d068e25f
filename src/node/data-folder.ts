/** A node's data folder: its log and snapshots, and the port that it was last used with. */
import { logCodec } from "../shared/wire/log-codec.ts";
import { FileStorage, readNote, writeNote } from "./storage/index.ts";

const portNote = "port";

export class DataFolder {
  readonly dir: string;
  readonly storage: FileStorage;

  private constructor(dir: string, storage: FileStorage) {
    this.dir = dir;
    this.storage = storage;
  }

  /** Takes the folder, which is made when it is missing. @throws StorageError "locked" */
  static async open(dir: string): Promise<DataFolder> {
    return new DataFolder(dir, await FileStorage.open({ dir, codec: logCodec }));
  }

  /** The port of the last start; null before the first one. */
  get port(): number | null {
    const text = readNote(this.dir, portNote);
    if (text === null) return null;
    const port = Number(text);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new Error(`${this.dir}/${portNote} does not hold a port number`);
    return port;
  }

  /** Keeps the port for later starts. */
  keepPort(port: number): void {
    if (this.port !== port) writeNote(this.dir, portNote, String(port));
  }
}
