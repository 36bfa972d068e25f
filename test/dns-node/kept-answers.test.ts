/** Kept answers are those that would be made anew. */
import { expect, test } from "vitest";
import { KeptAnswers } from "../../src/node/dns/kept-answers.ts";
import { answer } from "../../src/shared/dns/answer.ts";
import { dnsAnswersKeptMax } from "../../src/shared/name-limits.ts";
import { query } from "../dns/zones.ts";
import { domain, namesOf, viewOf } from "./rig.ts";

const asked = [
  query(domain, { type: "A", id: 1 }),
  query(domain.toUpperCase(), { type: "A", id: 2 }),
  query(domain, { type: "A", id: 3, rd: true }),
  query(domain, { type: "A", id: 4, edns: { udpSize: 1232 } }),
  query(domain, { type: "A", id: 5, edns: { options: [{ code: 10, bytes: new Uint8Array(8) }] } }),
  query(domain, { type: "A", id: 6, edns: { version: 1 } }),
  query(`_concoord._tcp.${domain}`, { type: "SRV", id: 7, edns: { udpSize: 512 } }),
  query(`nothing.${domain}`, { type: "A", id: 8 }),
  query("elsewhere.example", { type: "A", id: 9 }),
  query(domain, { type: "ANY", id: 10 }),
  query(domain, { type: "A", id: 11 }).subarray(0, 20),
  new Uint8Array(5),
].map((bytes) => Buffer.from(bytes));

test("byte for byte, whatever the id, and after the next view", () => {
  const names = namesOf(viewOf(3));
  const kept = new KeptAnswers(names);
  for (const view of [2, 3, 4]) {
    for (const bytes of [...asked, ...asked, ...asked.toReversed()]) {
      bytes.writeUInt16BE(Math.floor(Math.random() * 65_536), 0);
      const found = kept.answer(bytes, true);
      expect(found === null ? null : Buffer.from(found)).toEqual(
        asBuffer(answer(Uint8Array.from(bytes), names.zones, "udp")),
      );
    }
    names.onView(viewOf(view * 3, view));
  }
});

function asBuffer(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

test("what may still be looked at is not changed", () => {
  const kept = new KeptAnswers(namesOf());
  const ask = (id: number, mayChange: boolean) => kept.answer(Buffer.from(query(domain, { id })), mayChange);
  const [first, second, third] = [ask(1, true), ask(2, false), ask(3, false)];
  expect([first, second, third].map((bytes) => bytes?.[1])).toEqual([1, 2, 3]);
  expect(ask(4, true)).toBe(first);
});

test("hostile queries take no room without end", () => {
  const kept = new KeptAnswers(namesOf());
  const ask = (cookie: number) => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(0, cookie);
    return kept.answer(Buffer.from(query(domain, { edns: { options: [{ code: 10, bytes }] } })), true);
  };
  const first = ask(0);
  expect(ask(0)).toBe(first);
  for (let i = 1; i <= dnsAnswersKeptMax; i++) ask(i);
  expect(ask(0)).not.toBe(first);
  const missing = Buffer.from(query(`nothing.${domain}`));
  expect(kept.answer(missing, true)).not.toBe(kept.answer(missing, true));
});
