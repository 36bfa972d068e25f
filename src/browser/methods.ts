/** How often each method is called, and how long callers of this node waited: from the difference of two reports. */
import { quantile } from "../shared/server/latency.ts";
import type { MethodReport } from "../shared/server/meters.ts";
import type { MethodTimes } from "../shared/server/page-report.ts";
import { byId, cell, h, nothing, part, row } from "./dom.ts";

/** Reports that are kept: one a second. */
const reportsMax = 60;
/** Rates are of the last so many of them. */
const rateReports = 5;

const reports: MethodTimes[] = [];
/** Calls and reads per second, of all methods. */
const rates: number[] = [];

export function showMethods(report: MethodTimes): void {
  const last = reports.at(-1);
  // A node that restarted counts anew; rates of before are gone.
  if (last !== undefined && report.at <= last.at) reports.length = 0;
  reports.push(report);
  if (reports.length > reportsMax) reports.shift();
  const before = reports[Math.max(0, reports.length - 1 - rateReports)] as MethodTimes;
  const seconds = (report.at - before.at) / 1_000;
  const rows = report.methods.map((m) => rowOf(m, before, reports[0] as MethodTimes, seconds));
  rates.push(rows.reduce((sum, m) => sum + m.rate, 0));
  if (rates.length > reportsMax) rates.shift();
  draw(rows.sort((a, b) => b.rate - a.rate || b.total - a.total));
}

interface Shown {
  readonly name: string;
  readonly total: number;
  readonly errors: number;
  readonly reads: number;
  readonly rate: number;
  readonly p50: number | null;
  readonly p99: number | null;
}

function rowOf(m: MethodReport, before: MethodTimes, first: MethodTimes, seconds: number): Shown {
  const same = (n: MethodReport) => n.method === m.method && n.class === m.class;
  const was = before.methods.find(same);
  const total = m.calls + m.reads;
  const news = total - (was === undefined ? 0 : was.calls + was.reads);
  const old = first.methods.find(same)?.latency.buckets;
  const recent = m.latency.buckets.map((n, i) => n - (old?.[i] ?? 0));
  // When nobody called lately, all calls since the start of the node are better than none.
  const buckets = recent.some((n) => n > 0) ? recent : m.latency.buckets;
  return {
    name: m.method === "" ? "refused, or beyond what is counted" : `${m.class}.${m.method}`,
    total,
    errors: m.errors,
    reads: m.reads,
    rate: seconds > 0 ? news / seconds : 0,
    p50: quantile(buckets, 0.5),
    p99: quantile(buckets, 0.99),
  };
}

function draw(rows: readonly Shown[]): void {
  const most = Math.max(1, ...rows.map((m) => m.rate));
  part("methods", rows, () => rows.map((m) => methodRow(m, m.rate / most)));
  byId("methods-none", HTMLElement).hidden = rows.length > 0;
  part("rate", rates, () => [spark(), h("span", {}, `${amount(rates.at(-1) ?? 0)} calls/s`)]);
}

function methodRow(m: Shown, share: number): Node {
  const bar = h("i", { class: "bar" });
  bar.style.width = `${Math.round(share * 100)}%`;
  return row(
    cell("what", m.name),
    cell("n rate", amount(m.rate), bar),
    cell("n", m.total.toLocaleString("en")),
    cell("n", m.reads.toLocaleString("en")),
    cell(`n ${m.errors > 0 ? "bad" : ""}`, m.errors.toLocaleString("en")),
    cell("n", time(m.p50)),
    cell("n", time(m.p99)),
  );
}

function amount(n: number): string {
  return n === 0 ? "0" : n < 10 ? n.toFixed(1) : Math.round(n).toLocaleString("en");
}

function time(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  return ms < 1_000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** The last minute, a bar for each second. */
function spark(): Element {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", `0 0 ${reportsMax} 16`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const most = Math.max(1, ...rates);
  const bars = Array.from({ length: reportsMax }, (_, i) => {
    const rate = rates[rates.length - reportsMax + i] ?? 0;
    const height = 0.5 + (15.5 * rate) / most;
    return `M${i} 16v-${height.toFixed(2)}h.7v${height.toFixed(2)}z`;
  });
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", bars.join(""));
  svg.append(path);
  return svg;
}

byId("methods-none", HTMLElement).append(nothing("No method was called since this node started."));
