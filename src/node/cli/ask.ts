/** Asks nodes for their status over HTTP, as `concoord status` and failed calls do. */
import { get } from "node:http";
import { frameBytesMax } from "../../shared/limits.ts";
import type { Status } from "../../shared/server/status.ts";

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
export function askAll(addrs: readonly string[]): Promise<readonly Reply[]> {
  return Promise.all(addrs.map(ask));
}

async function ask(addr: string): Promise<Reply> {
  try {
    return { addr, status: parse(await fetchText(`${httpBase(addr)}/status.json`)), error: "" };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const why =
      code === "ECONNREFUSED" ? "connection refused" : error instanceof Error ? error.message : code;
    return { addr, status: null, error: why };
  }
}

/** A starting node answers 503 without a body; whatever else listens there is no node of ours. */
function parse(text: string): Status {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || !("view" in value) || !("leader" in value))
    throw new Error("not a concoord node");
  return value as Status;
}

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { timeout: answerMillisMax, agent: false }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        return reject(
          new Error(response.statusCode === 503 ? "it is starting" : `HTTP ${response.statusCode}`),
        );
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
    request.on("error", reject);
  });
}

function httpBase(addr: string): string {
  return /^wss?:/i.test(addr) ? new URL(addr.replace(/^ws/i, "http")).origin : `http://${addr}`;
}
