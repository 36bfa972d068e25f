/** The process that runs on a host for one job of the tool: reads it from its standard input, answers and ends. */
import { Failure, messageOf } from "../cli/failure.ts";
import { version } from "../version.ts";
import { answer } from "./agent.ts";
import { formatReply, readAsked } from "./jobs.ts";

let text = "";
for await (const piece of process.stdin.setEncoding("utf8")) text += piece;
try {
  process.stdout.write(formatReply(await answer(readAsked(text, version))));
} catch (error) {
  const exit = error instanceof Failure && error.exit !== 130 ? error.exit : 1;
  process.stdout.write(formatReply({ ok: false, exit, message: messageOf(error) }));
}
