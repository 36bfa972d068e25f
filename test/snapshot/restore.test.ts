/** `concoord backup` and `concoord restore` as users run them: a cluster is saved, and goes on elsewhere. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freePort, Workplace } from "../cli/concoord.ts";

const counter =
  "export class Counter { value = 0; increment() { return ++this.value; } get() { return this.value; } }";

function workplace(): Workplace {
  const place = new Workplace();
  onTestFinished(() => place.close());
  place.write("counter.mjs", counter);
  return place;
}

/** Starts a replica. @returns its address once it is ready, and a way to end it */
async function replica(place: Workplace, ...args: readonly string[]) {
  const port = String(await freePort());
  const running = place.start(["replica", "-o", "./counter.mjs", "-p", port, ...args]);
  await running.line(/^READY /);
  return { addr: `127.0.0.1:${port}`, port, end: running.end };
}

async function increment(place: Workplace, addr: string): Promise<number> {
  const { exit, stdout, stderr } = await place.run(["call", "-b", addr, "increment"]);
  if (exit !== 0) throw new Error(stderr);
  return Number(stdout);
}

test("a cluster is saved, and goes on as another one", async () => {
  const place = workplace();
  const old = await replica(place, "--data", "old");
  for (let i = 1; i <= 3; i++) expect(await increment(place, old.addr)).toBe(i);
  const saved = await place.run(["backup", "saved", "-b", old.addr]);
  expect(saved.stderr).toBe("");
  expect(saved.stdout).toMatch(/^BACKUP [0-9a-f]{32} slot=[0-9]+ bytes=[0-9]+\n$/);
  // What comes after the backup is not in it.
  expect(await increment(place, old.addr)).toBe(4);

  const port = String(await freePort());
  const restored = await place.run(["restore", "saved", "--data", "new", "-p", port]);
  expect(restored.stdout).toMatch(/^RESTORED [0-9a-f]{32} slot=[0-9]+\n$/);
  const [, cluster, slot] = restored.stdout.split(" ");
  expect(saved.stdout).not.toContain(cluster);
  expect(saved.stdout).toContain(` ${slot?.trim()} `);

  const first = place.start(["replica", "-o", "./counter.mjs", "--data", "new"]);
  const addr = `127.0.0.1:${port}`;
  expect(await first.line(/^(READY|FOUNDED)/)).toContain(`READY replica ${addr}`);
  expect(await increment(place, addr)).toBe(4);
  // A newcomer gets the snapshot, since the log before it is nowhere.
  const second = await replica(place, "-b", addr, "--memory");
  expect(await increment(place, second.addr)).toBe(5);
  const status = await place.run(["status", "-b", second.addr, "--json"]);
  for (const node of JSON.parse(status.stdout))
    expect(node).toMatchObject({ cluster, problems: [], view: { members: [{}, {}] } });
  // The old cluster knows nothing of all this.
  expect(await increment(place, old.addr)).toBe(5);
}, 120_000);

test("a restored node restarts, after a crash as well", async () => {
  const place = workplace();
  const old = await replica(place, "--memory");
  await increment(place, old.addr);
  await place.run(["backup", "saved", "-b", old.addr]);
  const port = String(await freePort());
  await place.run(["restore", "saved", "--data", "new", "-p", port]);
  for (const value of [2, 3, 4]) {
    const running = place.start(["replica", "-o", "./counter.mjs", "--data", "new"]);
    await running.line(/^READY /);
    expect(await increment(place, `127.0.0.1:${port}`)).toBe(value);
    await running.end("SIGKILL");
  }
}, 120_000);

test("each wrong input ends with one clear line and its exit code", async () => {
  const place = workplace();
  const wrong = async (...args: readonly string[]) => {
    const { exit, stdout, stderr } = await place.run(args);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^concoord: [^\n]+\n$/);
    return `${exit} ${stderr}`;
  };
  mkdirSync(join(place.dir, "used"));
  place.write("used/file", "");
  place.write("text", "this is a letter, not a backup");
  expect(await wrong("restore", "text", "--data", "used")).toMatch(/^1 .*is no backup of concoord/);
  expect(await wrong("restore", "missing", "--data", "x")).toMatch(/^1 .*missing: no such file/);
  expect(await wrong("restore", "text")).toMatch(/^2 .*--data is missing/);
  expect(await wrong("restore", "text", "--data", "x", "-p", "0")).toMatch(/^2 .*not a port number/);
  expect(await wrong("restore", "text", "--data", "x", "-a", "0.0.0.0")).toMatch(/^2 .*0\.0\.0\.0/);
  expect(await wrong("restore")).toMatch(/^2 .*missing required argument/);
  expect(await wrong("backup", "text", "-b", "127.0.0.1:1")).toMatch(/^1 .*text exists already/);
  expect(await wrong("backup", "new", "-b", "127.0.0.1:1")).toMatch(
    /^4 .*127\.0\.0\.1:1: connection refused/,
  );
  expect(await wrong("backup", "new", "-b", "nonsense:x")).toMatch(/^2 .*is not host:port/);
  expect(await wrong("backup", "a", "b")).toMatch(/^2 .*too many arguments/);

  const old = await replica(place, "--memory");
  await place.run(["backup", "saved", "-b", old.addr]);
  const whole = readFileSync(join(place.dir, "saved"));
  expect(await wrong("restore", "saved", "--data", "used")).toMatch(/^1 .*used is not empty/);
  writeFileSync(join(place.dir, "cut"), whole.subarray(0, -1));
  expect(await wrong("restore", "cut", "--data", "x")).toMatch(/^1 .*cut is cut off/);
  whole[whole.length - 1] = (whole[whole.length - 1] ?? 0) ^ 1;
  writeFileSync(join(place.dir, "flipped"), whole);
  expect(await wrong("restore", "flipped", "--data", "x")).toMatch(/^1 .*flipped is damaged/);
}, 120_000);
