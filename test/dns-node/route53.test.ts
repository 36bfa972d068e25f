/** `concoord replica -r` and `concoord nameserver -t 3` against a local Route 53. Needs a build. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Status } from "../../src/shared/server/status.ts";
import { run, start } from "../discovery/programs.ts";
import { freePorts, type Running } from "../process/processes.ts";
import { Endpoint, keys } from "../route53/endpoint.ts";
import type { HostedZone } from "../route53/hosted-zone.ts";

const domain = "counter.example";
const counter = "concoord.object.counter.Counter";
const readyMillisMax = 30_000;
const patient = { timeout: 10_000, interval: 20 };

let dir: string;
let endpoint: Endpoint;
let zone: HostedZone;
let env: NodeJS.ProcessEnv;
let ports: readonly number[];
const running: Running[] = [];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "concoord-route53-"));
  ports = await freePorts(3);
  endpoint = new Endpoint();
  await endpoint.start();
  zone = endpoint.zone("Z1", `${domain}.`);
  env = {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_ENDPOINT_URL_ROUTE_53: endpoint.url,
    XDG_CONFIG_HOME: dir,
  };
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.kill()));
  await endpoint.close();
  rmSync(dir, { recursive: true, force: true });
});

function launch(words: readonly string[], own: NodeJS.ProcessEnv = env): Running {
  const process = start([...words, "--memory"], own, dir);
  running.push(process);
  return process;
}

async function ready(words: readonly string[], own: NodeJS.ProcessEnv = env): Promise<Running> {
  const process = launch(words, own);
  await process.line(/^READY/, readyMillisMax);
  return process;
}

function services(): readonly string[] | undefined {
  return zone.told[`_concoord._tcp.${domain}. SRV`];
}

function srv(...of: readonly number[]): readonly string[] {
  return of.map((port) => `0 100 ${port} 127-0-0-1.ipaddr.${domain}.`).sort();
}

test("replica -n D -r keeps the domain, and takes no DNS port", async () => {
  const [a = 0, b = 0] = ports;
  const first = await ready(["replica", "-o", counter, "-p", `${a}`, "-n", domain, "-r"]);
  await expect.poll(services, patient).toEqual(srv(a));
  expect(first.errors()).not.toContain("answers DNS");
  expect(first.errors()).not.toContain(keys.secretAccessKey);
  await ready(["replica", "-o", counter, "-p", `${b}`, "-b", `127.0.0.1:${a}`, "-n", domain, "-r"]);
  await expect.poll(services, patient).toEqual(srv(a, b));
  // Whoever does not answer on port 53 is no nameserver of the domain; over HTTPS it answers.
  const status = (await (await fetch(`http://127.0.0.1:${a}/status.json`)).json()) as Status;
  expect(status.view.members.map((member) => member.domain)).toEqual(["", ""]);
  const url = `http://127.0.0.1:${a}/dns-query?name=${domain}&type=A`;
  const found: unknown = await (await fetch(url, { headers: { accept: "application/dns-json" } })).json();
  expect(found).toMatchObject({ Status: 0, Answer: [{ data: "127.0.0.1" }] });
});

test("nameserver -t 3 keeps the domain; what Route 53 refuses is in its status", async () => {
  const [a = 0, own = 0, b = 0] = ports;
  await ready(["replica", "-o", counter, "-p", `${a}`]);
  const words = ["nameserver", "-n", domain, "-b", `127.0.0.1:${a}`, "-t", "3", "-p", `${own}`];
  await ready(words);
  await expect.poll(services, patient).toEqual(srv(a));
  endpoint.keys = { ...keys, secretAccessKey: "another" };
  await ready(["replica", "-o", counter, "-p", `${b}`, "-b", `127.0.0.1:${a}`]);
  const problems = async () =>
    ((await (await fetch(`http://127.0.0.1:${own}/status.json`)).json()) as Status).problems;
  const told = /^Route 53 refuses: SignatureDoesNotMatch: .*; check the credentials of AWS$/;
  await expect.poll(problems, patient).toEqual([expect.stringMatching(told)]);
  expect(services()).toEqual(srv(a));
});

test.each([
  [["nameserver", "-n", domain, "-b", "127.0.0.1:1", "-t", "3"], 1, "AWS_ACCESS_KEY_ID is not in"],
  [["replica", "-o", counter, "-n", domain, "-r"], 1, "AWS_ACCESS_KEY_ID is not in"],
  [["replica", "-o", counter, "-r"], 2, "-r: -n is missing"],
  [["nameserver", "-n", domain, "-b", "127.0.0.1:1", "-t", "2"], 2, "-m is missing"],
  [["nameserver", "-n", domain, "-b", "127.0.0.1:1", "-t", "2", "-m", "x:y:z"], 2, "--master"],
  [["nameserver", "-n", domain, "-b", "127.0.0.1:1", "-m", "127.0.0.1:1"], 2, "-m is of -t 2"],
  [["nameserver", "-n", domain, "-b", "127.0.0.1:1", "-c", "x"], 2, "-c is of -t 3"],
  [["nameserver", "-n", domain, "-b", "127.0.0.1:1", "-t", "4"], 2, 'type: "4" is not 1, 2 or 3'],
  [
    ["nameserver", "-n", domain, "-b", "127.0.0.1:1", "-t", "3", "--serve-subdomains"],
    2,
    "--serve-subdomains",
  ],
])("%j", async (words, exit, message) => {
  const ended = await run(words, { XDG_CONFIG_HOME: dir });
  expect(ended).toMatchObject({ exit, stdout: "", stderr: expect.stringContaining(message) });
});
