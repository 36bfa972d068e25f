/**
 * A slave: tells a master nameserver the records of its domain, by calls of the master's NameserverCoord object. When
 * that is done and what failures mean is decided in shared/dns/slave-publisher.ts.
 */
import { ConcoordError } from "../../shared/client/errors.ts";
import type { Session } from "../../shared/client/types.ts";
import { type Name, nameOf, textOf } from "../../shared/dns/name.ts";
import { PushFailed, SlavePublisher, type SlaveStatus } from "../../shared/dns/slave-publisher.ts";
import { pushedRecords } from "../../shared/dns/subdomains.ts";
import type { View } from "../../shared/paxos/view.ts";
import { openSession } from "../index.ts";
import type { Log } from "../log/levels.ts";
import type { ViewPublisher } from "../nameserver.ts";
import { zoneViewOf } from "./names.ts";

/** How long one push waits for a master that is away, or that has no leader. */
const pushMillisMax = 5_000;
/** Of the session at the master's cluster: keeping it alive costs an entry in the log three times as often. */
const sessionTtl = 60_000;

export interface SlaveOptions {
  readonly domain: string;
  /** Nodes of the master's cluster: host:port or a domain, with commas. */
  readonly master: string;
  /** The client token of the master's cluster. */
  readonly token: string | null;
  /** Whether the nameservers of the domain answer on port 53, where others can be sent. */
  readonly delegate: boolean;
  /** Seconds for which others may remember a record. */
  readonly ttl?: number | undefined;
  /** Whether the nodes of the domain serve clients by TLS. */
  readonly tls?: boolean;
  /** One line for the log. */
  readonly log: Log;
}

/**
 * @throws BadName when the domain is none
 * @example const slave = new Slave({ domain, master: "ns.example", token, delegate: true, log }); slave.onView(view);
 */
export class Slave implements ViewPublisher {
  private readonly options: SlaveOptions;
  private readonly domain: Name;
  private readonly publisher: SlavePublisher;
  private session: Session | null = null;
  private told: string | null = null;

  constructor(options: SlaveOptions) {
    this.options = options;
    this.domain = nameOf(options.domain);
    const runtime = {
      push: (number: number, records: readonly Uint8Array[]) => this.push(number, records),
      wait,
      random: () => Math.random(),
    };
    this.publisher = new SlavePublisher(runtime, (status) => this.changed(status));
  }

  get status(): SlaveStatus {
    return this.publisher.status;
  }

  get problems(): readonly string[] {
    const { problem } = this.publisher.status;
    return problem === null ? [] : [problem];
  }

  onView(view: View): void {
    const { delegate, ttl, tls = false } = this.options;
    this.publisher.publish(view.number, pushedRecords(this.domain, zoneViewOf(view, tls), delegate, ttl));
  }

  stop(): void {
    this.publisher.stop();
    this.close();
  }

  private async push(number: number, records: readonly Uint8Array[]): Promise<number> {
    this.session ??= this.open();
    try {
      const args = [textOf(this.domain), number, records];
      const held = await this.session.call("NameserverCoord", "update", args, { timeout: pushMillisMax });
      if (typeof held === "number") return held;
    } catch (error) {
      throw this.failure(error);
    }
    throw new PushFailed("refused", `the master ${this.options.master} answers what is not understood`);
  }

  private failure(error: unknown): PushFailed {
    const { master } = this.options;
    if (!(error instanceof ConcoordError))
      return new PushFailed("refused", `the master ${master} refuses: ${messageOf(error)}`, error);
    const { code, message, retryable } = error;
    if (retryable) return new PushFailed("away", `the master ${master} does not answer: ${message}`, error);
    // Such a session may have ended for good.
    this.close();
    const advice = code === "DENIED" ? "; check the token of the master's cluster" : "";
    return new PushFailed("refused", `the master ${master} refuses: ${code} ${message}${advice}`, error);
  }

  private open(): Session {
    const { master, token } = this.options;
    return openSession(master, { sessionTtl, ...(token === null ? {} : { token }) });
  }

  private close(): void {
    void this.session?.[Symbol.asyncDispose]();
    this.session = null;
  }

  private changed({ problem, published }: SlaveStatus): void {
    if (problem === this.told) return;
    this.told = problem;
    if (problem === null) this.options.log(`the master ${this.options.master} has view ${published}`);
    else this.options.log(problem, "warn");
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function wait(millis: number, run: () => void): () => void {
  const timer = setTimeout(run, millis);
  return () => clearTimeout(timer);
}
