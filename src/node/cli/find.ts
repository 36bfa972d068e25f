/** `concoord find`: what a domain says of its cluster, in SRV and TXT records. */
import { parseBootstrap } from "../../shared/client/bootstrap.ts";
import { type DomainResolver, joined, LookUpFailed, type Target } from "../../shared/client/domain.ts";
import { resolverOf } from "../client/resolver.ts";
import { unfound } from "./boot.ts";
import { oneLine, usage } from "./failure.ts";

export interface FindFlags {
  readonly doh?: string;
  readonly json?: boolean;
}

/** One node, as the records show it. */
interface FoundNode {
  /** host:port. */
  readonly addr: string;
  /** What TXT says it is: replica, acceptor, learner, nameserver; null when only SRV names it. */
  readonly role: string | null;
  readonly id: string | null;
  /** Whether SRV sends clients there. */
  readonly srv: boolean;
}

/** @throws Failure 1 when there is no such domain, 2 for what is none, 4 when no DNS server answers */
export async function find(domain: string, { doh, json }: FindFlags): Promise<void> {
  const found = await lookUp(domainOf(domain), resolverFor(doh));
  const sorted = found.toSorted((a, b) => a.addr.localeCompare(b.addr, "en", { numeric: true }));
  process.stdout.write(json === true ? `${JSON.stringify(sorted)}\n` : sorted.map(line).join(""));
}

function domainOf(text: string): string {
  try {
    const { addresses, domains } = parseBootstrap(text);
    const [domain] = domains;
    if (domain !== undefined && domains.length === 1 && addresses.length === 0) return domain;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw usage(`"${oneLine(text)}" is not a domain, as counter.example`);
}

function resolverFor(doh: string | undefined): DomainResolver {
  try {
    return resolverOf(doh ?? null);
  } catch (error) {
    throw error instanceof TypeError ? usage(error.message) : error;
  }
}

/** Nodes that serve nobody now are in TXT alone. */
async function lookUp(domain: string, resolver: DomainResolver): Promise<readonly FoundNode[]> {
  const [service, texts] = await Promise.allSettled([resolver.service(domain), resolver.texts(domain)]);
  const targets = service.status === "fulfilled" ? service.value.targets : [];
  const served = new Set(targets.flatMap(namesOf));
  const told = texts.status === "fulfilled" ? texts.value.flatMap((text) => nodeOf(text, served)) : [];
  if (service.status === "rejected" && told.length === 0) throw failureOf(service.reason);
  if (texts.status === "rejected") process.stderr.write(`concoord: ${failureOf(texts.reason).message}\n`);
  const addrs = new Set(told.map(({ addr }) => addr));
  const untold = targets.filter((target) => !namesOf(target).some((name) => addrs.has(name)));
  const others = untold.map(({ host, port, addresses }) => joined(addresses[0] ?? host, port));
  return [...told, ...others.map((addr) => ({ addr, role: null, id: null, srv: true }))];
}

/** All addresses that mean the target. */
function namesOf({ host, port, addresses }: Target): readonly string[] {
  return [host, ...addresses].map((each) => joined(each, port));
}

/** `REPLICA 10.0.0.1:14000 id=0123456789abcdef`; a domain may have TXT records of other kinds. */
function nodeOf(text: string, served: ReadonlySet<string>): readonly FoundNode[] {
  const [, role, addr, id = null] = /^([A-Z]+) (\S+:\d+)(?: id=([0-9a-f]{16}))?$/.exec(text) ?? [];
  if (role === undefined || addr === undefined) return [];
  return [{ addr, role: role.toLowerCase(), id, srv: role === "REPLICA" && served.has(addr) }];
}

function failureOf(error: unknown): Error {
  if (error instanceof LookUpFailed) return unfound(error);
  return error instanceof Error ? error : new Error(String(error));
}

/** A replica to which no client is sent is away. */
function line({ addr, role, id, srv }: FoundNode): string {
  const words = [addr, role, id === null ? null : `id=${id}`, role === "replica" && !srv ? "away" : null];
  return `${words.filter((word) => word !== null).join(" ")}\n`;
}
