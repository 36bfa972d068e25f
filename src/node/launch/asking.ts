/** How the tool speaks with the registered hosts: a job to the agent of one, or of all. */
import { hostsAtOnceMax } from "../../shared/limits.ts";
import { Failure, messageOf, oneLine } from "../cli/failure.ts";
import { version } from "../version.ts";
import type { Config } from "./config.ts";
import { findNode, type Host } from "./host.ts";
import { type Answer, type Job, type JobOf, readReply } from "./jobs.ts";
import { runScript, type Way, wayTo } from "./ssh.ts";

const jobMillisMax = 120_000;

export const notConfigured = "This instance is not in the configuration. Add and try again.";

/** @throws Failure 1 when no host is registered */
export function hostsOf(config: Config): readonly Host[] {
  if (config.hosts.length === 0) throw new Failure(1, "no host is registered: openreplica addnode HOST");
  return config.hosts;
}

/** The registered host of that name. @throws Failure 1 */
export function hostNamed(name: string, config: Config): Host {
  const found = findNode(name, config.hosts);
  if (found === null || found.port !== null) throw new Failure(1, `${name}: ${notConfigured}`);
  return found.host;
}

/** Has the agent of a host do a job. @throws Failure as the agent says; 1 before setup; 4 when it is unreachable */
export async function ask<T extends Job["type"]>(way: Way, job: JobOf<T>): Promise<Answer<T>> {
  const { name, address } = way.host;
  // JSON has no line break, so that nothing in it can end the document; and the shell reads nothing in it.
  const line = JSON.stringify({ version, host: name, address, job });
  const script = `[ -f "$HOME/.concoord/agent" ] || { echo concoord-missing; exit 0; }
exec sh "$HOME/.concoord/agent" <<'CONCOORD_END'
${line}
CONCOORD_END
`;
  const { stdout, stderr, code } = await runScript(way, script, jobMillisMax);
  try {
    const reply = readReply(stdout, job.type);
    if (reply !== null) return reply;
  } catch (error) {
    if (error instanceof Failure) throw new Failure(error.exit, `${name}: ${error.message}`);
    throw error;
  }
  if (stdout.includes("concoord-missing"))
    throw new Failure(1, `${name} is not set up: openreplica setup ${name}`);
  throw new Failure(1, `${name}: ${oneLine(stderr) || `no answer, exit ${code}`}`);
}

/** What one host said. */
export interface Told<T extends Job["type"]> {
  readonly host: Host;
  readonly answer: Answer<T> | null;
  readonly error: Failure | null;
}

/** Asks all hosts, many at once. Never throws: who cannot do it has an error. @returns in the order of the hosts */
export async function everywhere<T extends Job["type"]>(
  config: Config,
  job: JobOf<T>,
): Promise<readonly Told<T>[]> {
  const hosts = hostsOf(config);
  const told: Told<T>[] = [];
  const left = hosts.entries();
  const askOn = async () => {
    for (const [at, host] of left) told[at] = await tellOne(host, config, job);
  };
  await Promise.all(Array.from({ length: Math.min(hostsAtOnceMax, hosts.length) }, askOn));
  return told;
}

async function tellOne<T extends Job["type"]>(host: Host, config: Config, job: JobOf<T>): Promise<Told<T>> {
  try {
    return { host, answer: await ask<T>(wayTo(host, config, process.env), job), error: null };
  } catch (error) {
    const failure = error instanceof Failure ? error : new Failure(1, messageOf(error));
    return { host, answer: null, error: failure };
  }
}
