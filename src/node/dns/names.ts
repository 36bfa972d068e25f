/** What a nameserver publishes: the zone of its domain as the newest view says, and whether that may be old. */
import { type Name, nameOf, textOf } from "../../shared/dns/name.ts";
import { Zone } from "../../shared/dns/zone-answers.ts";
import type { ZoneView } from "../../shared/dns/zone-view.ts";
import type { View } from "../../shared/paxos/view.ts";
import type { ServerLink, ServerLinkEvents } from "../../shared/wire/link.ts";
import type { ViewPublisher } from "../nameserver.ts";

/** A leader that is elected anew is no news. */
const shortMillis = 1_000;

export interface NamesOptions {
  readonly domain: string;
  /** Seconds for which others may remember a record. */
  readonly ttl?: number;
  /** Whether the nodes of the cluster serve clients by TLS. */
  readonly tls?: boolean;
}

/** A view as zones are made of it. @param tls whether its nodes serve clients by TLS: all do, or none */
export function zoneViewOf({ number, members }: View, tls: boolean): ZoneView {
  return { number, members: members.map((member) => ({ ...member, tls })) };
}

export class Names {
  /** As `answer` takes them: none before the first view. Another object whenever answers change: kept ones go by it. */
  zones: Zone | readonly Zone[] = [];
  /** As members of a view name it: without the last dot. */
  readonly domain: string;
  readonly tls: boolean;
  private readonly apex: Name;
  private readonly ttl: number | undefined;
  private number = 0;
  private since: number | null = performance.now();

  /** @throws BadName when the domain is none, or so long that no name fits below it */
  constructor({ domain, ttl, tls = false }: NamesOptions) {
    this.apex = nameOf(domain);
    this.domain = textOf(this.apex).replace(/\.$/, "");
    this.ttl = ttl;
    this.tls = tls;
    Zone.of(this.apex, { number: 0, members: [] });
  }

  /** Older views are passed over. */
  onView(view: View): void {
    if (view.number <= this.number) return;
    this.number = view.number;
    const ttl = this.ttl === undefined ? {} : { ttl: this.ttl };
    this.zones = Zone.of(this.apex, zoneViewOf(view, this.tls), ttl);
  }

  /** Whether no node that knows a leader tells of views now. */
  cutOff(isSo: boolean): void {
    if (!isSo) this.since = null;
    else this.since ??= performance.now();
  }

  /** For the status. */
  get problems(): readonly string[] {
    const millis = this.since === null ? 0 : performance.now() - this.since;
    if (millis < shortMillis) return [];
    const what = this.number === 0 ? "has nothing to answer" : "answers from its copy";
    return [`cut off from the cluster since ${Math.floor(millis / 1_000)} s: ${what}`];
  }

  /**
   * Follows the views of a node in this process.
   * @param accept takes this as a client's connection
   * @param publisher is told of each view, too
   * @example names.follow((link) => server.accept(link));
   */
  follow(accept: (link: ServerLink) => ServerLinkEvents, publisher: ViewPublisher | null = null): void {
    const link: ServerLink = {
      send: (message) => {
        if (message.type === "view") {
          this.onView(message.view);
          publisher?.onView(message.view);
        } else if (message.type === "members") this.cutOff(message.leader === null);
      },
      flush: () => undefined,
      close: () => this.cutOff(true),
    };
    accept(link).receive([{ type: "follow" }]);
  }
}
