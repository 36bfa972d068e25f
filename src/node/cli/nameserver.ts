/** `concoord nameserver`: one nameserver in the foreground, until a signal ends it. */
import type { NodeLog } from "../log/node-log.ts";
import type { RunningNameserver } from "../nameserver.ts";
import { startMaster } from "../start-master.ts";
import { type NameserverOptions, startNameserver } from "../start-nameserver.ts";
import { dnsSettings } from "./dns-flags.ts";
import { usage } from "./failure.ts";
import { type PublisherFlags, publisherOf } from "./publishers.ts";
import { announce as announceReplica, type NodeFlags, nodeOptions, openLog, patiently } from "./replica.ts";
import { rereadOnHangUp } from "./reread.ts";
import { quietMillisMax, serveUntilEnd } from "./serve.ts";

export interface NameserverFlags extends NodeFlags, PublisherFlags {
  readonly serveSubdomains?: boolean;
}

export async function nameserver(flags: NameserverFlags): Promise<void> {
  const { domainname, boot } = flags;
  if (domainname === undefined) throw usage("-n is missing: the domain to answer for, as -n counter.example");
  if (boot === undefined) throw usage("-b is missing: a nameserver follows a cluster, it cannot found one");
  const log = await openLog(flags);
  const options = { ...nodeOptions(flags, log), ...dnsSettings(domainname, flags), boot };
  if (flags.serveSubdomains === true) return serveSubdomains(flags, options, log);
  const publisher = publisherOf(flags, log.options.log);
  const rereads = rereadOnHangUp(options);
  await serveUntilEnd(
    async () => [rereads(await patiently(boot, () => startNameserver(withPort(flags, options), publisher)))],
    announce,
    log,
  );
}

/** Whoever publishes in Route 53 leaves DNS to it, unless a port is named. */
function withPort(flags: NameserverFlags, options: NameserverOptions): NameserverOptions {
  return flags.type === "3" && flags.dnsPort === undefined ? { ...options, dnsPort: null } : options;
}

/** The master is a learner: it has the object, into which slaves push, in a copy of its own. */
async function serveSubdomains(
  flags: NameserverFlags,
  options: NameserverOptions,
  log: NodeLog,
): Promise<void> {
  if (flags.type !== "1") throw usage(`--serve-subdomains: the master is of -t 1, not of ${flags.type}`);
  publisherOf(flags, log.options.log);
  const rereads = rereadOnHangUp(options);
  await serveUntilEnd(
    async () => [rereads(await patiently(options.boot, () => startMaster(options)))],
    announceReplica,
    log,
  );
}

async function announce([server]: readonly RunningNameserver[]): Promise<void> {
  if (server === undefined) return;
  const { addr, id, dns } = server;
  if (dns !== null) process.stderr.write(`answers DNS on ${dns}\n`);
  const late = setTimeout(() => {
    const { problems } = server.status();
    const why = problems.length === 0 ? "" : `: ${problems.join("; ")}`;
    process.stderr.write(`concoord: ${addr} waits until the cluster shows it${why}\n`);
  }, quietMillisMax);
  await server.whenReady().finally(() => clearTimeout(late));
  process.stdout.write(`READY nameserver ${addr} id=${id} view=${server.status().view.number}\n`);
}
