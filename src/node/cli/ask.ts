/** Asks nodes for their status over HTTP, as `concoord status` and failed calls do. */
import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import { webSocketUrl } from "../../shared/client/bootstrap.ts";
import { frameBytesMax } from "../../shared/limits.ts";
import type { Status } from "../../shared/server/status.ts";
import { isPrivateUrl } from "../../shared/wire/private-url.ts";
import { type DialTls, plainRefused, processTls, tlsTrouble } from "../tls/dial.ts";
import { Failure, messageOf } from "./failure.ts";

const answerMillisMax = 2_000;

/** Where to look when nothing was said. */
export const bootDefault = "127.0.0.1:14000";

export interface Reply {
  readonly addr: string;
  /** Null when the node did not answer, or answered something else. */
  readonly status: Status | null;
  readonly error: string;
}

/** Asks all at once. Never throws: who does not answer has no status. */
export function askAll(addrs: readonly string[], tls = processTls()): Promise<readonly Reply[]> {
  return Promise.all(addrs.map((addr) => ask(addr, tls)));
}

/** Asks the given nodes and every member that they name. */
export async function askEveryone(boot: readonly string[], tls = processTls()): Promise<readonly Reply[]> {
  const first = await askAll(boot, tls);
  const ids = new Set(first.map((r) => r.status?.id));
  const members = first.flatMap((r) => r.status?.view.members ?? []);
  const others = new Set(members.filter((m) => !ids.has(m.id)).map((m) => m.addr));
  const second = await askAll([...others], tls);
  // A node that has two names in the list is shown once.
  const seen = new Set<string>();
  return [...first, ...second].filter((r) => {
    const key = r.status?.id ?? r.addr;
    return !seen.has(key) && seen.add(key);
  });
}

/**
 * The status of the node that executed most, of the given ones and all members that they name.
 * @throws Failure 4 when no node that holds the objects answers
 */
export async function askNewest(boot: readonly string[]): Promise<Status> {
  const replies = await askEveryone(boot);
  const found = replies.flatMap(({ status }) => status ?? []);
  if (found.length === 0) throw nobody(replies);
  const [first, ...others] = found.filter(({ role }) => role === "replica" || role === "learner");
  if (first === undefined)
    throw new Failure(4, "only acceptors and nameservers answer, which hold no objects");
  return others.reduce((a, b) => (b.executed > a.executed ? b : a), first);
}

/** What a verb says when no node answers. */
export function nobody(replies: readonly Reply[]): Failure {
  return new Failure(4, `nobody answers: ${replies.map((r) => `${r.addr} (${r.error})`).join(", ")}`);
}

/** What a verb says that has shown what it found, of a cluster that decides nothing. */
export function leaderless(): Failure {
  return new Failure(3, "a node answered, but there is no leader");
}

/**
 * A node's answer to a GET, as it is.
 * @param token shown where nobody can overhear it: it may let one see more
 * @throws Error in one line, naming the node
 */
export async function getText(addr: string, path: string, token: string | null = null): Promise<string> {
  try {
    return await fetchText(addr, path, processTls(), token);
  } catch (error) {
    throw new Failure(4, `${addr}: ${messageOf(error)}`);
  }
}

async function ask(addr: string, tls: DialTls): Promise<Reply> {
  try {
    return { addr, status: parse(await fetchText(addr, "/status.json", tls)), error: "" };
  } catch (error) {
    return { addr, status: null, error: messageOf(error) };
  }
}

/** A starting node answers 503 without a body; whatever else listens there is no node of ours. */
function parse(text: string): Status {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("view" in value) || !("leader" in value))
    throw new Error("not a concoord node");
  return value as Status;
}

function fetchText(addr: string, path: string, tls: DialTls, token: string | null = null): Promise<string> {
  const dialled = webSocketUrl(addr, tls.isUsual);
  const url = new URL(path, dialled.replace(/^ws/i, "http"));
  const isSecure = url.protocol === "https:";
  const secureContext = isSecure ? tls.context() : undefined;
  const options = {
    timeout: answerMillisMax,
    agent: false,
    ...(token !== null && isPrivateUrl(dialled) && { headers: { authorization: `Bearer ${token}` } }),
    ...(secureContext && { secureContext }),
  } as const;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new Error(tlsTrouble(addr, error)?.message ?? whyOf(error)));
    const request = (isSecure ? getSecure : getPlain)(url, options, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        return fail(new Error(saidBy(response.statusCode)));
      }
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on("data", (part: Buffer) => {
        bytes += part.length;
        if (bytes > frameBytesMax) request.destroy(new Error("the answer is too long"));
        else parts.push(part);
      });
      response.on("end", () => resolve(Buffer.concat(parts).toString("utf8")));
      response.on("error", reject);
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${answerMillisMax} ms`)));
    request.on("error", fail);
  });
}

function whyOf(error: Error): string {
  return "code" in error && error.code === "ECONNREFUSED" ? "connection refused" : error.message;
}

function saidBy(status: number | undefined): string {
  if (status === plainRefused) return `server response: ${status}`;
  return status === 503 ? "it is starting" : `HTTP ${status}`;
}
