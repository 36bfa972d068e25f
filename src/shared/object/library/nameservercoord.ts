/**
 * The subdomains of one domain: what a master nameserver answers from. Slaves push whole record sets, launch tools name
 * single nodes. Departs from the original: answers are plain data, the domain is an argument of the constructor, and
 * what slaves push are records of the DNS with the number of the view that they follow from.
 */
import {
  dnsNameBytesMax,
  subdomainBytesMax,
  subdomainSilentMillisMax,
  subdomainsMax,
} from "../../name-limits.ts";
import { invocation } from "../invocation.ts";
import type { Reads } from "../surface.ts";
import { countOf } from "../sync/arguments.ts";
import { valueError } from "../sync/errors.ts";
import { text } from "./parts/arguments.ts";
import { full, keyError } from "./parts/errors.ts";

/** Nodes by the number of their type. */
export type NodesByType = Record<string, string[]>;

/** What a slave pushed. */
export interface Pushed {
  /** Of the view of its cluster. */
  readonly number: number;
  /** The log time of the newest push, ms. */
  readonly at: number;
  /** Messages of the DNS whose answers are the records. */
  readonly records: readonly Uint8Array[];
}

/** All that was pushed, in short. */
export interface PushedNames {
  /** Another one whenever anything was pushed or removed. */
  readonly change: number;
  /** By full name: another number after each push. */
  readonly subdomains: Readonly<Record<string, number>>;
}

/** No type of nodes has a larger number. */
const typeMax = 99;
/** What could not be told from the marks of the original's text form. */
const marks = /[\s;()]|--/;

export class NameserverCoord {
  static reads = [
    "getnodes",
    "getsubdomains",
    "getdomains",
    "getstate",
    "getpushed",
    "getrecords",
  ] satisfies Reads<NameserverCoord>;
  /** By full name, then by type. */
  private nodes = new Map<string, Map<number, Set<string>>>();
  /** By full name; who pushed last is last. */
  private readonly pushed = new Map<string, Pushed & { readonly change: number }>();
  /** The index of the call that changed `pushed` last: it never comes again. */
  private change = 0;
  private readonly domain: string;

  /** @param domain to which the names of subdomains are completed */
  constructor(domain = "openreplica.org") {
    this.domain = text(domain, "domain").toLowerCase().replace(/\.$/, "");
  }

  /** A subdomain begins with its first node. @throws VALUE_ERROR */
  addnodetosubdomain(subdomain: string, nodetype: number, node: string): void {
    const name = this._full(subdomain);
    const [type, checked] = [typeOf(nodetype), nodeOf(node)];
    const types = this.nodes.get(name) ?? new Map<number, Set<string>>();
    const nodes = types.get(type) ?? new Set();
    this.nodes.set(name, types.set(type, nodes.add(checked)));
  }

  /** @returns whether it was there */
  delnodefromsubdomain(subdomain: string, nodetype: number, node: string): boolean {
    const types = this.nodes.get(this._full(subdomain));
    return types?.get(typeOf(nodetype))?.delete(node) ?? false;
  }

  /** @returns whether it was there; until its next push it is gone for slaves, too */
  delsubdomain(subdomain: string): boolean {
    const hadRecords = this.pushed.delete(absolute(subdomain));
    if (hadRecords) this.change = invocation().index;
    return this.nodes.delete(this._full(subdomain)) || hadRecords;
  }

  /**
   * A slave pushes the record set of its domain, and does so again from time to time as a sign of life. A lower number
   * than the one that is held is ignored, unless nobody has pushed for `subdomainSilentMillisMax` of log time: that
   * cluster is gone, and another one has its name.
   *
   * @param subdomain the full name of the domain, with or without the last dot
   * @param number of the view of the cluster that it stands for
   * @param records messages of the DNS whose answers are the records
   * @returns the number that is held now
   * @throws VALUE_ERROR; Full when there are too many subdomains. Nothing is pushed then
   */
  update(subdomain: string, number: number, records: readonly Uint8Array[]): number {
    const name = absolute(subdomain);
    const checked = { number: countOf("number", number, 0), records: recordsOf(records) };
    const { logTime: at, index: change } = invocation();
    this._forget(at, change);
    const known = this.pushed.get(name);
    if (known !== undefined && number < known.number) return known.number;
    if (known === undefined && this.pushed.size >= subdomainsMax)
      throw full(`there are ${subdomainsMax} subdomains already`);
    this.pushed.delete(name);
    this.pushed.set(name, { ...checked, at, change });
    this.change = change;
    return number;
  }

  /**
   * What slaves pushed, in short: for those who look again and again.
   *
   * @param since the `change` of an earlier answer
   * @returns null when nothing was pushed or removed since
   */
  getpushed(since = -1): PushedNames | null {
    if (since === this.change) return null;
    const subdomains = [...this.pushed].map(([name, { change }]) => [name, change] as const);
    return { change: this.change, subdomains: Object.fromEntries(subdomains) };
  }

  /** @returns what was pushed last. @throws KeyError when nothing was */
  getrecords(subdomain: string): Pushed {
    const pushed = this.pushed.get(absolute(subdomain));
    if (pushed === undefined) throw keyError(`nobody pushed records of ${subdomain}`);
    const { number, at, records } = pushed;
    return { number, at, records };
  }

  /** Replaces all nodes of a subdomain. @param nodes by type, as `getnodes` answers. @throws VALUE_ERROR */
  updatesubdomain(subdomain: string, nodes: Readonly<Record<string, readonly string[]>>): void {
    this.nodes.set(this._full(subdomain), nodesOf(nodes));
  }

  /** @returns nodes by type; types without nodes are left out. @throws KeyError when there is no such subdomain */
  getnodes(subdomain: string): NodesByType {
    const types = this.nodes.get(this._full(subdomain));
    if (types === undefined) throw keyError(`there is no subdomain ${subdomain}`);
    return plain(types);
  }

  /** The first labels of all names. */
  getsubdomains(): string[] {
    return this.getdomains().map((name) => name.split(".", 1).join());
  }

  /** All full names, with the dot at their end. */
  getdomains(): string[] {
    return [...this.nodes.keys()];
  }

  /** All nodes, for `reinstantiate`: what slaves push they push again. */
  getstate(): Record<string, NodesByType> {
    return Object.fromEntries([...this.nodes].map(([name, types]) => [name, plain(types)]));
  }

  /**
   * Replaces all nodes. @param state what `getstate` answered, or the text that the original printed:
   * `name;(1-node node--2-node--);`
   *
   * @throws VALUE_ERROR, and nothing changes
   */
  reinstantiate(state: string | Readonly<Record<string, NodesByType>>): void {
    const all = typeof state === "string" ? parse(state) : Object.entries(record(state));
    const read = all.map(([name, nodes]) => [this._full(name), nodesOf(nodes)] as const);
    this.nodes = new Map(read);
  }

  /** Those that are silent; they are first. */
  _forget(now: number, change: number): void {
    for (const [name, { at }] of this.pushed) {
      if (now - at < subdomainSilentMillisMax) return;
      this.pushed.delete(name);
      this.change = change;
    }
  }

  _full(subdomain: string): string {
    const name = nameOf(subdomain);
    return name === this.domain || name.endsWith(`.${this.domain}`) ? `${name}.` : `${name}.${this.domain}.`;
  }
}

/** In lower case, without the dot at its end. */
function nameOf(subdomain: unknown): string {
  const name = text(subdomain, "subdomain").toLowerCase().replace(/\.$/, "");
  if (/[\s;()]/.test(name)) throw valueError(`${name} is no name of a subdomain`);
  return name;
}

/** A full name as it is given, with the dot at its end. */
function absolute(subdomain: unknown): string {
  const name = `${nameOf(subdomain)}.`;
  if (name.length > dnsNameBytesMax) throw valueError("that is too long for the name of a subdomain");
  return name;
}

function recordsOf(records: unknown): readonly Uint8Array[] {
  if (!Array.isArray(records) || !records.every((item) => item instanceof Uint8Array))
    throw valueError("records must be a list of bytes");
  const all: readonly Uint8Array[] = records;
  if (all.reduce((sum, { length }) => sum + length, 0) > subdomainBytesMax)
    throw valueError(`records of over ${subdomainBytesMax} bytes`);
  return [...all];
}

function typeOf(value: string | number): number {
  // Keys of objects are texts.
  const type = countOf("nodetype", value === "" ? Number.NaN : Number(value), 0);
  if (type > typeMax) throw valueError(`nodetype must be at most ${typeMax}`);
  return type;
}

function nodeOf(value: unknown): string {
  const node = text(value, "node");
  if (marks.test(node)) throw valueError(`${node} is no name of a node`);
  return node;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw valueError("nodes must be an object, by type");
  return Object.fromEntries(Object.entries(value));
}

function nodesOf(nodes: unknown): Map<number, Set<string>> {
  const types = Object.entries(record(nodes)).map(([type, list]) => {
    if (!Array.isArray(list)) throw valueError("the nodes of a type must be a list");
    return [typeOf(type), new Set(list.map(nodeOf))] as const;
  });
  return new Map(types);
}

function plain(types: ReadonlyMap<number, ReadonlySet<string>>): NodesByType {
  const full = [...types].filter(([, nodes]) => nodes.size > 0);
  return Object.fromEntries(full.map(([type, nodes]) => [String(type), [...nodes]]));
}

function parse(state: string): [name: string, nodes: NodesByType][] {
  return [...state.matchAll(/([^;]+);\(([^)]*)\);?/g)].map(([, name = "", types = ""]) => {
    const groups = types.split("--").filter((group) => group !== "");
    return [name.trim(), Object.fromEntries(groups.map(parseGroup))];
  });
}

function parseGroup(group: string): [type: string, nodes: string[]] {
  const [, type = "", nodes = ""] = /^(\d+)-(.*)$/s.exec(group) ?? [];
  return [type, nodes.split(/\s+/).filter((node) => node !== "")];
}
