/** The command `openreplica`: reads the command line and loads only what the verb needs. */
import { runOpenreplica } from "../cli/program-launch.ts";

await runOpenreplica(process.argv.slice(2));
