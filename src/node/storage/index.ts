/** Storage on disk. */
export { FileStorage, type FileStorageOptions, type LogCodec } from "./file-storage.ts";
export { readNote, writeNote } from "./note.ts";
