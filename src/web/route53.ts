/**
 * A nameserver in Amazon Route 53, for Node and for Workers: signs calls by aws4fetch (AWS Signature Version 4), sends
 * them by `fetch`, on the timers of the machine. What is called when, and what a failure means, is decided in
 * shared/dns/route53-publisher.ts.
 */
import { AwsClient } from "aws4fetch";
import { nameOf } from "../shared/dns/name.ts";
import { type ApiAnswer, type ApiRequest, zoneIdOf } from "../shared/dns/route53.ts";
import { Route53Publisher, type Route53Status } from "../shared/dns/route53-publisher.ts";
import { route53AnswerBytesMax, route53CallMillisMax } from "../shared/name-limits.ts";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials, else null. */
  readonly sessionToken: string | null;
}

export interface Route53Options {
  readonly domain: string;
  readonly credentials: AwsCredentials;
  /** Of the hosted zone. Default: looked up by the name of the domain, then of its parents. */
  readonly zoneId?: string | undefined;
  /** Default: https://route53.amazonaws.com. */
  readonly endpoint?: string | undefined;
  /** Told whenever the status is another one. */
  readonly changed?: ((status: Route53Status) => void) | undefined;
}

const defaultEndpoint = "https://route53.amazonaws.com";
/** Route 53 is one for the whole world; its calls are signed for this region. */
const region = "us-east-1";

/**
 * @returns give it each view by `publish(number, records)`; it goes on until `stop()`
 * @throws BadName when the domain is none, RangeError when the zone's id or the endpoint is none
 * @example
 *   const names = route53({ domain: "counter.example", credentials });
 *   names.publish(view.number, zoneRecords(nameOf("counter.example"), view, {}));
 */
export function route53(options: Route53Options): Route53Publisher {
  const { domain, credentials, changed = () => undefined } = options;
  const zoneId = options.zoneId === undefined ? null : zoneIdOf(options.zoneId);
  if (options.zoneId !== undefined && zoneId === null)
    throw new RangeError(`"${options.zoneId}" is not the id of a hosted zone`);
  const call = caller(credentials, options.endpoint ?? defaultEndpoint);
  const runtime = { call, wait, random: () => Math.random() };
  return new Route53Publisher({ domain: nameOf(domain), zoneId, runtime, changed });
}

function caller(credentials: AwsCredentials, endpoint: string): (request: ApiRequest) => Promise<ApiAnswer> {
  if (!URL.canParse(endpoint)) throw new RangeError(`"${endpoint}" is not the URL of an endpoint`);
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const secrets = [secretAccessKey, sessionToken ?? "", accessKeyId].filter((text) => text !== "");
  // Its own retries do not know the throttling of Route 53, which is HTTP 400.
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === null ? {} : { sessionToken }),
    service: "route53",
    region,
    retries: 0,
  });
  /** What is signed comes back in some errors, and with it the session token. */
  const withoutSecrets = (text: string) =>
    secrets.reduce((left, secret) => left.replaceAll(secret, "(secret)"), text);
  return async ({ method, path, body }) => {
    try {
      const response = await client.fetch(new URL(path, endpoint).href, {
        method,
        // What is signed for one host is not for another one.
        redirect: "manual",
        signal: AbortSignal.timeout(route53CallMillisMax),
        ...(body === null ? {} : { body, headers: { "content-type": "application/xml" } }),
      });
      return { status: response.status, body: withoutSecrets(await textOf(response)) };
    } catch (error) {
      throw new Error(withoutSecrets(reasonOf(error)));
    }
  };
}

/** Reads an answer, up to its limit. */
async function textOf(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    bytes += piece.value.length;
    if (bytes > route53AnswerBytesMax) {
      await reader.cancel();
      throw new Error(`an answer over ${route53AnswerBytesMax} bytes`);
    }
    text += decoder.decode(piece.value, { stream: true });
  }
  return text + decoder.decode();
}

/** Node says only "fetch failed", and why in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function wait(millis: number, run: () => void): () => void {
  const timer = setTimeout(run, millis);
  return () => clearTimeout(timer);
}
