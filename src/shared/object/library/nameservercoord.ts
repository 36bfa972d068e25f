/**
 * The nodes of the subdomains of one domain: what a master nameserver answers from. Departs from the original: answers
 * are plain data, and the domain is an argument of the constructor.
 */
import type { Reads } from "../surface.ts";
import { countOf } from "../sync/arguments.ts";
import { valueError } from "../sync/errors.ts";
import { text } from "./parts/arguments.ts";
import { keyError } from "./parts/errors.ts";

/** Nodes by the number of their type. */
export type NodesByType = Record<string, string[]>;

/** No type of nodes has a larger number. */
const typeMax = 99;
/** What could not be told from the marks of the original's text form. */
const marks = /[\s;()]|--/;

export class NameserverCoord {
  static reads = ["getnodes", "getsubdomains", "getdomains", "getstate"] satisfies Reads<NameserverCoord>;
  /** By full name, then by type. */
  private nodes = new Map<string, Map<number, Set<string>>>();
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

  /** @returns whether it was there */
  delsubdomain(subdomain: string): boolean {
    return this.nodes.delete(this._full(subdomain));
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

  /** Everything, for `reinstantiate`. */
  getstate(): Record<string, NodesByType> {
    return Object.fromEntries([...this.nodes].map(([name, types]) => [name, plain(types)]));
  }

  /**
   * Replaces everything. @param state what `getstate` answered, or the text that the original printed:
   * `name;(1-node node--2-node--);`
   *
   * @throws VALUE_ERROR, and nothing changes
   */
  reinstantiate(state: string | Readonly<Record<string, NodesByType>>): void {
    const all = typeof state === "string" ? parse(state) : Object.entries(record(state));
    const read = all.map(([name, nodes]) => [this._full(name), nodesOf(nodes)] as const);
    this.nodes = new Map(read);
  }

  _full(subdomain: string): string {
    const name = text(subdomain, "subdomain").toLowerCase().replace(/\.$/, "");
    if (/[\s;()]/.test(name)) throw valueError(`${name} is no name of a subdomain`);
    return name === this.domain || name.endsWith(`.${this.domain}`) ? `${name}.` : `${name}.${this.domain}.`;
  }
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
