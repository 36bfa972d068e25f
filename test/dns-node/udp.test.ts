/** DNS by UDP on real sockets of the loopback. */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { DnsServer, portError } from "../../src/node/dns/dns-server.ts";
import { PortError } from "../../src/node/net/listener.ts";
import { query, read } from "../dns/zones.ts";
import { domain, namesOf, open, type Port, portOf, still, UdpAsker, viewOf } from "./rig.ts";

const service = `_concoord._tcp.${domain}`;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function served(server: DnsServer): Promise<DnsServer> {
  closers.push(() => server.close());
  return server;
}

function asker(to: Port): UdpAsker {
  const made = new UdpAsker(to);
  closers.push(() => made.close());
  return made;
}

test.each([
  ["127.0.0.1", ["127.0.0.1"]],
  ["::1", ["::1"]],
  ["0.0.0.0", ["127.0.0.1", "::1"]],
  ["::", ["127.0.0.1", "::1"]],
])("bound to %s it answers at %j", async (host, from) => {
  const server = await served(await open(namesOf(), host));
  for (const at of from) {
    const found = await asker(portOf(server, at))
      .ask(query(service, { type: "SRV", id: 7 }))
      .then(read);
    expect(found).toMatchObject({ code: 0, aa: true, id: 7 });
    expect(found.answers).toHaveLength(3);
  }
});

test("what has no room comes with TC; what is no query gets nothing; the next view counts", async () => {
  const names = namesOf(viewOf(60));
  const server = await served(await open(names));
  const one = asker(portOf(server));
  expect(read(await one.ask(query(service, { type: "SRV", id: 1 })))).toMatchObject({
    tc: true,
    answers: [],
  });
  const response = Uint8Array.from(query(service, { id: 2 }));
  response[2] = 0x80;
  one.send(response);
  one.send(new Uint8Array(0));
  one.send(new Uint8Array(11));
  // Answers keep their order here: nothing came before this one.
  names.onView(viewOf(2, 2));
  const two = read(await one.ask(query(service, { type: "SRV", id: 3 })));
  expect(two.answers).toHaveLength(2);
  expect(one.got).toHaveLength(2);
  names.onView(viewOf(5, 1));
  expect(read(await one.ask(query(service, { type: "SRV", id: 4 }))).answers).toHaveLength(2);
});

test("before the first view it refuses; a peer that is gone harms nobody", async () => {
  const names = namesOf({ ...viewOf(1), number: 0 });
  const server = await served(await open(names));
  const first = asker(portOf(server));
  expect(read(await first.ask(query(domain, { id: 1 }))).code).toBe(5);
  names.onView(viewOf(1));
  // The port is closed before the answer: the system tells the nameserver so.
  for (let i = 0; i < 20; i++) {
    const gone = createSocket("udp4");
    await new Promise<void>((resolve) =>
      gone.send(query(domain), portOf(server).port, "127.0.0.1", () => gone.close(() => resolve())),
    );
  }
  expect(read(await first.ask(query(domain, { id: 2 }))).answers).toHaveLength(1);
});

test("10,000 queries of one network at over 1,000 in a second get at most four times their bytes", async () => {
  const server = await served(await open(namesOf(viewOf(20)), "127.0.0.1", 50));
  const one = asker(portOf(server));
  const small = query(domain, { type: "TXT", edns: { udpSize: 1232 } });
  const from = performance.now();
  // As slowly as is asked: more time is more answers.
  const perMilli = 1.1;
  await new Promise<void>((resolve) => {
    let sent = 0;
    const timer = setInterval(() => {
      for (; sent < Math.min(10_000, (performance.now() - from) * perMilli); sent++) one.send(small);
      if (sent < 10_000) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  const perSecond = 10_000 / ((performance.now() - from) / 1_000);
  await still(() => one.got.length);
  const ratio = one.bytesIn / one.bytesOut;
  const full = one.got.filter((bytes) => bytes.length > small.length).length;
  const told = `${Math.round(perSecond)} queries/s, ${full} answers, ${one.got.length - full} with TC`;
  process.stdout.write(`rate limit: ${told}, bytes out/in ${ratio.toFixed(2)}\n`);
  expect(perSecond).toBeGreaterThan(1_000);
  expect(ratio).toBeLessThanOrEqual(4);
  // None was lost on the way, so that the ratio is that of all of them.
  expect(one.got.length).toBeGreaterThanOrEqual(full + Math.floor((10_000 - full) / 2) - full);
});

test("a port that cannot be had says which and what to do; the next free one is found", async () => {
  const names = namesOf();
  const first = await served(await open(names));
  const { port } = portOf(first);
  const options = { host: "127.0.0.1", names, log: () => undefined };
  const refused = DnsServer.open({ ...options, port });
  await expect(refused).rejects.toThrow(
    `DNS port ${port} on 127.0.0.1 is in use: take another one by --dns-port`,
  );
  await expect(refused).rejects.toBeInstanceOf(PortError);
  // TCP of the next one is taken: it is passed over for UDP, too.
  const taken = createServer();
  await new Promise<void>((resolve, reject) =>
    taken.once("error", reject).listen(port + 1, "127.0.0.1", () => resolve()),
  ).catch((error: unknown) => expect(String(error)).toContain("EADDRINUSE"));
  closers.push(() => taken.close());
  const next = await served(await DnsServer.open({ ...options, port, ports: 50 }));
  expect(portOf(next).port).toBeGreaterThan(port + 1);
  await expect(DnsServer.open({ ...options, host: "192.0.2.1", port: 0 })).rejects.toThrow(
    "this machine has no address 192.0.2.1",
  );
  const denied = portError(Object.assign(new Error("x"), { code: "EACCES" }), "0.0.0.0", 53);
  expect(denied.message).toMatch(
    /^DNS port 53 on 0\.0\.0\.0: permission denied: take another one by --dns-port, or .*setcap.*node$/,
  );
});
