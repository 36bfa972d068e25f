/** What slaves push into a NameserverCoord. */
import { beforeAll, expect, test } from "vitest";
import { subdomainBytesMax, subdomainSilentMillisMax, subdomainsMax } from "../../src/shared/name-limits.ts";
import type { Registry } from "../../src/shared/object/registry.ts";
import { type Client, follow, library, Rig } from "./rig.ts";
import { value } from "./story.ts";

const name = "NameserverCoord";
const at = 1_000;
const [one, two, three] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
const hour = subdomainSilentMillisMax;

let registry: Registry = new Map();
beforeAll(async () => {
  registry = await library(name);
});

test.each([false, true])("the highest number counts (from snapshots: %s)", (restarting) =>
  follow(
    registry,
    name,
    [
      ["getpushed", [], { change: 0, subdomains: {} }],
      ["getpushed", [0], null],
      ["update", ["shop.example", 7, [one, two]], 7],
      ["update", ["Shop.Example.", 6, [three]], 7],
      ["getrecords", ["shop.example"], { number: 7, at, records: [one, two] }],
      ["update", ["shop.example", 7, [three]], 7],
      ["update", ["bank.example", 1, []], 1],
      ["getrecords", ["SHOP.example."], { number: 7, at, records: [three] }],
      ["getdomains", [], []],
      ["delsubdomain", ["shop.example"], true],
      ["delsubdomain", ["shop.example"], false],
      ["getrecords", ["shop.example"], "KeyError"],
      ["update", ["shop.example", 3, []], 3],
      ["__concoordinit__", [], undefined],
      ["getpushed", [], { change: 0, subdomains: {} }],
    ],
    restarting,
  ),
);

test("what is refused changes nothing", () => {
  const rig = new Rig(registry, name);
  const client = rig.client();
  for (const [of, number, records] of [
    ["x.example", 1.5, []],
    ["x.example", -1, []],
    ["x.example", "1", []],
    ["x.example", 1, "x"],
    ["x.example", 1, ["x"]],
    ["x.example", 1, [new Uint8Array(subdomainBytesMax), one]],
    [`${"a".repeat(63)}.`.repeat(4), 1, []],
    ["", 1, []],
    ["a b", 1, []],
  ] as const)
    expect([of, client.call("update", of, number, records)]).toEqual([of, value]);
  expect(client.call("getpushed")).toEqual({ change: 0, subdomains: {} });
});

test("who looks again is told what changed, and what went", () => {
  const rig = new Rig(registry, name);
  const client = rig.client();
  const look = (since?: number) =>
    client.call("getpushed", ...(since === undefined ? [] : [since])) as {
      readonly change: number;
      readonly subdomains: Readonly<Record<string, number>>;
    } | null;
  client.call("update", "a.example", 1, [one]);
  client.call("update", "b.example", 1, [one]);
  const first = look();
  expect(Object.keys(first?.subdomains ?? {})).toEqual(["a.example.", "b.example."]);
  expect(first?.change).toBe(first?.subdomains["b.example."]);
  expect(look(first?.change)).toBeNull();
  client.call("update", "a.example", 0, [two]);
  expect(look(first?.change)).toBeNull();
  client.call("update", "a.example", 1, [one]);
  const second = look(first?.change);
  expect(second?.subdomains["b.example."]).toBe(first?.subdomains["b.example."]);
  expect(second?.subdomains["a.example."]).toBeGreaterThan(first?.subdomains["a.example."] ?? 0);
  client.call("delsubdomain", "b.example");
  expect(Object.keys(look(second?.change)?.subdomains ?? {})).toEqual(["a.example."]);
});

test("after an hour of silence it is forgotten: another cluster may have the name", () => {
  const rig = new Rig(registry, name);
  const client = rig.client(5 * hour);
  client.call("update", "a.example", 9, [one]);
  rig.pass(hour - 1);
  client.call("update", "b.example", 1, [one]);
  expect(client.call("update", "a.example", 8, [two])).toBe(9);
  rig.pass(1);
  rig.restart();
  expect(client.call("update", "a.example", 1, [two])).toBe(1);
  rig.pass(hour - 1);
  client.call("update", "c.example", 1, []);
  expect(Object.keys((client.call("getpushed") as { subdomains: object }).subdomains)).toEqual([
    "a.example.",
    "c.example.",
  ]);
});

test("their number is limited", () => {
  const rig = new Rig(registry, name);
  const clients = [rig.client(2 * hour), rig.client(2 * hour), rig.client(2 * hour)];
  for (let i = 0; i < subdomainsMax; i++) clients[i % 3]?.call("update", `s${i}.example`, 1, []);
  const [client] = clients as [Client];
  expect(client.call("update", "more.example", 1, [])).toBe("Full");
  expect(client.call("update", "s0.example", 2, [])).toBe(2);
  rig.pass(hour);
  expect(client.call("update", "more.example", 1, [])).toBe(1);
});
