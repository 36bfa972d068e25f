/** A span for each call of a client: from the call to its answer, within what the program was doing. */

import { ConcoordError } from "../../shared/client/errors.ts";
import type { TraceCall } from "../../shared/client/runtime.ts";
import { tracing } from "./tracer.ts";

/** @returns what begins the span of a call; null when the program registered no tracer */
export function callSpans(): TraceCall | null {
  const found = tracing();
  if (found === null) return null;
  const { api, tracer } = found;
  return (call, session) => {
    const { object, method } = call.target;
    const span = tracer.startSpan(`${object}.${method}`, {
      kind: api.SpanKind.CLIENT,
      attributes: { "rpc.system": "concoord", "rpc.service": object, "rpc.method": method },
    });
    const end = () => {
      const of = session();
      if (of !== null) span.setAttribute("concoord.session", of);
      if (call.seq !== 0) span.setAttribute("concoord.seq", call.seq);
      span.end();
    };
    const { resolve, reject } = call;
    call.resolve = (value) => {
      end();
      resolve(value);
    };
    call.reject = (error) => {
      span.setStatus({ code: api.SpanStatusCode.ERROR, message: error.message });
      span.recordException(error);
      if (error instanceof ConcoordError) span.setAttribute("concoord.code", error.code);
      end();
      reject(error);
    };
  };
}
