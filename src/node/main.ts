/** The command `concoord`: reads the command line and loads only what the verb needs. */
import { run } from "./cli/program.ts";

await run(process.argv.slice(2));
