/** Starts a nameserver in this process, from options as programs and the command line give them. */
import { parseBootstrap } from "../shared/client/bootstrap.ts";
import { joinHostPort } from "./address.ts";
import { Names } from "./dns/names.ts";
import { RunningNameserver, type ViewPublisher } from "./nameserver.ts";
import { NameserverNotes } from "./nameserver-notes.ts";
import { takePlace } from "./place.ts";
import {
  checkPlace,
  type DnsSettings,
  logOf,
  type NodeOptions,
  openDns,
  orGiveBack,
  tlsOf,
  tokensOf,
} from "./start-replica.ts";

export interface NameserverOptions extends Omit<NodeOptions, "evictAfter">, DnsSettings {
  /** Members to follow, host:port or a domain, with commas. */
  readonly boot: string;
}

/**
 * Resolves when it answers; the view may not show it yet.
 * @param publisher takes the views elsewhere, too
 * @throws Error when a port is taken, the data does not fit, or nobody answers; BadName when the domain is none
 */
export async function startNameserver(
  options: NameserverOptions,
  publisher: ViewPublisher | null = null,
): Promise<RunningNameserver> {
  checkPlace(options);
  const { domain, ttl, boot, addr: host = "127.0.0.1", port = null, data = null, memory = false } = options;
  const bootstraps = parseBootstrap(boot);
  const tls = tlsOf(options);
  const names = new Names({ domain, tls: tls !== null, ...(ttl === undefined ? {} : { ttl }) });
  const place = await takePlace({ host, port, data, memory, cwd: process.cwd(), tls });
  const { notes, dns } = await orGiveBack(place, async () => ({
    notes: new NameserverNotes(place.dir),
    dns: await openDns(names, options),
  }));
  const running = new RunningNameserver({
    place,
    addr: options.advertise ?? joinHostPort(host, place.listener.port),
    groups: options.groups ?? [],
    bootstraps,
    tokens: tokensOf(options),
    notes,
    names,
    dns,
    publisher,
    ...logOf(options),
  });
  try {
    await running.start();
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}
