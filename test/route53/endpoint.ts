/** Amazon Route 53 on a local port: checks signatures, keeps hosted zones, fails when it is told to. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { HostedZone, Refused, type StoredSet } from "./hosted-zone.ts";
import { type Keys, refusalOf } from "./signature.ts";

export const keys: Keys = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  sessionToken: null,
};

/** What befalls the next change: an error instead of it, or the connection breaks before or after it. */
export type Mishap =
  | "Throttling"
  | "PriorRequestNotComplete"
  | "unavailable"
  | "cut"
  | "cutAfter"
  | "nonsense";

const namespace = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';

export class Endpoint {
  readonly zones: HostedZone[] = [];
  /** "POST /2013-04-01/hostedzone/Z1/rrset/" for each that was signed rightly. */
  readonly requests: string[] = [];
  /** Bodies of the changes among them. */
  readonly changes: string[] = [];
  refused = 0;
  /** Calls under way, at most. */
  together = 0;
  pageSize = 300;
  keys: Keys = keys;
  readonly mishaps: Mishap[] = [];
  private underWay = 0;
  private held: (() => void)[] | null = null;
  private readonly server: Server;
  private host = "";

  constructor() {
    this.server = createServer((request, response) => void this.take(request, response));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const address = this.server.address();
    this.host = `127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  zone(id: string, name: string, hidden = false): HostedZone {
    const zone = new HostedZone(id, name, hidden);
    this.zones.push(zone);
    return zone;
  }

  /** Changes wait from now on until `release`. */
  hold(): void {
    this.held = [];
  }

  release(): void {
    const waiting = this.held ?? [];
    this.held = null;
    for (const go of waiting) go();
  }

  close(): Promise<void> {
    this.release();
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Uint8Array[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const refusal = refusalOf(request, body, this.host, this.keys);
    if (refusal !== null) {
      this.refused++;
      sendError(response, refusal.status, refusal.code, refusal.message);
      return;
    }
    this.underWay++;
    this.together = Math.max(this.together, this.underWay);
    this.requests.push(`${request.method} ${request.url}`);
    await this.answer(request, body.toString("utf8"), response);
    this.underWay--;
  }

  private async answer(request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", this.url);
    const path = /^\/2013-04-01\/hostedzone\/(\w+)\/rrset\/?$/.exec(url.pathname);
    const zone = this.zones.find(({ id }) => id === path?.[1]);
    if (request.method === "GET" && url.pathname === "/2013-04-01/hostedzonesbyname")
      sendXml(response, zonesXml(this.zones, url.searchParams.get("dnsname") ?? ""));
    else if (zone === undefined) sendError(response, 404, "NoSuchHostedZone", "No hosted zone found");
    else if (request.method === "GET") sendXml(response, this.listXml(zone, url.searchParams));
    else await this.change(zone, body, response);
  }

  private async change(zone: HostedZone, body: string, response: ServerResponse): Promise<void> {
    this.changes.push(body);
    if (this.held !== null) await new Promise<void>((resolve) => this.held?.push(resolve));
    const mishap = this.mishaps.shift();
    if (mishap === "Throttling") return sendError(response, 400, mishap, "Rate exceeded");
    if (mishap === "PriorRequestNotComplete")
      return sendError(
        response,
        400,
        mishap,
        "The request was rejected because a prior request is processed",
      );
    if (mishap === "unavailable") return void response.writeHead(503).end("<html>Sorry</html>");
    if (mishap === "cut") return void response.destroy();
    try {
      zone.change(body);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return sendError(response, 400, error.code, error.message);
    }
    if (mishap === "cutAfter") return void response.destroy();
    if (mishap === "nonsense") return sendXml(response, "<Fine/>");
    const info = "<Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt>";
    const root = "ChangeResourceRecordSetsResponse";
    sendXml(response, `<${root} ${namespace}><ChangeInfo>${info}</ChangeInfo></${root}>`);
  }

  private listXml(zone: HostedZone, asked: URLSearchParams): string {
    const from = asked.get("name") ?? zone.name;
    const [type, identifier] = [asked.get("type"), asked.get("identifier")];
    const order = (name: string) => `${name.slice(0, -1).split(".").reverse().join(".")}.`;
    const all = zone.list.filter((set) => {
      if (order(set.name) !== order(from) || type === null) return order(set.name) >= order(from);
      return set.type === type ? (set.identifier ?? "") >= (identifier ?? "") : set.type > type;
    });
    const next = all[this.pageSize];
    const more =
      next === undefined
        ? "<IsTruncated>false</IsTruncated>"
        : `<IsTruncated>true</IsTruncated><NextRecordName>${next.name}</NextRecordName><NextRecordType>${next.type}</NextRecordType>` +
          (next.identifier === undefined
            ? ""
            : `<NextRecordIdentifier>${next.identifier}</NextRecordIdentifier>`);
    const sets = all.slice(0, this.pageSize).map(setXml).join("");
    const root = "ListResourceRecordSetsResponse";
    return (
      `<${root} ${namespace}>\n  <ResourceRecordSets>${sets}</ResourceRecordSets>\n  ${more}` +
      `<MaxItems>${this.pageSize}</MaxItems></${root}>`
    );
  }
}

function setXml(set: StoredSet): string {
  const identifier =
    set.identifier === undefined ? "" : `<SetIdentifier>${set.identifier}</SetIdentifier><Weight>1</Weight>`;
  const records = set.values.map(
    (value) => `<ResourceRecord><Value>${escaped(value)}</Value></ResourceRecord>`,
  );
  const content =
    set.alias === undefined
      ? `<TTL>${set.ttl}</TTL><ResourceRecords>${records.join("")}</ResourceRecords>`
      : `<AliasTarget><HostedZoneId>Z2</HostedZoneId><DNSName>${set.alias}</DNSName></AliasTarget>`;
  return `<ResourceRecordSet><Name>${set.name}</Name><Type>${set.type}</Type>${identifier}${content}</ResourceRecordSet>`;
}

function zonesXml(zones: readonly HostedZone[], from: string): string {
  const order = (name: string) => name.split(".").reverse().join(".");
  const listed = zones
    .filter(({ name }) => order(name) >= order(from))
    .map(
      ({ id, name, hidden }) =>
        `<HostedZone><Id>/hostedzone/${id}</Id><Name>${name}</Name><CallerReference>x</CallerReference>` +
        `<Config><PrivateZone>${hidden}</PrivateZone></Config></HostedZone>`,
    );
  const root = "ListHostedZonesByNameResponse";
  return `<${root} ${namespace}><HostedZones>${listed.join("")}</HostedZones><IsTruncated>false</IsTruncated></${root}>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function sendXml(response: ServerResponse, xml: string, status = 200): void {
  response.writeHead(status, { "content-type": "text/xml" }).end(`<?xml version="1.0"?>\n${xml}`);
}

function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
  sendXml(response, `<ErrorResponse ${namespace}>${error}<RequestId>1</RequestId></ErrorResponse>`, status);
}
