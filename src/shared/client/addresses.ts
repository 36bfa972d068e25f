/** Where nodes may be reached: those that the program gave, those that a domain gave, and those that nodes told of. */
import type { ServerMessage } from "../wire/messages.ts";
import type { Bootstraps } from "./bootstrap.ts";

/**
 * With which scheme members are dialled that nodes tell of: whoever was given only wss:// stays with TLS.
 * @example schemeOf(["wss://a:14000"])("b:14000") // "wss://b:14000"
 */
export function schemeOf(given: readonly string[]): (addr: string) => string {
  const isSecure = given.length > 0 && given.every((addr) => /^wss:/i.test(addr));
  return (addr) => (isSecure ? `wss://${addr}` : addr);
}

type Members = Extract<ServerMessage, { readonly type: "members" }>;

export class Addresses {
  readonly #given: readonly string[];
  #resolved: readonly string[] = [];
  #learned: readonly string[] = [];
  #view = -1;
  #list: readonly string[];
  /** The index in `list` of the address to try next. */
  #at = 0;
  /** Addresses that answered for another cluster when last tried. */
  readonly #wrong = new Set<string>();
  /** What is dialled for a member: nodes tell host:port, without a scheme. */
  readonly named: (addr: string) => string;
  /** Which of them could not be used and why, where that is known. */
  problem: string | null = null;

  constructor(bootstraps: Pick<Bootstraps, "addresses">) {
    this.#given = bootstraps.addresses;
    this.#list = this.#given;
    this.named = schemeOf(this.#given);
  }

  get all(): readonly string[] {
    return this.#list;
  }

  /**
   * What the domains stand for now. New ones are tried next: there is a reason why they are.
   * @returns whether there are new ones
   */
  resolve(addresses: readonly string[]): boolean {
    const [fresh] = addresses.filter((addr) => !this.#list.includes(addr));
    this.#resolved = addresses;
    this.#join();
    if (fresh === undefined) return false;
    this.#at = this.#list.indexOf(fresh);
    return true;
  }

  /** The leader's, null when it is not among them. */
  leaderOf({ leader, members }: Members): string | null {
    const found = members.find((m) => m.id === leader);
    return found === undefined ? null : this.named(found.addr);
  }

  /** Members that hold the objects can serve clients. Nodes that are behind tell of older views. */
  learn({ view, members }: Members): void {
    if (view <= this.#view) return;
    this.#view = view;
    this.#learned = members
      .filter((m) => m.role === "replica" || m.role === "learner")
      .map((m) => this.named(m.addr));
    this.#join();
  }

  #join(): void {
    const next = this.#list[this.#at] as string;
    this.#list = [...new Set([...this.#given, ...this.#resolved, ...this.#learned])];
    this.#at = Math.max(0, this.#list.indexOf(next));
  }

  /** The next address in turn; `not` is passed over. Null when there is none. */
  next(not: string | null = null): string | null {
    for (let i = 0; i < this.#list.length; i++) {
      const addr = this.#list[this.#at] as string;
      this.#at = (this.#at + 1) % this.#list.length;
      if (addr !== not) return addr;
    }
    return null;
  }

  /** @returns whether every address known belongs to another cluster */
  isWrong(addr: string): boolean {
    this.#wrong.add(addr);
    return this.#list.every((a) => this.#wrong.has(a));
  }

  notWrong(addr: string): void {
    this.#wrong.delete(addr);
  }
}
