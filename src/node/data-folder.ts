/** A node's data folder: its log, and the port that it was first used with. */
import { decodeWrite, encodeWrite } from "../shared/wire/log-codec.ts";
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
    const codec = { encode: encodeWrite, decode: decodeWrite };
    return new DataFolder(dir, await FileStorage.open({ dir, codec }));
  }

  /** The port of the first start; null before it. */
  get port(): number | null {
    const text = readNote(this.dir, portNote);
    if (text === null) return null;
    const port = Number(text);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new Error(`${this.dir}/${portNote} does not hold a port number`);
    return port;
  }

  /** Keeps the port for later starts. @throws Error when another one is kept */
  keepPort(port: number): void {
    const kept = this.port;
    if (kept === null) writeNote(this.dir, portNote, String(port));
    else if (kept !== port)
      throw new Error(
        `the data in ${this.dir} belongs to the node on port ${kept}; it cannot serve on ${port}`,
      );
  }
}
