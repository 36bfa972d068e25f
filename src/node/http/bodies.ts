/** Room for the bodies of requests: a thousand callers who each send theirs slowly must not fill the memory. */
import type { MiddlewareHandler } from "hono";
import { argumentsBytesMax, bodiesBytesMax } from "../../shared/limits.ts";
import { HttpError } from "./errors.ts";

/** Takes room for what a request says that it sends, until it is answered. */
export function bodyRoom(): MiddlewareHandler {
  let taken = 0;
  return async (c, next) => {
    const said = c.req.header("content-length") ?? "";
    const bytes = /^[0-9]{1,9}$/.test(said) ? Math.min(Number(said), argumentsBytesMax) : argumentsBytesMax;
    if (taken + bytes > bodiesBytesMax)
      throw new HttpError(503, "BUSY", "too many long calls are under way here: try another node, or later");
    taken += bytes;
    try {
      await next();
    } finally {
      taken -= bytes;
    }
  };
}
