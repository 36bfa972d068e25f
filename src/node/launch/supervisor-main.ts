/** The process that keeps one node alive; its only argument is the node's folder. */
import { Supervisor } from "./supervisor.ts";

const folder = process.argv[2] ?? "";
process.chdir(folder);
const supervisor = new Supervisor(folder, (code) => {
  process.exitCode = code;
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => supervisor.stop());
// Whoever started it may be gone; the node must not end with them.
process.on("SIGHUP", () => process.stderr.write("supervisor: goes on without a terminal\n"));
await supervisor.start();
