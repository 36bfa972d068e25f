/** Spans for OpenTelemetry: of a call, of the slot that holds it, of its execution; by a program's provider. */
import type { Attributes, Context, Span, SpanOptions, Tracer } from "@opentelemetry/api";
import { context, trace } from "@opentelemetry/api";
import { afterEach, expect, test } from "vitest";
import { openSession } from "../../src/node/index.ts";
import { replica } from "../../src/node/node.ts";
import { callSpans } from "../../src/node/tracing/call-spans.ts";
import { slotSpans } from "../../src/node/tracing/slot-spans.ts";
import { slotSpansMax } from "../../src/shared/limits.ts";
import type { Slot } from "../../src/shared/paxos/slot.ts";
import { freePorts } from "../process/processes.ts";

interface Seen {
  readonly name: string;
  readonly start: number | null;
  end: number | null;
  readonly attributes: Attributes;
  failed: string | null;
  readonly parent: string | null;
}

afterEach(() => trace.disable());

/** Registers a provider that remembers. */
function remember(): Seen[] {
  const seen: Seen[] = [];
  const names = new Map<Span, string>();
  const tracer = {
    startSpan: (name: string, { startTime, attributes, root }: SpanOptions = {}, within?: Context) => {
      const parent = root === true ? undefined : trace.getSpan(within ?? context.active());
      const one: Seen = {
        name,
        start: typeof startTime === "number" ? startTime : null,
        end: null,
        attributes: { ...attributes },
        failed: null,
        parent: parent === undefined ? null : (names.get(parent) ?? null),
      };
      seen.push(one);
      const span = {
        setAttribute: (key: string, value: string | number) =>
          Object.assign(one.attributes, { [key]: value }),
        setStatus: ({ message }: { message?: string }) => {
          one.failed = message ?? "";
        },
        addEvent: () => span,
        recordException: () => undefined,
        end: (at?: number) => {
          one.end = at ?? 0;
        },
      } as unknown as Span;
      names.set(span, name);
      return span;
    },
  } as unknown as Tracer;
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
  return seen;
}

test("without a provider there is nothing to do", () => {
  expect([callSpans(), slotSpans(() => "n")]).toEqual([null, null]);
});

test("client, slot and execution of one call name it alike", { timeout: 30_000 }, async () => {
  const seen = remember();
  const [port = 0] = await freePorts(1);
  await using node = await replica({ objects: ["concoord.object.counter.Counter"], port, memory: true });
  await using session = openSession(node.addr);
  await session.call("Counter/main", "increment", []);
  await expect(session.call("Counter/main", "nothing", [])).rejects.toThrow("nothing");
  const [call, refused] = seen.filter(({ name }) => name.startsWith("Counter/main."));
  const [apply, applyRefused] = seen.filter(({ name }) => name.startsWith("apply "));
  const [slot] = seen.filter(({ name }) => name === "slot");
  if (call === undefined || apply === undefined || slot === undefined) throw new Error("a span is missing");
  expect(call).toMatchObject({ name: "Counter/main.increment", failed: null, end: 0 });
  expect(call.attributes).toMatchObject({ "rpc.service": "Counter/main", "rpc.method": "increment" });
  expect([refused?.failed !== null, applyRefused?.failed]).toEqual([true, "refused"]);
  expect(refused?.attributes["concoord.code"]).toBe("UNKNOWN_METHOD");
  for (const name of ["concoord.session", "concoord.seq"])
    expect(apply.attributes[name]).toEqual(call.attributes[name]);
  expect(apply.parent).toBe("slot");
  expect(slot.attributes).toMatchObject({ calls: 1, "concoord.node": node.id });
  // It begins with the arrival of the call, before it is executed.
  expect(slot.start).toBeLessThan(apply.start ?? 0);
  expect(apply.end).toBeLessThanOrEqual(slot.end ?? 0);
  expect(Math.abs((slot.end ?? 0) - Date.now())).toBeLessThan(20_000);
});

test("a slot has a bounded number of spans, and one without calls none", () => {
  const seen = remember();
  const slots = slotSpans(() => "n1");
  if (slots === null) throw new Error("no spans");
  const call = { object: "Counter/main", method: "increment" } as never;
  slots.begin(4 as Slot);
  slots.end();
  expect(seen).toEqual([]);
  slots.begin(5 as Slot);
  for (let i = 0; i < slotSpansMax + 3; i++)
    slots.executed(call, "1.0" as never, i as never, { type: "returned", value: new Uint8Array() }, null);
  slots.end();
  // What is executed out of a slot, late, is not told.
  slots.executed(call, "1.0" as never, 1 as never, { type: "returned", value: new Uint8Array() }, null);
  slots.end();
  expect(seen.length).toBe(slotSpansMax + 1);
  expect(seen[0]?.attributes["calls"]).toBe(slotSpansMax + 3);
});
