/** Real replicas whose class depends on the environment: who stops, and what operators are told. */
import { afterEach, expect, test } from "vitest";
import { freePorts, type Running, root, startNode, until } from "../process/processes.ts";

const bin = `${root}bin/concoord.js`;
const objects = `${root}test/fixtures/objects/moody.ts`;
const readyMillis = 30_000;

let running: Running[] = [];
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  running = [];
});

/** Starts one replica for each mood. @returns their addresses */
async function start(...moods: readonly number[]): Promise<readonly string[]> {
  const addrs = (await freePorts(moods.length)).map((port) => `127.0.0.1:${port}`);
  for (const [i, mood] of moods.entries()) {
    const port = (addrs[i] as string).split(":")[1] as string;
    const boot = i === 0 ? [] : ["-b", addrs[0] as string];
    const env = { MOODY: String(mood) };
    const one = startNode([bin, "replica", "-o", objects, "-p", port, "--memory", ...boot], env);
    running.push(one);
    await one.line(/^READY replica /, readyMillis);
  }
  return addrs;
}

async function call(addrs: readonly string[], object: string, method: string): Promise<void> {
  const one = startNode([bin, "call", "-b", addrs.join(","), "-o", object, method]);
  expect(await one.over, one.errors()).toBe(0);
}

async function problemsOf(addr: string): Promise<string> {
  const answer = await fetch(`http://${addr}/status.json`);
  const { problems } = (await answer.json()) as { readonly problems: readonly string[] };
  return problems.join("; ");
}

const found = /since slot \d+: Moody\/x\.tell gave another outcome \(call \d+ of session /;

test("a replica that differs from the others stops and says where that began", async () => {
  const addrs = await start(0, 0, 1);
  await call(addrs, "Moody/x", "add");
  expect(await Promise.all(addrs.map(problemsOf))).toEqual(["", "", ""]);
  await call(addrs, "Moody/x", "tell");
  const [a, b, odd] = running as [Running, Running, Running];
  expect(await odd.over).toBe(1);
  expect(odd.errors()).toMatch(found);
  expect(odd.errors()).toMatch(/differs from that of 2 of the 3 replicas/);
  await call(addrs, "Moody/x", "add");
  expect([a, b].map(({ child }) => child.exitCode)).toEqual([null, null]);
});

test("where all differ nobody stops, and each names the call", async () => {
  const addrs = await start(0, 1, 2);
  await call(addrs, "Moody/x", "tell");
  for (const addr of addrs) {
    await until("the difference in the status", 10_000, async () => {
      const problems = await problemsOf(addr);
      return found.test(problems) && problems.includes("no majority agrees") ? true : undefined;
    });
  }
  await call(addrs, "Moody/x", "add");
  expect(running.map(({ child }) => child.exitCode)).toEqual([null, null, null]);
});
