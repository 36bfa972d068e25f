/**
 * `npm run bench`: everything that is measured of concoord, with real processes on this machine, through the published
 * `connect`; beside it a floor (replication with everything but durability taken away), the bare `ws` echo and, where
 * they are installed, other services. A whole run writes bench/RESULTS.md with its plots.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { benchDns } from "./dns.ts";
import { machine } from "./machine.ts";
import { writeReport } from "./report.ts";
import type { Row, Scenario, Setting } from "./scenario.ts";
import { calls } from "./scenarios/calls.ts";
import { failover } from "./scenarios/failover.ts";
import { footprint } from "./scenarios/footprint.ts";
import { locks } from "./scenarios/locks.ts";
import { reads } from "./scenarios/reads.ts";
import { replicas } from "./scenarios/replicas.ts";
import { start } from "./scenarios/start.ts";
import { state } from "./scenarios/state.ts";
import { isInstalled, type ServiceName, serviceNames, versionOf } from "./services/services.ts";
import { judge, lineOf } from "./targets.ts";

const scenarios: readonly Scenario[] = [calls, reads, locks, state, replicas, failover, footprint, start];

const usage = `npm run bench -- [SCENARIO…] [--seconds 3] [--rounds 3] [--vs etcd,zookeeper] [--quick] [--report]
${scenarios.map(({ name, about }) => `  ${name.padEnd(11)} ${about}`).join("\n")}
  --seconds   how long each is measured, after a warm-up of two seconds
  --rounds    how often, in turns; the medians count
  --vs        other services, of those that are installed
  --quick     few and small, to see that all of it runs
  --report    writes bench/RESULTS.md and its plots; usual when no scenario is named
  --dns       the nameserver instead: by UDP, TCP and HTTPS
The results go to standard output, too, as JSON. Snapshots of a large state are measured by bench/snapshots.ts, locks
against single calls by bench/locks.ts, placement by bench/placement.ts.`;

interface Wanted {
  readonly setting: Setting;
  readonly scenarios: readonly Scenario[];
  readonly report: boolean;
}

function wanted(): Wanted {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: "string" },
      rounds: { type: "string" },
      vs: { type: "string" },
      quick: { type: "boolean", default: false },
      report: { type: "boolean", default: false },
    },
  });
  const { quick } = values;
  const seconds = Number(values.seconds ?? (quick ? 0.5 : 3));
  const rounds = Number(values.rounds ?? (quick ? 1 : 3));
  if (!(seconds > 0 && seconds <= 60)) throw new RangeError("--seconds is from 0 to 60");
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 99))
    throw new RangeError("--rounds is from 1 to 99");
  const named = positionals.map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found === undefined) throw new RangeError(`there is no scenario ${name}`);
    return found;
  });
  return {
    setting: { seconds, rounds, quick, versus: services(values.vs) },
    scenarios: named.length === 0 ? scenarios : named,
    report: values.report || (named.length === 0 && !quick),
  };
}

function services(names: string | undefined): readonly ServiceName[] {
  return (names?.split(",") ?? []).flatMap((name) => {
    const found = serviceNames.find((known) => known === name);
    if (found === undefined) throw new RangeError(`--vs knows ${serviceNames.join(", ")}`);
    if (isInstalled(found)) return [found];
    note(`${found} is not installed: left out`);
    return [];
  });
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<void> {
  const { setting, scenarios: chosen, report } = wanted();
  const rows: Row[] = [];
  for (const scenario of chosen) {
    note(`\n${scenario.name}: ${scenario.about}`);
    rows.push(...(await scenario.run(setting, note)));
  }
  const verdicts = judge(rows);
  note(`\n${verdicts.map(lineOf).join("\n")}`);
  const at = new Date().toISOString();
  const text = JSON.stringify({ at, machine: machine(), setting, rows, verdicts }, null, 2);
  const folder = new URL("results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${at.replaceAll(":", "-")}.json`, folder), `${text}\n`);
  process.stdout.write(`${text}\n`);
  const versions = Object.fromEntries(setting.versus.map((name) => [name, versionOf(name)]));
  if (report) writeReport({ at, setting, scenarios: chosen, rows, verdicts, versions });
}

if (process.argv.includes("--dns")) process.exit(await benchDns(process.argv.includes("--json")));

try {
  await main();
  process.exit();
} catch (error) {
  const misused = error instanceof RangeError || error instanceof TypeError;
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  if (misused) process.stderr.write(`${usage}\n`);
  process.exit(misused ? 2 : 1);
}
