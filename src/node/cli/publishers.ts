/** What takes the views of a node elsewhere, from flags: to a master (-t 2), to Amazon Route 53 (-t 3, -r). */
import { Route53Names } from "../dns/route53.ts";
import { Slave } from "../dns/slave.ts";
import type { Log } from "../log/levels.ts";
import type { ViewPublisher } from "../nameserver.ts";
import { bootstrap } from "./arguments.ts";
import { type DnsFlags, dnsSettings } from "./dns-flags.ts";
import { usage } from "./failure.ts";
import { readCredentials } from "./route53-keys.ts";
import { readTokens } from "./tokens.ts";

export interface PublisherFlags extends DnsFlags {
  readonly type: string;
  readonly master?: string;
  readonly configpath?: string;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
}

/** Where nameservers are asked that somebody delegates to. */
const usualPort = 53;

/** Of `concoord nameserver`. @throws Failure 2 for flags that do not fit the type; 1 for missing credentials */
export function publisherOf(flags: PublisherFlags, log: Log): ViewPublisher | null {
  const { type, master, configpath } = flags;
  if (!["1", "2", "3"].includes(type)) throw usage(`--type: "${type}" is not 1, 2 or 3`);
  if (type !== "2" && master !== undefined) throw usage("-m is of -t 2: only a slave has a master");
  if (type !== "3" && configpath !== undefined) throw usage("-c is of -t 3: the credentials for Route 53");
  if (type === "2") return slaveOf(flags, log);
  return type === "3" ? route53Of(flags, log) : null;
}

function slaveOf(flags: PublisherFlags, log: Log): ViewPublisher {
  const { master, domainname, tokenFile } = flags;
  if (master === undefined) throw usage("-m is missing: nodes of the master's cluster, as -m 10.0.0.9:14000");
  bootstrap(master, "--master");
  const { domain, dnsPort = usualPort, ttl } = dnsSettings(domainname ?? "", flags);
  // Where both clusters have tokens of their own, the file holds this cluster's.
  const tls = flags.tlsCert !== undefined;
  const token = process.env["CONCOORD_TOKEN"] ?? readTokens(tokenFile, undefined).client;
  return new Slave({ domain, master, token, delegate: dnsPort === usualPort, ttl, tls, log });
}

/** Of `replica -r`, too. @throws Failure 1 for missing credentials, 2 without a domain */
export function route53Of(
  flags: DnsFlags & Pick<PublisherFlags, "configpath" | "tlsCert">,
  log: Log,
): ViewPublisher {
  const { domainname, configpath, tlsCert } = flags;
  if (domainname === undefined) throw usage("-r: -n is missing: the domain to keep in Route 53");
  const { domain, ttl } = dnsSettings(domainname, flags);
  const credentials = readCredentials(process.env, configpath);
  const endpoint = process.env["AWS_ENDPOINT_URL_ROUTE_53"];
  if (endpoint !== undefined && !URL.canParse(endpoint))
    throw usage(`AWS_ENDPOINT_URL_ROUTE_53: "${endpoint}" is not a URL`);
  return new Route53Names({ domain, credentials, endpoint, ttl, tls: tlsCert !== undefined, log });
}
