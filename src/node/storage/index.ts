/** Storage on disk: the log and the snapshots of a node, the lock of its folder, and the notes beside it. */
export { FileStorage } from "./file-storage.ts";
export { readNote, writeNote } from "./note.ts";
