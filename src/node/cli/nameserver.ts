/** `concoord nameserver`: one nameserver in the foreground, until a signal ends it. */
import type { RunningNameserver, ViewPublisher } from "../nameserver.ts";
import { startNameserver } from "../start-nameserver.ts";
import { type DnsFlags, dnsSettings } from "./dns-flags.ts";
import { usage } from "./failure.ts";
import { type NodeFlags, nodeOptions, patiently } from "./replica.ts";
import { quietMillisMax, serveUntilEnd } from "./serve.ts";

export interface NameserverFlags extends NodeFlags, DnsFlags {
  readonly type: string;
  readonly master?: string;
  readonly serveSubdomains?: boolean;
  readonly configpath?: string;
}

export async function nameserver(flags: NameserverFlags): Promise<void> {
  const { domainname, boot } = flags;
  if (domainname === undefined) throw usage("-n is missing: the domain to answer for, as -n counter.example");
  if (boot === undefined) throw usage("-b is missing: a nameserver follows a cluster, it cannot found one");
  const options = { ...nodeOptions(flags), ...dnsSettings(domainname, flags), boot };
  const publisher = publisherOf(flags);
  await serveUntilEnd(
    async () => [await patiently(boot, () => startNameserver(options, publisher))],
    announce,
  );
}

/** What takes the views elsewhere. @throws Failure 2 for flags that do not fit the type */
function publisherOf({ type, master, serveSubdomains }: NameserverFlags): ViewPublisher | null {
  if (!["1", "2", "3"].includes(type)) throw usage(`--type: "${type}" is not 1, 2 or 3`);
  if (type !== "1") throw usage(`--type: ${type} is not there yet`);
  if (master !== undefined) throw usage("-m is of -t 2: only a slave has a master");
  if (serveSubdomains === true) throw usage("--serve-subdomains is not there yet");
  return null;
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
