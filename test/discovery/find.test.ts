/** `concoord find`, and what verbs say of domains that they cannot look up. Needs a build. */
import type { Answer } from "dns-packet";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { FakeDns, FakeDoh, FakeZone, publish } from "./fake-dns.ts";
import { run } from "./programs.ts";

const domain = "counter.example";
const zone = new FakeZone();
let dns: FakeDns;
let doh: FakeDoh;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  dns = await FakeDns.start(zone);
  doh = await FakeDoh.start(zone);
  env = { CONCOORD_DNS: dns.addr };
});
afterAll(() => Promise.all([dns.close(), doh.close()]));

function txt(...strings: string[]): Answer {
  return { type: "TXT", name: domain, ttl: 30, data: strings };
}

beforeEach(() => {
  zone.mood = "well";
  zone.additional = [];
  publish(zone, domain, ["10.0.0.2:14000", "10.0.0.10:14000", "10.0.0.3:14000"]);
  zone.records = [
    ...zone.records,
    txt("REPLICA 10.0.0.2:14000 id=0000000000000002"),
    txt("NAMESERVER 10.0.0.2:14000 id=0000000000000002"),
    txt("REPLICA 10.0.0.10:14000 id=000000000000000a"),
    txt("REPLICA 10.0.0.4:14000 id=0000000000000004"),
    txt("ACCEPTOR 10.0.0.5:14000 id=0000000000000005"),
    txt("v=spf1 -all"),
  ];
});

const lines = `10.0.0.2:14000 replica id=0000000000000002
10.0.0.2:14000 nameserver id=0000000000000002
10.0.0.3:14000
10.0.0.4:14000 replica id=0000000000000004 away
10.0.0.5:14000 acceptor id=0000000000000005
10.0.0.10:14000 replica id=000000000000000a
`;

it("prints a line for each node, whichever way the DNS is asked", async () => {
  expect(await run(["find", domain], env)).toEqual({ exit: 0, stdout: lines, stderr: "" });
  const before = doh.requests.length;
  expect(await run(["find", domain, "--doh", doh.addr], {})).toEqual({ exit: 0, stdout: lines, stderr: "" });
  expect((await run(["find", domain], { CONCOORD_DOH: doh.addr })).stdout).toBe(lines);
  expect(doh.requests.length).toBeGreaterThan(before + 2);
});

it("prints JSON", async () => {
  const { stdout } = await run(["find", `${domain}.`, "--json"], env);
  const found: unknown = JSON.parse(stdout);
  expect(found).toHaveLength(6);
  expect(found).toContainEqual({
    addr: "10.0.0.2:14000",
    role: "replica",
    id: "0000000000000002",
    srv: true,
  });
  expect(found).toContainEqual({
    addr: "10.0.0.4:14000",
    role: "replica",
    id: "0000000000000004",
    srv: false,
  });
  expect(found).toContainEqual({ addr: "10.0.0.3:14000", role: null, id: null, srv: true });
});

it("prints what TXT says when nobody serves clients", async () => {
  zone.records = zone.records.filter(({ type }) => type === "TXT");
  const { exit, stdout } = await run(["find", domain], env);
  expect([exit, stdout.split("\n")[0]]).toEqual([0, "10.0.0.2:14000 replica id=0000000000000002 away"]);
});

const nowhere = `concoord: ${domain}: there is no SRV record at _concoord._tcp.${domain} (NXDOMAIN)\n`;

it("fails in one line: 1 for what is not there, 2 for what is no domain", async () => {
  zone.records = [];
  expect(await run(["find", domain], env)).toEqual({ exit: 1, stdout: "", stderr: nowhere });
  expect(await run(["find", domain, "--doh", doh.addr], {})).toEqual({
    exit: 1,
    stdout: "",
    stderr: nowhere,
  });
  for (const word of ["127.0.0.1:14000", "a b", "", "a.b,c.d"])
    expect(await run(["find", word], env)).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/is not a domain, as counter\.example/),
    });
  expect(await run(["find", domain, "--doh", "dns.example"], env)).toMatchObject({
    exit: 2,
    stderr: expect.stringMatching(/doh/),
  });
  expect(await run(["find"], env)).toMatchObject({ exit: 2 });
});

it("fails with 4 when no DNS server answers, with 1 when one says that something is wrong", async () => {
  zone.mood = "silence";
  const silent = { exit: 4, stdout: "", stderr: `concoord: ${domain}: no DNS server answers\n` };
  expect(await run(["find", domain], env)).toEqual(silent);
  zone.mood = "servfail";
  const failed = { exit: 1, stdout: "", stderr: `concoord: ${domain}: the DNS server says SERVFAIL\n` };
  expect(await run(["find", domain], env)).toEqual(failed);
});

it("other verbs say so too when they cannot look up their -b", async () => {
  zone.records = [];
  const boot = ["-b", domain];
  for (const words of [
    ["status"],
    ["objects"],
    ["sessions"],
    ["leave", "0000000000000002"],
    ["call", "increment"],
  ])
    expect(await run([...words, ...boot], env), words[0]).toMatchObject({ exit: 1, stderr: nowhere });
  const call = await run(["call", "increment", "-o", "Counter", ...boot, "--timeout", "500"], env);
  expect(call).toMatchObject({
    exit: 4,
    stderr: expect.stringMatching(/^concoord: UNREACHABLE: .*no SRV record at .*NXDOMAIN\)\n$/),
  });
});
