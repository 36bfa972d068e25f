/** `concoord nameserver`, `-n` of nodes, `concoord dev` and the package's `nameserver()`, as people use them. */
import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nameserver } from "../../src/node/node.ts";
import { freePort, Workplace } from "../cli/concoord.ts";
import { query, read } from "../dns/zones.ts";
import { UdpAsker } from "./rig.ts";

const place = new Workplace();
const counter = ["-o", "concoord.object.counter.Counter", "--memory"];
const names = ["nameserver", "-n", "counter.example", "--memory"];
let taken: Server;
let takenPort = "";
let boot = "";

beforeAll(async () => {
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", () => resolve()));
  const at = taken.address();
  takenPort = String(typeof at === "object" && at !== null ? at.port : 0);
  const port = await freePort();
  boot = `127.0.0.1:${port}`;
  await place.start(["replica", ...counter, "-p", String(port)]).line(/^READY/);
});
afterAll(async () => {
  taken.close();
  await place.close();
});

const table: readonly (readonly [string, readonly string[], number, RegExp])[] = [
  ["no domain", ["nameserver", "-b", "h:1"], 2, /-n is missing/],
  ["no members", ["nameserver", "-n", "counter.example"], 2, /-b is missing: a nameserver follows/],
  ["a bad domain", ["nameserver", "-n", "a..b", "-b", "h:1"], 2, /--domainname: .*a\.\.b/],
  ["a bad bootstrap", [...names, "-b", "127.0.0.1"], 2, /--boot: "127.0.0.1" is not host:port/],
  ["a bad DNS port", [...names, "-b", "h:1", "--dns-port", "0"], 2, /--dns-port: "0" is not a port/],
  ["a bad limit", [...names, "-b", "h:1", "--rrl", "many"], 2, /--rrl: "many"/],
  ["a bad TTL", [...names, "-b", "h:1", "--ttl", "-1"], 2, /--ttl: "-1"/],
  ["a bad type", [...names, "-b", "h:1", "-t", "4"], 2, /--type: "4" is not 1, 2 or 3/],
  ["a master of nobody", [...names, "-b", "h:1", "-m", "h:2"], 2, /-m is of -t 2/],
  ["public without a token", [...names, "-b", "h:1", "-a", "192.0.2.1"], 2, /can be reached from outside/],
  [
    "a DNS port of no nameserver",
    ["replica", ...counter, "--dns-port", "53"],
    2,
    /--dns-port is of nameservers/,
  ],
  [
    "a TTL of no nameserver",
    ["acceptor", "-b", "h:1", "--ttl", "3"],
    2,
    /--ttl is of nameservers: -n is missing/,
  ],
  ["a bad domain of a replica", ["replica", ...counter, "-n", "x".repeat(64)], 2, /--domainname: /],
];

test.each(table)("%s: exit and one line", async (_what, args, exit, message) => {
  const { exit: code, stdout, stderr } = await place.run(args);
  expect({ code, stdout }).toEqual({ code: exit, stdout: "" });
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^concoord: [^\n]+\n$/);
});

test("a DNS port that is taken ends the start, and nothing is left behind", async () => {
  const said = new RegExp(`^concoord: DNS port ${takenPort} on 127\\.0\\.0\\.1 is in use: .*--dns-port\n$`);
  const dns = ["--dns-port", takenPort];
  const data = ["-n", "counter.example", "--data", "kept"];
  for (const args of [
    [...names, "-b", boot, ...dns],
    ["replica", "-o", "concoord.object.counter.Counter", ...data, ...dns],
    ["acceptor", "-b", boot, ...data, ...dns],
  ])
    expect(await place.run(args)).toMatchObject({ exit: 1, stdout: "", stderr: expect.stringMatching(said) });
});

test("a nameserver keeps its id and port; SIGTERM ends it; a folder is of one kind of node", async () => {
  const dns = ["--dns-port", String(await freePort())];
  const words = ["nameserver", "-n", "Counter.Example.", "-b", boot, "--data", "ns", ...dns];
  const first = place.start(words);
  const [line, addr, id] = /^READY nameserver (\S+) id=(\w+) view=2$/.exec(await first.line(/^READY/)) ?? [];
  expect(line).toBeDefined();
  expect(await first.end("SIGTERM")).toBe(0);
  const again = place.start(words);
  expect(await again.line(/^READY/)).toBe(`READY nameserver ${addr} id=${id} view=2`);
  expect((await place.run([...words, "-p", String(await freePort())])).stderr).toContain("in use");
  const status = await place.run(["status", "-b", boot]);
  expect(status.stdout).toMatch(new RegExp(`${addr}\\s+${id}\\s+nameserver\\s+yes`));
  const left = await place.run(["leave", "-b", boot, id ?? ""]);
  expect(left).toMatchObject({ exit: 0 });
  expect(await again.ended).toBe(0);

  const replica = place.start(["replica", "-o", "concoord.object.counter.Counter", "--data", "log"]);
  await replica.line(/^READY/);
  await replica.end("SIGKILL");
  const wrong = await place.run([...words.slice(0, 5), "--data", "log", ...dns]);
  expect(wrong).toMatchObject({ exit: 1, stderr: expect.stringContaining("holds the log of another node") });
});

test("who finds nobody ends with 4", async () => {
  const nobody = `127.0.0.1:${await freePort()}`;
  const { exit, stderr } = await place.run([...names, "-b", nobody, "--dns-port", String(await freePort())]);
  expect(exit).toBe(4);
  expect(stderr).toContain("no node of the list tells of a view");
});

test("dev answers for concoord.test, and says where", async () => {
  const port = await freePort();
  const dev = place.start(["dev", "-p", String(port), "--replicas", "1"]);
  const line = await dev.line(/^ {2}DNS/);
  const dnsPort = Number(/dig @127\.0\.0\.1 -p (\d+) concoord\.test SRV/.exec(line)?.[1]);
  expect(dnsPort).toBeGreaterThanOrEqual(5_300);
  const asker = new UdpAsker({ host: "127.0.0.1", port: dnsPort });
  const { answers } = read(await asker.ask(query("concoord.test", { type: "SRV" })));
  asker.close();
  expect(answers).toMatchObject([{ data: { port } }]);
  const json = await fetch(`http://127.0.0.1:${port}/dns-query?name=concoord.test&type=A`);
  expect(await json.json()).toMatchObject({ Answer: [{ data: "127.0.0.1" }] });
  expect(await dev.end("SIGTERM")).toBe(0);
});

test("a nameserver within a program", async () => {
  const options = { domain: "in.example", boot, memory: true, dnsPort: 0 };
  await using node = await nameserver(options);
  expect(node.status()).toMatchObject({ role: "nameserver", problems: [], id: node.id });
  const asker = new UdpAsker({ host: "127.0.0.1", port: Number(node.dns?.split(":")[1]) });
  const { answers } = read(await asker.ask(query("in.example", { type: "NS" })));
  asker.close();
  expect(answers).toMatchObject([{ data: "ns1.in.example" }]);
  expect((await fetch(`http://${node.addr}/readyz`)).status).toBe(200);
  await expect(nameserver({ ...options, domain: "a..b" })).rejects.toThrow(RangeError);
});
