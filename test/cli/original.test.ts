/**
 * The command lines of the first releases, one after the other: verbs, flags, long names, older spellings. Each one is
 * run; it works, or what it says names what stands in its place.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, type Program, type Running, Workplace } from "./concoord.ts";

const home = mkdtempSync(join(tmpdir(), "concoord-original-"));
const place = new Workplace({
  HOME: home,
  XDG_CONFIG_HOME: join(home, "config"),
  AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
  AWS_SECRET_ACCESS_KEY: "k".repeat(40),
  AWS_ENDPOINT_URL_ROUTE_53: "http://127.0.0.1:1",
});
const timeout = 60_000;
let base: Running;
let boot = "";

beforeAll(async () => {
  const counter = "export class Counter { value = 0; increment() { return ++this.value; } }\n";
  place.write("counter.ts", counter);
  place.write("route53.cfg", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY=secret\n");
  mkdirSync(join(home, ".ssh"), { mode: 0o700 });
  writeFileSync(join(home, ".ssh/id_x"), "-----BEGIN OPENSSH PRIVATE KEY-----\n", { mode: 0o600 });
  base = await founder();
  boot = /READY replica (\S+)/.exec(await base.line(/^READY /))?.[1] ?? "";
});
afterAll(async () => {
  await place.close();
  rmSync(home, { recursive: true, force: true });
});

function founder(): Promise<Running> {
  return freePort().then((port) =>
    place.start(["replica", "-o", "counter.Counter", "--memory", "-p", `${port}`]),
  );
}

/** Words in capitals stand for what is free, or runs, now. */
async function filled(words: string): Promise<readonly string[]> {
  const [port, other, nobody] = [await freePort(), await freePort(), await freePort()];
  const values = new Map([
    ["PORT", `${port}`],
    ["DNS", `${other}`],
    ["BOOT", boot],
    ["NOBODY", `127.0.0.1:${nobody}`],
  ]);
  return words.split(" ").flatMap((word) => (word === "" ? [] : [values.get(word) ?? word]));
}

/** Serves: its READY comes, and a signal ends it. Those that vote join a cluster of their own. */
const serving: readonly string[] = [
  // 1.1.0
  "replica -o counter.Counter -p PORT --memory",
  "REPLICA --objectname counter.Counter --port PORT --addr 127.0.0.1 --memory",
  "replica -o counter.Counter -a 127.0.0.1 -p PORT -b BOOT --memory",
  "replica -o counter.Counter -p PORT --boot BOOT --memory",
  "replica -o counter.Counter -p PORT -l NOBODY --memory",
  "replica -o counter.Counter -p PORT --logger NOBODY --memory",
  "replica -o counter.Counter -p PORT -n original.test --dns-port DNS --memory",
  "replica -o counter.Counter -p PORT --domainname original.test --dns-port DNS --memory",
  "replica -o counter.Counter -p PORT -n original.test -r --memory",
  "replica -o counter.Counter -p PORT -n original.test --route53 --memory",
  "replica -o counter.Counter -p PORT -w --data w1",
  "replica -o counter.Counter -p PORT --writetodisk --data w2",
  "replica -o counter.Counter -p PORT -d --memory",
  "replica -o counter.Counter -p PORT --debug --memory",
  // 1.0.0
  "replica -o counter.Counter -p PORT -i --memory",
  "replica -o counter.Counter -p PORT --interactive --memory",
  "replica -o counter.Counter -p PORT --name original.test --dns-port DNS --memory",
  "replica -o counter.Counter -p PORT -n original.test -r -c route53.cfg --memory",
  "acceptor -b BOOT -a 127.0.0.1 -p PORT --memory",
  "acceptor --boot BOOT --addr 127.0.0.1 --port PORT -o counter.Counter -l NOBODY -d --memory",
  "acceptor -b BOOT -p PORT -w --data w3",
  "acceptor -b BOOT -p PORT -i --memory",
  "nameserver -n original.test -b BOOT -t 1 --dns-port DNS -p PORT --memory",
  "nameserver --name original.test -b BOOT --type 1 --dns-port DNS -p PORT --memory",
  "nameserver -n original.test -b BOOT -t 2 -m BOOT --dns-port DNS -p PORT --memory",
  "nameserver -n original.test -b BOOT --type 2 --master BOOT --dns-port DNS -p PORT --memory",
  "nameserver -n original.test -b BOOT -t 3 -c route53.cfg -p PORT --memory",
  "nameserver -n original.test -b BOOT --type 3 --configpath route53.cfg -p PORT --memory",
  "nameserver -n original.test -b BOOT -o counter.Counter -l NOBODY -d --dns-port DNS -p PORT --memory",
  // 0.x
  "replica -f counter.ts -c Counter -p PORT --memory",
  "replica -f counter.ts -c Counter -p PORT -b BOOT --memory",
  "acceptor -f counter.ts -c Counter -b BOOT -p PORT --memory",
  "nameserver -n original.test -f counter.ts -c Counter -b BOOT --dns-port DNS -p PORT --memory",
];

describe.each(serving.map((words) => [words] as const))("%s", (words) => {
  test("serves", { timeout }, async () => {
    const votes = words.includes("BOOT") && !words.startsWith("nameserver");
    const before = boot;
    const own = votes ? await founder() : null;
    if (own !== null) boot = /READY replica (\S+)/.exec(await own.line(/^READY /))?.[1] ?? "";
    const node = place.start(await filled(words));
    boot = before;
    expect(await node.line(/^READY /)).toMatch(
      /^READY (replica|acceptor|nameserver) 127\.0\.0\.1:\d+ id=\w+ view=\d+$/,
    );
    expect(await node.end("SIGTERM")).toBe(0);
    await own?.end("SIGKILL");
  });
});

type Ending = readonly [words: string, exit: number, says: RegExp];

const help = /Begin here/;
const wrote = /^WROTE counterproxy\.ts Counter$/m;
const noHost = /no host is registered: openreplica addnode HOST/;
const notConfigured = /This instance is not in the configuration\. Add and try again\./;

/** Ends by itself. What it says stands on either of its outputs. */
const ending: readonly Ending[] = [
  // 1.1.0
  ["", 0, help],
  ["frobnicate --x", 2, /there is no verb "frobnicate"; concoord --help lists them/],
  ["--frobnicate", 2, /unknown option '--frobnicate'/],
  ["replica", 2, /-o is missing/],
  ["replica -o nowhere.Counter --memory", 1, /nowhere/],
  ["replica -o counter.Counter -p 99999 --memory", 2, /not a port number/],
  ["object -o counter.Counter", 0, wrote],
  ["OBJECT --objectname counter.Counter", 0, wrote],
  ...[0, 1, 2, 3].map((type): Ending => [`object -o counter.Counter -p ${type}`, 0, wrote]),
  ["object -o counter.Counter --proxytype 1", 0, wrote],
  ["object -o counter.Counter -t T", 0, /keep that file as secret as the token/],
  ["object -o counter.Counter --token T", 0, wrote],
  ["object -o counter.Counter -s -v", 0, /is safe/],
  ["object -o counter.Counter --safe --verbose", 0, /is safe/],
  ["route53id AKIAIOSFODNN7EXAMPLE", 0, /can see an argument/],
  [`route53key ${"k".repeat(40)}`, 0, /can see an argument/],
  ["initialize", 2, /-o is missing/],
  // 1.0.0
  ["nameserver -n original.test -b BOOT -i", 2, /concoord status/],
  ["nameserver -n original.test -b BOOT -t 3 -o route53.cfg", 2, /is -c/],
  ["nameserver -n original.test -b BOOT -t 2", 2, /-m is missing/],
  ["nameserver -n original.test --name original.test -b BOOT", 2, /older form of --domainname/],
  ["acceptor", 2, /-b is missing/],
  // 0.x
  ["object -f counter.ts -c Counter", 0, wrote],
  ["object -f counter.ts -c Counter -s", 0, wrote],
  ["replica -f counter.ts -c Counter -o counter.Counter", 2, /leave out -f and -c/],
  ["initialize -s original.test -f counter.ts -c Counter -r 3 -a 2 -n 1", 1, noHost],
  ["initialize -s original.test -f counter.ts -c Counter -t T", 1, /better a --token-file/],
  ["initialize -s original.test -f counter.ts -c Counter -o hosts.cfg", 2, /leave out -f and -c/],
  ["addnode -t 1 -s original.test -f counter.ts -c Counter -b BOOT", 1, noHost],
  ["addnode -t 2 -s original.test -f counter.ts -c Counter -b BOOT", 1, noHost],
  ["addnode -t 3 -s original.test -f counter.ts -c Counter -b BOOT", 1, noHost],
  ["openreplicainitializer.py -s original.test", 2, /in its place: concoord initialize/],
  ["openreplicaaddnode.py -t 1", 2, /in its place: concoord addnode/],
  ["saveopenreplicastate.py", 2, /in its place: concoord backup/],
  ["make server", 2, /in its place: concoord bundle server\|client/],
  ["bundle client --out client.mjs", 0, /client\.mjs/],
  ["completion bash", 0, /complete .*concoord/],
];

/** The same of `openreplica`, in this order: they share its settings. */
const launching: readonly Ending[] = [
  ["", 0, help],
  ["frobnicate", 2, /there is no verb "frobnicate"; openreplica --help lists them/],
  ["config", 0, /^NODES=\nSSH_KEY_FILE=\nUSERNAME=$/m],
  ["replica -o counter.Counter", 1, noHost],
  ["nameserver -n original.test -b BOOT", 1, noHost],
  ["addnode 127.0.0.1:1", 1, /there is no USERNAME/],
  ["addusername ann", 0, /^$/],
  ["addsshkey id_x", 0, /^$/],
  ["CONFIG", 0, /^NODES=\nSSH_KEY_FILE=.*\/\.ssh\/id_x\nUSERNAME=ann$/m],
  ["addnode 127.0.0.1:1", 4, /Cannot connect to node, check if it is up and running\./],
  ["setup 127.0.0.1:1", 1, notConfigured],
  ["route53 127.0.0.1:1 ID KEY", 2, /by AWS_… variables or on standard input/],
  ["route53 127.0.0.1:1", 1, notConfigured],
];

async function ends([words, exit, says]: Ending, program: Program): Promise<void> {
  const found = await place.run(await filled(words), "", program);
  expect(`${found.stdout}${found.stderr}`).toMatch(says);
  expect(found.exit).toBe(exit);
}

test.each(ending)("concoord %s", { timeout }, (...row) => ends(row, "concoord"));

test.each(launching)("openreplica %s", { timeout }, (...row) => ends(row, "openreplica"));
