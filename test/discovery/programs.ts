/** Runs the built command line where a DNS server of a test is the one to ask. */
import { join } from "node:path";
import { type Running, root, startNode } from "../process/processes.ts";

const bin = join(root, "bin", "concoord.js");

export interface Ended {
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param env as `CONCOORD_DNS` */
export function start(args: readonly string[], env: NodeJS.ProcessEnv, cwd = root): Running {
  return startNode([bin, ...args], env, { cwd });
}

export async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const running = start(args, env);
  const exit = await running.over;
  return { exit, stdout: running.output(), stderr: running.errors() };
}
