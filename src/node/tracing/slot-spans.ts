/**
 * A span for each slot that a node executes, and in it one for each call. They are of the node's own trace: what a
 * program traces does not travel in the log. `concoord.session` and `concoord.seq` name the call on both sides.
 */
import type { Context, Span } from "@opentelemetry/api";
import { slotSpansMax } from "../../shared/limits.ts";
import type { Slot } from "../../shared/paxos/slot.ts";
import type { SlotWatch } from "../../shared/server/slot-watch.ts";
import { type Tracing, tracing } from "./tracer.ts";

/** Of a call in a slot, in ms of the node's clock. */
interface Turn {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly failed: string | null;
  readonly since: number | null;
  readonly from: number;
  readonly to: number;
}

/** @param node its id @returns null when the program registered no tracer */
export function slotSpans(node: () => string): SlotWatch | null {
  const found = tracing();
  return found === null ? null : watch(found, node);
}

function watch(found: Tracing, node: () => string): SlotWatch {
  let slot: Slot | null = null;
  let from = 0;
  let last = 0;
  let calls = 0;
  let turns: Turn[] = [];
  return {
    begin: (at) => {
      slot = at;
      from = performance.now();
      last = from;
      calls = 0;
      turns = [];
    },
    executed: ({ object, method }, session, seq, outcome, since) => {
      if (slot === null) return;
      calls++;
      if (turns.length >= slotSpansMax) return;
      const to = performance.now();
      const failed = outcome.type === "threw" || outcome.type === "refused" ? outcome.type : null;
      const attributes = {
        "concoord.session": session,
        "concoord.seq": seq,
        "concoord.outcome": outcome.type,
      };
      turns.push({ name: `apply ${object}.${method}`, attributes, failed, since, from: last, to });
      last = to;
    },
    end: () => {
      if (slot === null) return;
      // A slot of housekeeping is not worth a span.
      if (calls > 0) write(found, { "concoord.node": node(), "concoord.slot": slot, calls }, from, turns);
      slot = null;
    },
  };
}

/** It began when the first of its calls came to this node, or was decided here. */
function write(
  { api, tracer }: Tracing,
  attributes: Readonly<Record<string, string | number>>,
  decided: number,
  turns: readonly Turn[],
): void {
  const began = turns.reduce((least, { since }) => Math.min(least, since ?? least), decided);
  const root = tracer.startSpan("slot", { root: true, startTime: wall(began), attributes });
  root.addEvent("decided", wall(decided));
  const within: Context = api.trace.setSpan(api.ROOT_CONTEXT, root);
  for (const turn of turns) {
    const span: Span = tracer.startSpan(
      turn.name,
      { startTime: wall(turn.from), attributes: turn.attributes },
      within,
    );
    if (turn.failed !== null) span.setStatus({ code: api.SpanStatusCode.ERROR, message: turn.failed });
    span.end(wall(turn.to));
  }
  root.end(wall(performance.now()));
}

/** ms since 1970, which no exporter takes for the clock of this process. */
function wall(monotonic: number): number {
  return performance.timeOrigin + monotonic;
}
