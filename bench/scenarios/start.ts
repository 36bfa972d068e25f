/** From the start of a process until it serves: `concoord dev`, and a replica that founds a cluster. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, startNode } from "../../test/process/processes.ts";
import { medians, type Scenario } from "../scenario.ts";

const readyMillis = 30_000;
const times = 5;

async function millisTo(args: readonly string[], ready: RegExp): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "concoord-bench-"));
  try {
    const [port = 0] = await freePorts(1);
    const from = performance.now();
    const process = startNode([...args, "-p", String(port), "--data", join(folder, "data")]);
    await process.line(ready, readyMillis);
    const millis = performance.now() - from;
    await process.stop();
    return millis;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const start: Scenario = {
  name: "start",
  about: "Milliseconds from the start of the process until it prints that it serves.",
  async run({ quick }, note) {
    const rounds = [];
    for (let i = 0; i < (quick ? 1 : times); i++) {
      const objects = ["-o", "./examples/counter/counter.ts"];
      const replicaMillis = await millisTo(["bin/concoord.js", "replica", ...objects], /^READY/);
      const devMillis = await millisTo(["bin/concoord.js", "dev"], /replicas serve/);
      note(`replica ${Math.round(replicaMillis)} ms, dev ${Math.round(devMillis)} ms`);
      rounds.push({ replicaMillis, devMillis });
    }
    return [{ scenario: "start", subject: "concoord", work: "start", figures: medians(rounds) }];
  },
};
