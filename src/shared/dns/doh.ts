/**
 * DNS over HTTPS (RFC 8484), without HTTP itself: an adapter hands in the parts of a request and sends what comes back.
 * GET with `?dns=`, POST, and the JSON form. Every rcode is a 200: the statuses speak of the request only. Scripts of
 * any page may ask, so every answer has the headers of CORS, errors too.
 */
import { dohQueryBytesMax, dohQueryCharsMax } from "../name-limits.ts";
import { answer } from "./answer.ts";
import { fromBase64url } from "./base64url.ts";
import { jsonOf, queryOf } from "./doh-json.ts";
import { layoutOf } from "./layout.ts";
import { headerBytes, u16At } from "./reader.ts";
import { types } from "./record.ts";
import type { Zone } from "./zone-answers.ts";

export interface DohRequest {
  readonly method: string;
  /** What stands behind the "?" of the URL, still encoded; "" for nothing. */
  readonly query: string;
  /** The headers of these names; null when there is none. */
  readonly accept: string | null;
  readonly contentType: string | null;
  /** Empty but for POST. An adapter may stop reading behind dohQueryBytesMax + 1 bytes. */
  readonly body: Uint8Array;
}

export interface DohResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const wire = "application/dns-message";
const json = "application/dns-json";
const methods = "GET, HEAD, POST, OPTIONS";

/** Age is what a client has to subtract from the TTLs, and is hidden from scripts unless it is named. */
const cors = { "access-control-allow-origin": "*", "access-control-expose-headers": "age" };

/**
 * @param zones as for `answer`
 * @returns 200; 204 for OPTIONS; 400, 405, 406, 413, 414, 415 with a sentence; never throws
 * @example doh({ method: "GET", query: "name=counter.example&type=SRV", accept: null, contentType: null, body }, zone)
 */
export function doh(request: DohRequest, zones: Zone | readonly Zone[]): DohResponse {
  const { method, accept, query } = request;
  if (method === "OPTIONS") return preflight();
  if (method !== "GET" && method !== "HEAD" && method !== "POST") return dohError(405, `use ${methods}`);
  if (query.length > dohQueryCharsMax) return dohError(414, `over ${dohQueryCharsMax} characters`);
  const get = (name: string) => parameter(query, name);
  // Of forms that are equally welcome, the one in which it was asked.
  const asJson = method !== "POST" && get("dns") === null;
  const forms = asJson ? [json, "application/json", wire] : [wire, json, "application/json"];
  const form = forms.find((type) => accepts(accept, type));
  const bytes = method === "POST" ? posted(request) : asked(get);
  if (!(bytes instanceof Uint8Array)) return bytes;
  if (form === undefined) return dohError(406, `answers are ${wire} or ${json}`);
  const message = answer(bytes, zones, "https");
  if (message === null) return dohError(400, "not a DNS query");
  const headers = {
    ...cors,
    "content-type": form,
    "cache-control": `max-age=${maxAge(message)}`,
    vary: "accept",
  };
  return { status: 200, headers, body: form === wire ? message : bytesOf(jsonOf(message)) };
}

/**
 * An answer for what is no request of this kind: an adapter's own 404, for instance.
 *
 * @param reason ASCII, a sentence for people
 */
export function dohError(status: number, reason: string): DohResponse {
  const headers = { ...cors, "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
  const allow = status === 405 ? { allow: methods } : {};
  return { status, headers: { ...headers, ...allow }, body: bytesOf(`${reason}\n`) };
}

function preflight(): DohResponse {
  const headers = {
    ...cors,
    allow: methods,
    "access-control-allow-methods": methods,
    "access-control-allow-headers": "content-type, accept",
    "access-control-max-age": "86400",
  };
  return { status: 204, headers, body: new Uint8Array(0) };
}

function posted({ contentType, body }: DohRequest): Uint8Array | DohResponse {
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== wire) return dohError(415, `the content type must be ${wire}`);
  if (body.length > dohQueryBytesMax) return dohError(413, `over ${dohQueryBytesMax} bytes`);
  return body;
}

function asked(get: (name: string) => string | null): Uint8Array | DohResponse {
  const dns = get("dns");
  if (dns === null && get("name") === null) return dohError(400, "the parameter dns is missing, or name");
  const bytes = dns === null ? queryOf(get) : fromBase64url(dns);
  if (bytes === null) return dohError(400, "dns: not base64url without padding");
  if (typeof bytes === "string") return dohError(400, bytes);
  return bytes.length > dohQueryBytesMax ? dohError(414, `over ${dohQueryBytesMax} bytes`) : bytes;
}

/** The first parameter of this name, decoded; null without. What cannot be decoded stays as it is, and is no name. */
function parameter(query: string, name: string): string | null {
  const found = query.split("&").find((part) => part.startsWith(`${name}=`) || part === name);
  if (found === undefined) return null;
  const value = found.slice(name.length + 1).replaceAll("+", " ");
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (error instanceof URIError) return value;
    throw error;
  }
}

/** Whether a header Accept allows this type: the closest range decides, q=0 excludes (RFC 9110 12.5.1). */
function accepts(header: string | null, type: string): boolean {
  if (header === null || header.trim() === "") return true;
  const ranges = header.split(",").map((range) => range.split(";").map((part) => part.trim().toLowerCase()));
  for (const wanted of [type, "application/*", "*/*"]) {
    const range = ranges.find(([name]) => name === wanted);
    if (range !== undefined) return !range.some((part) => /^q=0(?:\.0*)?$/.test(part));
  }
  return false;
}

/** The smallest TTL (RFC 8484 5.1); that of a negative answer's SOA is right already. 0 without records. */
function maxAge(message: Uint8Array): number {
  if (message.length === headerBytes) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (const { fixed } of layoutOf(message).records)
    if (u16At(message, fixed) !== types.OPT)
      least = Math.min(least, u16At(message, fixed + 4) * 0x10000 + u16At(message, fixed + 6));
  return Number.isFinite(least) ? least : 0;
}

/** Of ASCII. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
