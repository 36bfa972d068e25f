/** bench/RESULTS.md and its plots, from the rows of one run. */
import { mkdirSync, writeFileSync } from "node:fs";
import { machine } from "./machine.ts";
import { type Line, type Plot, svgOf } from "./plot.ts";
import type { Row, Scenario, Setting } from "./scenario.ts";
import { shown, type Verdict } from "./targets.ts";

export interface Run {
  /** ISO 8601. */
  readonly at: string;
  readonly setting: Setting;
  readonly scenarios: readonly Scenario[];
  readonly rows: readonly Row[];
  readonly verdicts: readonly Verdict[];
  /** Of the services beside, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

const folder = new URL("plots/", import.meta.url);

export function writeReport(run: Run): void {
  mkdirSync(folder, { recursive: true });
  const drawn = plotsOf(run.rows).filter(({ plot }) => plot.lines.some((line) => line.points.length > 1));
  for (const { file, plot } of drawn) writeFileSync(new URL(file, folder), svgOf(plot));
  const pictures = drawn.map(({ file, plot }) => `![${plot.title}](plots/${file})`);
  const parts = [
    head(run),
    verdictTable(run.verdicts),
    ...pictures,
    ...run.scenarios.map((s) => part(s, run.rows)),
  ];
  writeFileSync(new URL("RESULTS.md", import.meta.url), `${parts.join("\n\n")}\n`);
}

function head({ at, setting, versions }: Run): string {
  const { cpu, cores, memoryGigabytes, kernel, node, concoord } = machine();
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    "# Results",
    "",
    `Written by \`npm run bench\` on ${at.slice(0, 10)}. All processes, load included, on one machine: ${cores} cores`,
    `of ${cpu}, ${memoryGigabytes} GB, Linux ${kernel}; Node ${node}; concoord ${concoord}${others.map((o) => `; ${o}`).join("")}.`,
    "Every member flushes to the disk before it answers, except where a line says memory. Each figure is the median of",
    `${setting.rounds} measurements of ${setting.seconds} s, in turns with all that stand beside it. The other services are driven by clients of`,
    "this bench, in JavaScript as ours; 64-byte values; a connection for each program. Before it is measured each",
    "has 256 calls under way for a second, so that what is to be compiled is, and then its own number for another one.",
  ].join("\n");
}

function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(
    ({ what, unit, value, wanted, isMet }) =>
      `| ${what} | ${shown(value)} ${unit} | ${shown(wanted)} ${unit} | ${isMet ? "yes" : "**no**"} |`,
  );
  return ["## Asked and reached", "", "| what | measured | asked | met |", "|---|---|---|---|", ...rows].join(
    "\n",
  );
}

/** The figures that a scenario's rows have, as columns. */
function part({ name, about }: Scenario, all: readonly Row[]): string {
  const rows = all.filter((row) => row.scenario === name);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row.figures)))].filter(
    (n) => !/^silence\d/.test(n),
  );
  const cells = rows.map(({ subject, work, figures }) => {
    const values = columns.map((column) => (figures[column] === undefined ? "" : shown(figures[column])));
    return `| ${[work, subject, ...values].join(" | ")} |`;
  });
  const header = ["work", "subject", ...columns];
  return [
    `## ${name}`,
    "",
    about,
    "",
    `| ${header.join(" | ")} |`,
    `|${header.map(() => "---|").join("")}`,
    ...cells,
  ].join("\n");
}

interface Drawn {
  readonly file: string;
  readonly plot: Plot;
}

function plotsOf(rows: readonly Row[]): readonly Drawn[] {
  return [...sweeps(rows), stateSizes(rows), silences(rows)];
}

/** One connection, more and more calls outstanding: concoord beside the floor. */
function sweeps(all: readonly Row[]): readonly Drawn[] {
  const rows = all.filter(({ scenario, work }) => scenario === "calls" && /^durable 1x/.test(work));
  const outstanding = ({ work }: Row) => Number(/1x(\d+)$/.exec(work)?.[1]);
  const ops = ({ figures }: Row) => Math.round(figures["opsPerSecond"] ?? 0);
  const p50 = ({ figures }: Row) => figures["p50Millis"] ?? 0;
  const lines = (point: (row: Row) => readonly [number, number]): readonly Line[] =>
    ["concoord", "floor"].map((name) => ({
      name,
      points: rows.filter(({ subject }) => subject === name).map(point),
    }));
  const throughput = {
    title: "Calls a second against calls outstanding",
    x: "outstanding, one connection",
    y: "calls/s",
    logX: true,
    lines: lines((row) => [outstanding(row), ops(row)]),
  };
  const latency = {
    title: "Latency against load",
    x: "calls/s, one connection",
    y: "p50, ms",
    logX: true,
    lines: lines((row) => [ops(row), p50(row)]),
  };
  return [
    { file: "throughput.svg", plot: throughput },
    { file: "latency.svg", plot: latency },
  ];
}

function stateSizes(rows: readonly Row[]): Drawn {
  const points = rows
    .filter(({ scenario }) => scenario === "state")
    .map(({ work, figures }) => [Number.parseInt(work, 10), figures["p50Millis"] ?? 0] as const);
  const title = "Latency of a small call against the size of the state";
  return { file: "state.svg", plot: { title, x: "MB", y: "p50, ms", lines: [{ name: "concoord", points }] } };
}

function silences(rows: readonly Row[]): Drawn {
  const figures = rows.find(({ scenario }) => scenario === "failover")?.figures ?? {};
  const points = Object.entries(figures).flatMap(([name, value]) => {
    const time = /^silence(\d+)Millis$/.exec(name)?.[1];
    return time === undefined ? [] : [[Number(time), value] as const];
  });
  const title = "Silence when the leader is killed";
  return {
    file: "failover.svg",
    plot: { title, x: "time after time", y: "ms", lines: [{ name: "concoord", points }] },
  };
}
