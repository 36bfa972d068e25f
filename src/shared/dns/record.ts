/**
 * Resource records: RFC 1035 3.2, 3.3; AAAA by RFC 3596, SRV by RFC 2782, SVCB and HTTPS by RFC 9460. All are of the
 * class IN. A type without a tag of its own is `other` and keeps its bytes (RFC 3597).
 */
import type { Name } from "./name.ts";
import type { SvcParam } from "./svcb.ts";

export interface Soa {
  readonly type: "SOA";
  readonly mname: Name;
  readonly rname: Name;
  readonly serial: number;
  /** This and the following in seconds. */
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

export interface Svcb {
  readonly type: "SVCB" | "HTTPS";
  /** 0 makes an alias of it. */
  readonly priority: number;
  readonly target: Name;
  /** In any order: they are written in the order of their keys. */
  readonly params: readonly SvcParam[];
}

export type Data =
  | { readonly type: "A" /** 4 bytes. */; readonly address: Uint8Array }
  | { readonly type: "AAAA" /** 16 bytes. */; readonly address: Uint8Array }
  | { readonly type: "NS"; readonly target: Name }
  | { readonly type: "CNAME"; readonly target: Name }
  | Soa
  /** One string or more, each of at most 255 bytes. */
  | { readonly type: "TXT"; readonly strings: readonly Uint8Array[] }
  | {
      readonly type: "SRV";
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: Name;
    }
  | Svcb
  | { readonly type: "HINFO"; readonly cpu: Uint8Array; readonly os: Uint8Array }
  | { readonly type: "other"; readonly code: number; readonly bytes: Uint8Array };

export interface DnsRecord {
  readonly owner: Name;
  /** Seconds. */
  readonly ttl: number;
  readonly data: Data;
}

/** Types of records and of questions, by the names that dig gives them. */
export const types = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  OPT: 41,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  SVCB: 64,
  HTTPS: 65,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const;

const codes = new Map<string, number>(Object.entries(types));
const names = new Map<number, string>(Object.entries(types).map(([name, code]) => [code, name]));

/**
 * @param name in any case, of a type, or by RFC 3597 (`TYPE65`)
 * @returns null for none
 */
export function typeCode(name: string): number | null {
  const upper = name.toUpperCase();
  const known = codes.get(upper);
  if (known !== undefined) return known;
  const digits = /^TYPE(\d{1,5})$/.exec(upper)?.[1];
  return digits === undefined || Number(digits) > 0xffff ? null : Number(digits);
}

/** @returns `TYPE123` for a type without a name here (RFC 3597 5) */
export function typeName(code: number): string {
  return names.get(code) ?? `TYPE${code}`;
}

/** The type of a record as the wire has it. */
export function codeOf(data: Data): number {
  return data.type === "other" ? data.code : types[data.type];
}
