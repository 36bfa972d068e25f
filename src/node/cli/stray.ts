/**
 * Failures that nobody waits for: rejected promises and errors of timers. One that code of users left behind (an
 * asynchronous function that a method began) is said and harms nothing, for every replica executes it, and again at
 * each start. Any other means that this program is broken, and ends it.
 */
import { fileURLToPath } from "node:url";
import { messageOf } from "./failure.ts";

/** Where the code of this package lies: `src`, or `dist` once it is built; and the command that loads it. */
const ours = ["../..", "../../../bin"].map((folder) => fileURLToPath(new URL(folder, import.meta.url)));

/** From now on, for the whole process. */
export function hearStrayFailures(): void {
  process.on("uncaughtException", heard);
  process.on("unhandledRejection", heard);
}

function heard(error: unknown): void {
  if (isUsers(error)) {
    process.stderr.write(`concoord: code of a class failed and nobody waits for it: ${messageOf(error)}\n`);
    return;
  }
  // A broken invariant shows where.
  const broken = error instanceof Error && error.name === "Broken";
  process.stderr.write(`concoord: ${broken ? error.stack : messageOf(error)}\n`);
  process.exit(1);
}

/**
 * Whether code outside of this package had a part in it, as its stack says. We never throw what is no error.
 * @param error what was thrown, or rejected with
 * @param folders of this package's code
 */
export function isUsers(error: unknown, folders: readonly string[] = ours): boolean {
  if (!(error instanceof Error)) return true;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return frames.some((line) => {
    const file = /(?:file:\/\/)?(\/[^():]+|[A-Za-z]:\\[^():]+)/.exec(line)?.[1];
    if (file === undefined || line.includes("node:") || file.includes("/node_modules/")) return false;
    return folders.every((folder) => !file.startsWith(folder));
  });
}
