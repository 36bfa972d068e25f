/** Errors as HTTP has them: a status and {"error":{code,name,message}}. */
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ConcoordError } from "../../shared/client/errors.ts";
import type { Code } from "../../shared/object/types.ts";
import type { Status } from "../../shared/server/status.ts";

/** The request itself is refused. */
export class HttpError extends Error {
  override readonly name = "ConcoordError";
  readonly status: ContentfulStatusCode;
  readonly code: Code;
  constructor(status: ContentfulStatusCode, code: Code, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** @throws HttpError 503 while the node is starting */
export function statusOf(node: { status(): Status | null }): Status {
  const status = node.status();
  if (status === null) throw new HttpError(503, "NO_QUORUM", "this node is starting");
  return status;
}

const statuses: Readonly<Partial<Record<Code, ContentfulStatusCode>>> = {
  UNKNOWN_CLASS: 404,
  UNKNOWN_METHOD: 404,
  DENIED: 403,
  BUSY: 503,
  NO_QUORUM: 503,
  UNREACHABLE: 503,
  CLOSED: 503,
  SESSION_EXPIRED: 503,
  NOT_EXECUTED: 503,
  TIMEOUT: 504,
  ABORTED: 504,
  TOO_BIG: 413,
  NOT_SENDABLE: 400,
  BAD_FRAME: 400,
  RETURNED_PROMISE: 500,
};

export interface Problem {
  readonly status: ContentfulStatusCode;
  readonly body: {
    readonly error: { readonly code: string | null; readonly name: string; readonly message: string };
  };
}

/** What a method threw is not one of ours, whatever its name and code: 422, the call was understood and failed. */
export function problem(error: unknown): Problem {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const code =
    error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
  return { status: statusFor(error), body: { error: { code, name, message } } };
}

/** JSON that is no markup either: names that somebody asked for stand in it. */
export function harmless(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

function statusFor(error: unknown): ContentfulStatusCode {
  if (error instanceof HttpError) return error.status;
  return error instanceof ConcoordError ? (statuses[error.code] ?? 500) : 422;
}
