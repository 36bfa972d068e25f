/**
 * A hosted zone with the rules of Amazon Route 53's documentation: strict about the form of a change batch, all of it
 * or nothing, a removal only by the very values and TTL, no more records and characters than allowed.
 */
import { isIPv4, isIPv6 } from "node:net";

export interface StoredSet {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly values: readonly string[];
  /** An alias has no values; a set of a routing policy has an identifier. */
  readonly alias?: string;
  readonly identifier?: string;
}

export class Refused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const label = String.raw`(?:[a-z0-9_-]|\\[0-3][0-7]{2})+`;
const nameForm = new RegExp(String.raw`^${label}(?:\.${label})*\.$`);
const text = String.raw`"(?:[ !#-\[\]-~]|\\[0-7]{3}|\\["\\]){0,1020}"`;
const forms: Readonly<Record<string, (value: string) => boolean>> = {
  A: isIPv4,
  AAAA: (value) => isIPv6(value),
  TXT: (value) => new RegExp(`^${text}(?: ${text})*$`).test(value),
  SRV: (value) => {
    const match = /^(\d{1,5}) (\d{1,5}) (\d{1,5}) (\S+)$/.exec(value);
    return (match?.slice(1, 4).every((n) => Number(n) <= 0xffff) ?? false) && nameForm.test(match?.[4] ?? "");
  },
  HTTPS: (value) =>
    /^\d{1,5} \S+\.?(?: (?:mandatory|alpn|no-default-alpn|port|ipv4hint|ipv6hint)(?:="?[^" ]+"?)?)*$/.test(
      value,
    ),
};

interface Change {
  readonly action: string;
  readonly set: StoredSet;
}

function keyOf({ name, type, identifier = "" }: StoredSet): string {
  return `${name} ${type} ${identifier}`;
}

function equal(a: StoredSet, b: StoredSet): boolean {
  return a.ttl === b.ttl && [...a.values].sort().join("\n") === [...b.values].sort().join("\n");
}

export class HostedZone {
  readonly id: string;
  readonly name: string;
  readonly hidden: boolean;
  private sets: ReadonlyMap<string, StoredSet> = new Map();

  constructor(id: string, name: string, hidden = false) {
    this.id = id;
    this.name = name;
    this.hidden = hidden;
    this.put({ name, type: "NS", ttl: 172_800, values: ["ns-1.awsdns-00.com."] });
    this.put({
      name,
      type: "SOA",
      ttl: 900,
      values: ["ns-1.awsdns-00.com. a.b.c. 1 7200 900 1209600 86400"],
    });
  }

  /** Past all rules, as by somebody else. */
  put(set: StoredSet): void {
    this.sets = new Map(this.sets).set(keyOf(set), set);
  }

  remove(name: string, type: string): void {
    this.sets = new Map([...this.sets].filter(([, set]) => set.name !== name || set.type !== type));
  }

  /** In the order of Route 53: by the labels from the last one on, with the last dot. */
  get list(): readonly StoredSet[] {
    const order = (set: StoredSet) =>
      `${set.name.slice(0, -1).split(".").reverse().join(".")}. ${set.type} ${set.identifier ?? ""}`;
    return [...this.sets.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  /** What there is but for NS and SOA: "name type": values in order. */
  get told(): Readonly<Record<string, readonly string[]>> {
    const own = this.list.filter(({ type }) => type !== "NS" && type !== "SOA");
    return Object.fromEntries(own.map((set) => [`${set.name} ${set.type}`, [...set.values].sort()]));
  }

  /** @throws Refused; then nothing was changed */
  change(body: string): void {
    const changes = parseBatch(body);
    const times = (change: Change) => (change.action === "UPSERT" ? 2 : 1);
    const sum = (of: (set: StoredSet) => number) =>
      changes.reduce((total, change) => total + times(change) * of(change.set), 0);
    if (sum((set) => set.values.length) > 1_000)
      throw new Refused("InvalidChangeBatch", "Number of records limit of 1000 exceeded.");
    if (sum((set) => set.values.join("").length) > 32_000)
      throw new Refused("InvalidChangeBatch", "Maximum number of characters of 32000 exceeded.");
    const next = new Map(this.sets);
    for (const change of changes) this.apply(next, change);
    this.sets = next;
  }

  private apply(sets: Map<string, StoredSet>, { action, set }: Change): void {
    const there = sets.get(keyOf(set));
    const what = `resource record set [name='${set.name}', type='${set.type}']`;
    const refuse = (why: string) => {
      throw new Refused("InvalidChangeBatch", `[Tried to ${action.toLowerCase()} ${what} but ${why}]`);
    };
    if (set.name !== this.name && !set.name.endsWith(`.${this.name}`)) refuse("it is not in the zone");
    if (action !== "DELETE") checkSet(set, refuse);
    if (action === "CREATE" && there !== undefined) refuse("it already exists");
    if (action !== "DELETE") sets.set(keyOf(set), set);
    else if (there === undefined) refuse("it was not found");
    else if (!equal(there, set)) refuse("the values provided do not match the current values");
    else sets.delete(keyOf(set));
  }
}

function checkSet(set: StoredSet, refuse: (why: string) => void): void {
  const form = forms[set.type];
  if (form === undefined) refuse("its type is not known here");
  for (const value of set.values) if (form?.(value) !== true) refuse(`${value} is not a value of its type`);
  if (new Set(set.values).size !== set.values.length) refuse("a value is there twice");
  if (set.values.length > 400) refuse("it has too many records");
}

const rootName = "ChangeResourceRecordSetsRequest";
const batchForm = new RegExp(
  String.raw`^<\?xml version="1\.0" encoding="UTF-8"\?>\s*` +
    `<${rootName} xmlns="https://route53\\.amazonaws\\.com/doc/2013-04-01/"><ChangeBatch>` +
    "(?:<Comment>[^<>]{0,256}</Comment>)?<Changes>(.+)</Changes>" +
    `</ChangeBatch></${rootName}>$`,
);
const changeForm = new RegExp(
  "<Change><Action>(CREATE|DELETE|UPSERT)</Action><ResourceRecordSet>" +
    String.raw`<Name>([^<>]{1,1024})</Name><Type>(\w+)</Type><TTL>(\d{1,10})</TTL>` +
    "<ResourceRecords>((?:<ResourceRecord><Value>[^<>]{1,4000}</Value></ResourceRecord>)+)</ResourceRecords>" +
    "</ResourceRecordSet></Change>",
  "y",
);

function parseBatch(body: string): readonly Change[] {
  const inner = batchForm.exec(body)?.[1];
  if (inner === undefined) throw new Refused("MalformedInput", "Unexpected list element termination");
  const changes: Change[] = [];
  changeForm.lastIndex = 0;
  while (changeForm.lastIndex < inner.length) {
    const at = changeForm.lastIndex;
    const found = changeForm.exec(inner);
    if (found === null) throw new Refused("InvalidInput", `Invalid XML ; ${inner.slice(at, at + 80)}`);
    const [, action = "", name = "", type = "", ttl = "", records = ""] = found;
    const values = [...records.matchAll(/<Value>([^<]*)<\/Value>/g)].map((match) =>
      plain(match[1] as string),
    );
    if (!nameForm.test(plain(name))) throw new Refused("InvalidInput", `FATAL problem: InvalidName ${name}`);
    changes.push({ action, set: { name: plain(name), type, ttl: Number(ttl), values } });
  }
  return changes;
}

const entities: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"' };

function plain(escaped: string): string {
  return escaped.replace(/&[^;]*;?/g, (entity) => {
    const char = entities[entity];
    if (char === undefined) throw new Refused("MalformedInput", `Invalid XML ; ${entity}`);
    return char;
  });
}
