/**
 * The DNS as programs in Node ask it: by the system's servers, by one that is named, or over HTTPS. The system's are
 * asked anew each time, since they and this machine remember answers for as long as they hold.
 */
import { lookup, Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import { checkedDoh } from "../../shared/client/bootstrap.ts";
import {
  bare,
  type DomainResolver,
  LookUpFailed,
  noService,
  type Service,
  serviceName,
  type Target,
} from "../../shared/client/domain.ts";
import { domainTargetsMax, lookUpMillisMax } from "../../shared/name-limits.ts";
import { DohResolver } from "../../web/doh-resolver.ts";

/** The first try's time; each further one has more. */
const tryMillis = 1_000;
const triesMax = 3;

/**
 * @param doh the URL of a DNS server over HTTPS. Null: `CONCOORD_DOH`, or the server at host:port that `CONCOORD_DNS`
 *   names (over UDP and TCP), or the system's
 * @throws TypeError with code UNREACHABLE for what is no URL
 */
export function resolverOf(doh: string | null): DomainResolver {
  const { CONCOORD_DOH: usual, CONCOORD_DNS: server } = process.env;
  const url = checkedDoh((doh ?? usual) || undefined);
  return url === null ? new SystemResolver(server || null) : new DohResolver(url);
}

/** Asks by UDP, and by TCP what UDP could not carry. */
export class SystemResolver implements DomainResolver {
  private readonly server: string | null;

  /** @param server host:port, or host for port 53; null for the servers of the system */
  constructor(server: string | null) {
    this.server = server;
  }

  service(domain: string): Promise<Service> {
    return this.ask(domain, async (resolver) => {
      const records = await resolver.resolveSrv(serviceName(domain)).catch((error: unknown) => {
        throw isNone(error) ? noService(domain, saidNone(error)) : failed(domain, error);
      });
      // The root as the target says that there is no such service (RFC 2782).
      const there = records.filter(({ name }) => name !== "" && name !== ".").slice(0, domainTargetsMax);
      if (there.length === 0) throw noService(domain, "NODATA");
      const targets = there.map(async ({ name, port, priority, weight }): Promise<Target> => {
        const host = bare(name);
        return { host, port, priority, weight, addresses: await addressesOf(resolver, host) };
      });
      return { targets: await Promise.all(targets), ttlMillis: 0 };
    });
  }

  texts(domain: string): Promise<readonly string[]> {
    return this.ask(domain, async (resolver) => {
      const records = await resolver.resolveTxt(bare(domain)).catch((error: unknown) => {
        if (isNone(error)) return [];
        throw failed(domain, error);
      });
      return records.map((strings) => strings.join(""));
    });
  }

  /** Gives all questions together their time. */
  private async ask<T>(domain: string, run: (resolver: Resolver) => Promise<T>): Promise<T> {
    const resolver = new Resolver({ timeout: tryMillis, tries: triesMax });
    if (this.server !== null) resolver.setServers([await ipOf(this.server, domain)]);
    const timer = setTimeout(() => resolver.cancel(), lookUpMillisMax);
    try {
      return await run(resolver);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Of both kinds; none when the server knows none, or fails: then the system may know the host. */
async function addressesOf(resolver: Resolver, host: string): Promise<readonly string[]> {
  const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  return found.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
}

/** A DNS server's address as `setServers` takes it, which wants no names. */
async function ipOf(server: string, domain: string): Promise<string> {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(server);
  const [, host = server, port = "53"] = bracketed ?? /^([^:]+)(?::(\d+))?$/.exec(server) ?? [];
  try {
    const address = isIP(host) === 0 ? (await lookup(host)).address : host;
    return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
  } catch (error) {
    throw new LookUpFailed(domain, "nothing", `CONCOORD_DNS: there is no host ${host}`, error);
  }
}

/** What c-ares calls the answers that say that there is nothing. */
const none: Readonly<Record<string, string>> = { ENOTFOUND: "NXDOMAIN", ENODATA: "NODATA" };
/** What it calls no answer at all. */
const silence = new Set(["ETIMEOUT", "ECONNREFUSED", "ECANCELLED"]);

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function isNone(error: unknown): boolean {
  return codeOf(error) in none;
}

function saidNone(error: unknown): string {
  return none[codeOf(error)] ?? "";
}

function failed(domain: string, error: unknown): LookUpFailed {
  const code = codeOf(error);
  if (silence.has(code)) return new LookUpFailed(domain, "nothing", "no DNS server answers", error);
  return new LookUpFailed(domain, "error", `the DNS server says ${code.replace(/^E/, "")}`, error);
}
