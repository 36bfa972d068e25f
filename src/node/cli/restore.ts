/** `concoord restore`: makes the data of a new cluster's first node from a backup. */
import { Backup, BackupError } from "../snapshot/backup-file.ts";
import { FolderError, makeRestoredFolder } from "../snapshot/restored-folder.ts";
import { host, port } from "./arguments.ts";
import { Failure, usage } from "./failure.ts";

export interface RestoreFlags {
  readonly data?: string;
  readonly addr: string;
  readonly port: string;
}

/** @throws Failure 1 when the file is not a whole backup, or the folder is not empty */
export async function restore(file: string, flags: RestoreFlags): Promise<void> {
  const { data: dir } = flags;
  if (dir === undefined) throw usage("--data is missing: the folder to make, empty or not there yet");
  const place = { dir, host: host(flags.addr), port: port(flags.port) };
  try {
    const backup = await Backup.open(file);
    try {
      const { cluster } = await makeRestoredFolder(backup, place);
      process.stdout.write(`RESTORED ${cluster} slot=${backup.about.head.slot}\n`);
    } finally {
      await backup.close();
    }
  } catch (error) {
    throw error instanceof BackupError || error instanceof FolderError
      ? new Failure(1, error.message)
      : error;
  }
}
