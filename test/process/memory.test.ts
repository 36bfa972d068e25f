/** With what settings of V8 a node runs: the young generation is bounded, code is compiled soon. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { freePorts, startNode } from "./processes.ts";

const counter = "./examples/counter/counter.ts";

/** The command line of a replica that serves, as the system has it. */
async function commandLine(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<readonly string[]> {
  const [port] = await freePorts(1);
  const words = [...args, "bin/concoord.js", "Replica", "-o", counter, "--memory", "-p", String(port)];
  const replica = startNode(words, env);
  try {
    await replica.line(/^READY replica/, 30_000);
    // V8 names flags that it does not know, and goes on.
    expect(replica.output() + replica.errors()).not.toMatch(/flag/);
    return readFileSync(`/proc/${replica.pid}/cmdline`, "utf8").split("\0");
  } finally {
    expect(await replica.stop()).toBe(0);
  }
}

test("a replica bounds it, under its pid and with all that it was started with", async () => {
  const line = await commandLine(["--no-warnings"]);
  expect(line.slice(1, 4)).toEqual([
    "--no-warnings",
    "--max-semi-space-size=8",
    expect.stringMatching(/concoord.js$/),
  ]);
  expect(line).toContain(counter);
});

test("a size that the operator chose counts", async () => {
  expect(await commandLine(["--max-semi-space-size=4"])).not.toContain("--max-semi-space-size=8");
  const line = await commandLine([], { NODE_OPTIONS: "--max-semi-space-size=16" });
  expect(line.join(" ")).not.toContain("semi");
});
