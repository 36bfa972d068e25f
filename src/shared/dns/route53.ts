/**
 * What is asked of Amazon Route 53, and what it answers: its API of 2013-04-01 as pure functions. A view becomes one
 * change batch, all of it or nothing; only a view over the limits of a batch, of some 80 replicas, takes several:
 * addresses first, what points at them next, what vanished last.
 */
import { reasonCharsMax } from "../limits.ts";
import { route53RecordsMax, route53ValueCharsMax } from "../name-limits.ts";
import type { Name } from "./name.ts";
import { keyOfSet, manages, type RecordSet, route53Name, sameSpelling } from "./route53-records.ts";
import { BadXml, childOf, childrenOf, childText, readXml, type XmlElement, xmlText } from "./route53-xml.ts";

export interface ApiRequest {
  readonly method: "GET" | "POST";
  /** With its query, without the endpoint. */
  readonly path: string;
  readonly body: string | null;
}

export interface ApiAnswer {
  /** Of HTTP. */
  readonly status: number;
  readonly body: string;
}

export interface Change {
  readonly action: "UPSERT" | "DELETE";
  readonly set: RecordSet;
}

const version = "2013-04-01";
const namespace = `https://route53.amazonaws.com/doc/${version}/`;

/**
 * From what is there to what a view wants: every set again, whatever is there, so that each view mends what somebody
 * changed by hand; and the end of those that no record belongs to any more, by the values and the TTL that they have.
 * @param before of the managed sets, as Route 53 lists them or as they were written last
 */
export function changesOf(before: readonly RecordSet[], now: readonly RecordSet[]): readonly Change[] {
  const wanted = withForeignTexts(before, now);
  const kept = new Set(wanted.map(keyOfSet));
  return [
    ...wanted.map((set) => ({ action: "UPSERT", set }) as const),
    ...before.filter((set) => !kept.has(keyOfSet(set))).map((set) => ({ action: "DELETE", set }) as const),
  ];
}

/** One TXT set holds all texts of a name: those of others, as of mail and of owners' proofs, stay in it. */
function withForeignTexts(before: readonly RecordSet[], now: readonly RecordSet[]): readonly RecordSet[] {
  const ours = /^"(?:REPLICA|ACCEPTOR|LEARNER|NAMESERVER) /;
  const foreign = before.flatMap((set) => {
    const values = set.type === "TXT" ? set.values.filter((value) => !ours.test(value)) : [];
    return values.length === 0 ? [] : [{ ...set, values }];
  });
  const added = foreign.filter((set) => !now.some((other) => keyOfSet(other) === keyOfSet(set)));
  const merged = now.map((set) => {
    const others = foreign.find((other) => keyOfSet(other) === keyOfSet(set))?.values ?? [];
    return { ...set, values: [...new Set([...set.values, ...others])] };
  });
  return [...merged, ...added];
}

/** What is there after a batch was done. */
export function afterChanges(before: readonly RecordSet[], batch: readonly Change[]): readonly RecordSet[] {
  const there = new Map(before.map((set) => [keyOfSet(set), set]));
  for (const { action, set } of batch) {
    if (action === "UPSERT") there.set(keyOfSet(set), set);
    else there.delete(keyOfSet(set));
  }
  return [...there.values()];
}

/**
 * Divides changes so that each batch is within the limits of Route 53, where an UPSERT counts twice. A set that alone
 * is over them has a batch of its own: Route 53 says what is wrong with it.
 */
export function batchesOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const batches: Change[][] = [];
  let records = 0;
  let chars = 0;
  for (const change of changes) {
    const times = change.action === "UPSERT" ? 2 : 1;
    const moreRecords = times * change.set.values.length;
    const moreChars = times * change.set.values.reduce((sum, value) => sum + value.length, 0);
    records += moreRecords;
    chars += moreChars;
    const last = batches.at(-1);
    if (last !== undefined && records <= route53RecordsMax && chars <= route53ValueCharsMax) {
      last.push(change);
    } else {
      batches.push([change]);
      records = moreRecords;
      chars = moreChars;
    }
  }
  return batches;
}

/** @param comment printable ASCII, up to 256 characters */
export function changeRequest(zoneId: string, batch: readonly Change[], comment: string): ApiRequest {
  const changes = batch.map(
    ({ action, set }) =>
      `<Change><Action>${action}</Action><ResourceRecordSet><Name>${xmlText(set.name)}</Name>` +
      `<Type>${set.type}</Type><TTL>${set.ttl}</TTL><ResourceRecords>` +
      set.values
        .map((value) => `<ResourceRecord><Value>${xmlText(value)}</Value></ResourceRecord>`)
        .join("") +
      "</ResourceRecords></ResourceRecordSet></Change>",
  );
  const body =
    `<?xml version="1.0" encoding="UTF-8"?>\n<ChangeResourceRecordSetsRequest xmlns="${namespace}"><ChangeBatch>` +
    `<Comment>${xmlText(comment)}</Comment><Changes>${changes.join("")}</Changes></ChangeBatch>` +
    "</ChangeResourceRecordSetsRequest>";
  return { method: "POST", path: `/${version}/hostedzone/${zoneId}/rrset/`, body };
}

/** Where a list goes on: the name, type and id of the next set. */
export type Start = Readonly<Record<string, string>>;

/** Asks for the record sets of a hosted zone from `start` on, in the order of names read from their end. */
export function listRequest(zoneId: string, start: Start): ApiRequest {
  return { method: "GET", path: `/${version}/hostedzone/${zoneId}/rrset?${query(start)}`, body: null };
}

export function listStart(domain: Name): Start {
  return { name: route53Name(domain) };
}

export interface ListPage {
  /** The managed sets of the domain. Aliases and sets of a routing policy are none of ours. */
  readonly sets: readonly RecordSet[];
  /** Where to go on, or null after the last name within the domain. */
  readonly next: Start | null;
}

/** @throws BadXml when the answer is not a list */
export function readList(body: string, domain: Name): ListPage {
  const root = answerOf(body, "ListResourceRecordSetsResponse");
  const zone = route53Name(domain);
  const within = (name: string) => name === zone || name.endsWith(`.${zone}`);
  const sets = childrenOf(childOf(root, "ResourceRecordSets"), "ResourceRecordSet").flatMap((element) =>
    readSet(element, zone),
  );
  const name = childText(root, "NextRecordName");
  if (childText(root, "IsTruncated") !== "true" || name === null || !within(sameSpelling(name)))
    return { sets, next: null };
  const type = childText(root, "NextRecordType");
  const identifier = childText(root, "NextRecordIdentifier");
  const next = { name, ...(type === null ? {} : { type }), ...(identifier === null ? {} : { identifier }) };
  return { sets, next };
}

function readSet(element: XmlElement, zone: string): readonly RecordSet[] {
  const name = sameSpelling(childText(element, "Name") ?? "");
  const type = childText(element, "Type") ?? "";
  const records = childOf(element, "ResourceRecords");
  const ttl = Number(childText(element, "TTL") ?? "");
  if (!manages(name, type, zone) || records === null || childOf(element, "SetIdentifier") !== null) return [];
  if (!Number.isSafeInteger(ttl)) throw new BadXml(`${name} ${type} has no TTL`);
  const values = childrenOf(records, "ResourceRecord").map((record) => childText(record, "Value") ?? "");
  return [{ name, type, ttl, values }];
}

/** Asks for hosted zones, from the one with this name on. */
export function zonesRequest(name: string): ApiRequest {
  const asked = query({ dnsname: name, maxitems: "100" });
  return { method: "GET", path: `/${version}/hostedzonesbyname?${asked}`, body: null };
}

/**
 * @param name as `route53Name` writes it
 * @returns the ids of the public hosted zones with this very name
 * @throws BadXml when the answer is no list of zones
 */
export function readZones(body: string, name: string): readonly string[] {
  const root = answerOf(body, "ListHostedZonesByNameResponse");
  return childrenOf(childOf(root, "HostedZones"), "HostedZone").flatMap((zone) => {
    const id = zoneIdOf(childText(zone, "Id") ?? "");
    if (id === null) throw new BadXml("a hosted zone without an id");
    const hidden = childText(childOf(zone, "Config"), "PrivateZone") === "true";
    return sameSpelling(childText(zone, "Name") ?? "") === name && !hidden ? [id] : [];
  });
}

/** @returns the id of a hosted zone, with or without `/hostedzone/` before it; null when it is none */
export function zoneIdOf(text: string): string | null {
  return /^(?:\/?hostedzone\/)?([A-Z0-9]{1,32})$/.exec(text)?.[1] ?? null;
}

/** Checks the answer to a change. @throws BadXml when it does not say that the batch is taken */
export function readChanged(body: string): void {
  answerOf(body, "ChangeResourceRecordSetsResponse");
}

export interface ApiError {
  /** `Throttling`, `InvalidChangeBatch`, …; `HTTP 502` when the answer is not one of Route 53. */
  readonly code: string;
  /** One line; what follows the first line of a message may repeat what was signed. */
  readonly message: string;
}

export function readError({ status, body }: ApiAnswer): ApiError {
  const none = { code: `HTTP ${status}`, message: "without a word of what is wrong" };
  try {
    const root = readXml(body);
    const error = childOf(root, "Error") ?? root;
    // An older form of InvalidChangeBatch has its messages in a list, and its name on the root.
    const listed = childrenOf(childOf(root, "Messages"), "Message").map(({ text }) => text);
    const code = childText(error, "Code") ?? (listed.length > 0 ? root.name : null);
    const message = childText(error, "Message") ?? listed.join(", ");
    return code === null ? none : { code, message: (message.split("\n")[0] ?? "").slice(0, reasonCharsMax) };
  } catch (error) {
    if (error instanceof BadXml) return none;
    throw error;
  }
}

function answerOf(body: string, name: string): XmlElement {
  const root = readXml(body);
  if (root.name !== name) throw new BadXml(`the answer is not ${name}`);
  return root;
}

/** Of a URL; texts are ASCII. */
function query(values: Start): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join("&");
}
