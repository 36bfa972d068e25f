/** The verbs replica, acceptor, nameserver and route53 of the tool: from a command line to a host. */
import type { Command } from "commander";
import { usage } from "../cli/failure.ts";
import { hostNamed } from "./asking.ts";
import { readConfig } from "./config.ts";
import type { LaunchRole } from "./jobs.ts";
import { route53, startNode } from "./operator.ts";
import { shipmentOf } from "./shipment.ts";

/** Starts the node that a parsed command line asks for, on `--host` or where placement puts it. */
export async function start(role: LaunchRole, command: Command): Promise<void> {
  const { host, objectname, boot } = command.opts<{ host?: string; objectname?: unknown; boot?: string }>();
  if (role === "replica" && objectname === undefined)
    throw usage("-o is missing: which classes to serve, as -o ./counter.ts");
  if (role !== "replica" && boot === undefined)
    throw usage(`-b is missing: a ${role} joins a cluster, it cannot found one`);
  const chosen = host === undefined ? null : hostNamed(host, readConfig(process.env));
  const without = role === "replica" ? [] : ["objectname"];
  await startNode(role, chosen, shipmentOf(command, process.cwd(), process.env["CONCOORD_TOKEN"], without));
}

/** Takes the credentials from the environment or from standard input. @throws Failure 2 for ones in the arguments */
export async function keepRoute53(host: string, others: readonly string[]): Promise<void> {
  if (others.length > 0)
    throw usage(
      "ID and KEY are not taken here, where others see them: by AWS_… variables or on standard input",
    );
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key } = process.env;
  if (id && key) return route53(host, id, key);
  let text = "";
  for await (const piece of process.stdin.setEncoding("utf8")) text += piece;
  const [first = "", second = ""] = text.split("\n").map((line) => line.trim());
  if (first === "" || second === "") throw usage("two lines are wanted on standard input: the id, the key");
  await route53(host, first, second);
}
