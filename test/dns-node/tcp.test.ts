/** DNS by TCP on real sockets of the loopback. */
import { afterEach, expect, test } from "vitest";
import { TcpServer } from "../../src/node/dns/tcp.ts";
import { dnsTcpPerAddressMax, dnsTcpQueryBytesMax } from "../../src/shared/name-limits.ts";
import { query, read } from "../dns/zones.ts";
import { domain, framed, namesOf, type Port, still, TcpAsker, viewOf, waitMillisMax } from "./rig.ts";

const service = `_concoord._tcp.${domain}`;
const patient = { timeout: waitMillisMax, interval: 5 };
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(replicas: number, quietMillis?: number): Promise<Port> {
  const server = await TcpServer.bind("127.0.0.1", 0, {
    names: namesOf(viewOf(replicas)),
    ...(quietMillis === undefined ? {} : { quietMillis }),
    log: () => undefined,
  });
  closers.push(() => server.close());
  return { host: "127.0.0.1", port: server.port };
}

async function dial(to: Port): Promise<TcpAsker> {
  const asker = await TcpAsker.open(to);
  closers.push(() => asker.close());
  return asker;
}

function many(n: number, type = "A"): Uint8Array[] {
  return Array.from({ length: n }, (_, id) => query(service, { type, id }));
}

function ids(asker: TcpAsker): number[] {
  return asker.got.map((bytes) => bytes.readUInt16BE(0));
}

test("answers have no limit of 512 bytes", async () => {
  const one = await dial(await serve(60));
  one.socket.write(framed(query(service, { type: "SRV" })));
  await expect.poll(() => one.got.length, patient).toBe(1);
  const found = read(one.got[0] as Buffer);
  expect(found).toMatchObject({ tc: false, code: 0 });
  expect(found.answers).toHaveLength(60);
});

test("many queries at once are answered in their order, in few writes", async () => {
  const one = await dial(await serve(3));
  one.socket.write(framed(...many(500)));
  await expect.poll(() => one.got.length, patient).toBe(500);
  expect(ids(one)).toEqual(Array.from({ length: 500 }, (_, id) => id));
  expect(one.pieces).toBeLessThan(50);
});

test("one byte at a time is as good", async () => {
  const one = await dial(await serve(3));
  for (const byte of framed(...many(3))) {
    await new Promise<void>((resolve) => one.socket.write(Uint8Array.of(byte), () => resolve()));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => ids(one), patient).toEqual([0, 1, 2]);
});

test("who says that it will not ask any more is answered, and then closed", async () => {
  const one = await dial(await serve(3));
  const [all, half] = [framed(...many(20)), framed(query(service)).subarray(0, 9)];
  one.socket.end(Buffer.concat([all, half]));
  await one.closed;
  expect(one.got).toHaveLength(20);
});

test("who is quiet is closed; who asks stays", async () => {
  const to = await serve(3, 1_000);
  const [quiet, slow, asks] = [await dial(to), await dial(to), await dial(to)];
  const over: string[] = [];
  for (const [name, asker] of Object.entries({ quiet, slow, asks }))
    void asker.closed.then(() => over.push(name));
  // Bytes alone are no query.
  const drip = setInterval(() => slow.socket.write(Uint8Array.of(1)), 200);
  const ask = setInterval(() => asks.socket.write(framed(query(service))), 200);
  await expect.poll(() => over.length, patient).toBe(2);
  clearInterval(drip);
  clearInterval(ask);
  expect(over.sort()).toEqual(["quiet", "slow"]);
  expect(asks.got.length).toBeGreaterThan(2);
});

test("a query that is too long, and connections above the limit, are closed", async () => {
  const to = await serve(3);
  const long = await dial(to);
  const length = dnsTcpQueryBytesMax + 1;
  long.socket.write(Uint8Array.of(length >> 8, length & 0xff, 0, 0));
  await long.closed;
  const all = await Promise.all(Array.from({ length: dnsTcpPerAddressMax }, () => dial(to)));
  const oneMore = await dial(to);
  await oneMore.closed;
  // The place of one that is gone is free again.
  all[0]?.close();
  await expect
    .poll(async () => {
      const next = await dial(to);
      next.socket.write(framed(query(service)));
      await Promise.race([next.closed, expect.poll(() => next.got.length, patient).toBe(1)]);
      return next.got.length;
    }, patient)
    .toBe(1);
});

test("what waits for a slow reader is bounded, and it gets all of it in the end", async () => {
  const one = await TcpAsker.open(await serve(4), false);
  closers.push(() => one.close());
  // More than the system keeps for both sides.
  const thousand = framed(...many(1_000, "SRV"));
  let asked = 0;
  const push = (): void => {
    if (asked++ < 500) one.socket.write(thousand, push);
  };
  push();
  // It takes no more queries than it has room for answers: then ours stay here.
  await still(() => asked);
  expect(asked).toBeLessThan(500);
  one.read();
  await expect.poll(() => one.got.length, { ...patient, timeout: 30_000 }).toBe(500_000);
});
