/**
 * The tracer of OpenTelemetry that the program registered, if it did: there is none by default, and then nothing is
 * loaded and nothing is done. Only the API package is used; the program brings the SDK and the exporter.
 * https://opentelemetry.io/docs/specs/otel/trace/api/
 */
import { createRequire } from "node:module";
import type * as Api from "@opentelemetry/api";
import { version } from "../version.ts";

/** Where every copy of the API, of version 1, keeps what was registered. */
const registered = Symbol.for("opentelemetry.js.api.1");

export interface Tracing {
  readonly api: typeof Api;
  readonly tracer: Api.Tracer;
}

/** Asked when a session or a node begins: what is registered later counts from the next one on. */
export function tracing(): Tracing | null {
  const all: unknown = Reflect.get(globalThis, registered);
  if (typeof all !== "object" || all === null || !("trace" in all)) return null;
  // Loading it takes some milliseconds: whoever registered a provider has done so already.
  const api = createRequire(import.meta.url)("@opentelemetry/api") as typeof Api;
  return { api, tracer: api.trace.getTracer("concoord", version) };
}
