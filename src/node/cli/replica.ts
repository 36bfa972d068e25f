/** `concoord replica`: one node in the foreground, until a signal ends it. */
import { NobodyAnswered } from "../../shared/server/start.ts";
import { isLoopback } from "../address.ts";
import type { RunningReplica } from "../running-replica.ts";
import { type ReplicaOptions, startReplica } from "../start-replica.ts";
import { bootstrap, host, port } from "./arguments.ts";
import { Failure, usage } from "./failure.ts";
import { quietMillisMax, ready, serveUntilEnd } from "./serve.ts";
import { readTokens } from "./tokens.ts";

export interface ReplicaFlags {
  readonly objectname?: readonly string[];
  readonly addr: string;
  readonly port?: string;
  readonly boot?: string;
  readonly data?: string;
  readonly memory?: boolean;
  readonly tokenFile?: string;
  readonly insecure?: boolean;
}

export async function replica(flags: ReplicaFlags): Promise<void> {
  const objects = objectList(flags.objectname);
  if (objects.length === 0) throw usage("-o is missing: which classes to serve, as -o ./counter.ts");
  const addr = host(flags.addr);
  const wanted = flags.port === undefined ? null : port(flags.port);
  if (flags.boot !== undefined) bootstrap(flags.boot);
  const tokens = readTokens(flags.tokenFile, process.env["CONCOORD_TOKEN"]);
  if (!isLoopback(addr) && (tokens.client === null || tokens.peer === null) && flags.insecure !== true)
    throw usage(`${addr} can be reached from outside: give --token-file with client and peer, or --insecure`);
  await serveUntilEnd(async () => {
    const node = await start({
      objects,
      addr,
      memory: flags.memory === true,
      insecure: flags.insecure === true,
      ...(wanted === null ? {} : { port: wanted }),
      ...(flags.data === undefined ? {} : { data: flags.data }),
      ...(flags.boot === undefined ? {} : { boot: flags.boot }),
      ...(tokens.client === null ? {} : { token: tokens.client }),
      ...(tokens.peer === null ? {} : { peerToken: tokens.peer }),
      log: (line) => process.stderr.write(`${line}\n`),
    });
    return [node];
  }, announce);
}

async function start(options: ReplicaOptions): Promise<RunningReplica> {
  const { boot } = options;
  const late = () => process.stderr.write(`concoord: waits for an answer from ${boot}\n`);
  const timer = boot === undefined ? undefined : setTimeout(late, quietMillisMax);
  try {
    return await startReplica(options);
  } catch (error) {
    throw error instanceof NobodyAnswered ? new Failure(4, error.message) : error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The environment gives one text, the command line a list.
 * @throws Failure 2 for what cannot name a class: `-o` takes the words that follow it
 */
export function objectList(given: readonly string[] | string | undefined): readonly string[] {
  const list = typeof given === "string" ? given.split(",") : (given ?? []);
  const wrong = list.find((item) => item === "" || item.startsWith("-"));
  if (wrong !== undefined) throw usage(`-o: "${wrong}" names no class: write -o ./counter.ts`);
  return list;
}

async function announce([node]: readonly RunningReplica[]): Promise<void> {
  if (node === undefined) return;
  if (node.founded) process.stdout.write(`FOUNDED ${node.cluster}\n`);
  await ready(node);
  const { role, view } = node.status();
  process.stdout.write(`READY ${role} ${node.addr} id=${node.id} view=${view.number}\n`);
}
