/**
 * Checks AWS Signature Version 4 as its documentation tells ("Create a signed AWS API request"), from the raw request
 * and with nothing of the library that signs.
 */
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const authorization = new RegExp(
  String.raw`^AWS4-HMAC-SHA256 Credential=(\w+)/(\d{8})/([a-z0-9-]+)/(\w+)/aws4_request, ` +
    "SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$",
);
const skewMillisMax = 5 * 60 * 1000;

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** As RFC 3986 wants it: all but letters, digits and -._~. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** @returns null when the request is signed by these keys, now, for Route 53, at this host */
export function refusalOf(
  request: IncomingMessage,
  body: Uint8Array,
  host: string,
  keys: Keys,
): Refusal | null {
  const header = (name: string) => String(request.headers[name] ?? "");
  const incomplete = (message: string) => ({ status: 403, code: "IncompleteSignature", message });
  const mismatch = (message: string) => ({ status: 403, code: "SignatureDoesNotMatch", message });
  const parts = authorization.exec(header("authorization"));
  if (parts === null) return incomplete("the Authorization header has another form");
  const [, id, day = "", region = "", service = "", list = "", signature] = parts;
  if (id !== keys.accessKeyId)
    return {
      status: 403,
      code: "InvalidClientTokenId",
      message: "The security token included in the request is invalid.",
    };
  if (region !== "us-east-1" || service !== "route53") return mismatch("the scope is not us-east-1/route53");
  const date = header("x-amz-date");
  const time = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (time === null || !date.startsWith(day)) return mismatch("the date is not that of the scope");
  const [, y, mo, d, h, mi, s] = time;
  const at = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  if (Math.abs(Date.now() - at) > skewMillisMax) return mismatch("Signature expired");
  if (header("host") !== host) return mismatch(`the host is not ${host}`);
  const signed = list.split(";");
  const needed = ["host", ...Object.keys(request.headers).filter((name) => name.startsWith("x-amz-"))];
  if (!needed.every((name) => signed.includes(name))) return mismatch("a header is not signed");
  if (signed.join() !== [...signed].sort().join()) return mismatch("signed headers are not in order");
  const token = request.headers["x-amz-security-token"] ?? null;
  if (token !== keys.sessionToken)
    return { status: 403, code: "InvalidClientTokenId", message: `another session token: ${token}` };
  const canonical = canonicalRequest(request, signed, sha256(body));
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n");
  const steps = [day, region, service, "aws4_request"];
  const key = steps.reduce<string | Uint8Array>(hmac, `AWS4${keys.secretAccessKey}`);
  if (hmac(key, text).toString("hex") === signature) return null;
  // As Amazon does it, on more lines than the first: the token is among the headers.
  return mismatch(
    `The request signature we calculated does not match the signature you provided.\n\n'${canonical}'`,
  );
}

function canonicalRequest(request: IncomingMessage, signed: readonly string[], payloadHash: string): string {
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const pairs = query === "" ? [] : query.split("&").map((pair) => pair.split("="));
  const sorted = pairs
    .map(
      ([name = "", value = ""]) =>
        `${encoded(decodeURIComponent(name))}=${encoded(decodeURIComponent(value))}`,
    )
    .sort();
  const headers = signed.map(
    (name) => `${name}:${String(request.headers[name]).trim().replace(/ +/g, " ")}\n`,
  );
  // Each segment of the path is encoded once more than the request has it.
  const uri = path.split("/").map(encoded).join("/");
  return [request.method, uri, sorted.join("&"), headers.join(""), signed.join(";"), payloadHash].join("\n");
}
