/** What a master makes of what slaves push, and what slaves push. */
import { describe, expect, test } from "vitest";
import { MasterZone } from "../../src/shared/dns/master-zone.ts";
import { nameOf } from "../../src/shared/dns/name.ts";
import { pushedRecords, Subdomains } from "../../src/shared/dns/subdomains.ts";
import { zoneRecords } from "../../src/shared/dns/zone.ts";
import { subdomainSilentMillisMax } from "../../src/shared/name-limits.ts";
import { ask, domain, member, replicas, view } from "./zones.ts";

const hour = subdomainSilentMillisMax;

/** The object, as its reads tell of it, and a master that looks at it. */
class Scene {
  readonly pushed = new Map<string, { change: number; at: number; records: readonly unknown[] }>();
  change = 0;
  /** What is asked instead of the object. */
  told: (() => unknown) | null = null;
  readonly asked: string[] = [];
  now = 0;
  logTime = 50_000;
  isCurrent = true;
  private readonly subdomains = new Subdomains(domain, (method, ...args) => {
    this.asked.push(`${method} ${String(args[0])}`);
    if (this.told !== null) return this.told();
    if (method === "getrecords") return { number: 1, ...this.pushed.get(String(args[0])) };
    if (args[0] === this.change) return null;
    const names = [...this.pushed].map(([name, { change }]) => [name, change] as const);
    return { change: this.change, subdomains: Object.fromEntries(names) };
  });

  push(name: string, records: readonly unknown[], at = this.logTime): void {
    this.pushed.set(name, { change: ++this.change, at, records });
  }

  remove(name: string): void {
    this.pushed.delete(name);
    this.change++;
  }

  look(): boolean {
    const { now, logTime, isCurrent } = this;
    return this.subdomains.look({ now, logTime, isCurrent });
  }

  pass(millis: number): boolean {
    this.now += millis;
    this.logTime += millis;
    return this.look();
  }

  /** The addresses of a name, as the master answers. */
  addresses(name: string): unknown {
    const zone = new MasterZone(domain, zoneRecords(domain, view), this.subdomains.zones);
    const got = ask(zone, name, { transport: "tcp" });
    return got.code === 0 ? got.answers?.map((record) => "data" in record && record.data) : got.code;
  }

  get problems(): readonly string[] {
    return this.subdomains.problems;
  }
}

function records(name: string, ...addrs: readonly string[]): readonly Uint8Array[] {
  const members = addrs.map((addr, i) => member(i, `${addr}:14000`));
  return pushedRecords(nameOf(name), { number: 1, members }, true);
}

const shop = "shop.counter.example.";

describe("what is pushed is answered", () => {
  test("what comes, changes and goes", () => {
    const scene = new Scene();
    expect([scene.look(), scene.addresses(shop)]).toEqual([false, 3]);
    scene.push(shop, records(shop, "10.1.0.1"));
    expect([scene.look(), scene.addresses(shop)]).toEqual([true, ["10.1.0.1"]]);
    scene.push(shop, records(shop, "10.1.0.1", "10.1.0.2"));
    expect([scene.look(), scene.addresses(shop)]).toEqual([true, ["10.1.0.1", "10.1.0.2"]]);
    scene.remove(shop);
    expect([scene.look(), scene.addresses(shop)]).toEqual([true, 3]);
  });

  test("without news it costs one read; a sign of life makes no other zone", () => {
    const scene = new Scene();
    scene.push(shop, records(shop, "10.1.0.1"));
    scene.look();
    scene.asked.length = 0;
    expect(scene.look()).toBe(false);
    expect(scene.asked).toEqual(["getpushed 1"]);
    scene.push(shop, records(shop, "10.1.0.1"));
    expect(scene.look()).toBe(false);
  });

  test("a large one comes in several messages", () => {
    const all = pushedRecords(nameOf(shop), replicas(99), true);
    expect(all.length).toBeGreaterThan(1);
    expect(Math.max(...all.map(({ length }) => length))).toBeLessThan(16_384);
    const scene = new Scene();
    scene.push(shop, all);
    scene.look();
    expect(scene.addresses(shop)).toHaveLength(99);
  });
});

describe("silence", () => {
  test("after an hour it is not answered for; with its next push it is", () => {
    const scene = new Scene();
    scene.push(shop, records(shop, "10.1.0.1"));
    scene.look();
    expect([scene.pass(hour - 1), scene.addresses(shop)]).toEqual([false, ["10.1.0.1"]]);
    expect([scene.pass(1), scene.addresses(shop)]).toEqual([true, 3]);
    expect(scene.problems).toEqual([`subdomain ${shop}: nobody has pushed it for 60 min`]);
    expect(scene.pass(hour)).toBe(false);
    scene.push(shop, records(shop, "10.1.0.1"));
    expect([scene.look(), scene.addresses(shop), scene.problems]).toEqual([true, ["10.1.0.1"], []]);
  });

  test("a sign of life is enough", () => {
    const scene = new Scene();
    scene.push(shop, records(shop, "10.1.0.1"));
    scene.look();
    scene.pass(hour - 1);
    scene.push(shop, records(shop, "10.1.0.1"));
    scene.look();
    scene.pass(hour - 1);
    expect(scene.addresses(shop)).toEqual(["10.1.0.1"]);
  });

  test("time in which the master hears nothing does not count", () => {
    const scene = new Scene();
    scene.push(shop, records(shop, "10.1.0.1"));
    scene.look();
    scene.isCurrent = false;
    scene.pass(3 * hour);
    scene.isCurrent = true;
    expect([scene.pass(1), scene.addresses(shop)]).toEqual([false, ["10.1.0.1"]]);
  });

  test("a master that starts does not begin anew", () => {
    const scene = new Scene();
    scene.logTime = 10 * hour;
    scene.push(shop, records(shop, "10.1.0.1"), 9 * hour + 1);
    expect([scene.look(), scene.addresses(shop)]).toEqual([true, ["10.1.0.1"]]);
    expect([scene.pass(1), scene.addresses(shop)]).toEqual([true, 3]);
    const late = new Scene();
    late.logTime = 10 * hour;
    late.push(shop, records(shop, "10.1.0.1"), hour);
    late.look();
    expect(late.addresses(shop)).toBe(3);
  });
});

test.each([
  ["other.example.", records("other.example", "10.1.0.1"), "it cannot be below counter.example."],
  ["counter.example.", records("counter.example", "10.1.0.1"), "that is this domain itself"],
  [
    "ipaddr.counter.example.",
    records("ipaddr.counter.example", "10.1.0.1"),
    "it cannot be below counter.example.",
  ],
  [shop, records("x.counter.example", "10.1.0.1"), "it has neither SOA nor NS"],
  [shop, [], "it has neither SOA nor NS"],
  [shop, [Uint8Array.of(1, 2, 3)], "it ends within a number"],
  [shop, ["text"], "it has neither SOA nor NS"],
  [`${"a".repeat(64)}.counter.example.`, [], "a label over 63 bytes"],
])("%s with what it cannot be: a problem, and nothing else suffers", (name, pushed, problem) => {
  const scene = new Scene();
  scene.push(name, pushed);
  scene.push("good.counter.example.", records("good.counter.example", "10.1.0.9"));
  scene.look();
  expect(scene.problems).toEqual([expect.stringMatching(new RegExp(`^subdomain .*${problem}`))]);
  expect(scene.addresses("good.counter.example")).toEqual(["10.1.0.9"]);
  expect(scene.addresses("counter.example")).toHaveLength(2);
});

test("an object that tells nonsense, or is not there", () => {
  const scene = new Scene();
  scene.push(shop, records(shop, "10.1.0.1"));
  scene.look();
  for (const told of [1, "x", [], {}, { change: "x", subdomains: {} }, { change: 1, subdomains: null }]) {
    scene.told = () => told;
    expect([scene.look(), scene.problems]).toEqual([false, []]);
  }
  scene.told = () => undefined;
  scene.isCurrent = false;
  expect([scene.look(), scene.problems]).toEqual([false, []]);
  scene.isCurrent = true;
  expect(scene.look()).toBe(false);
  expect(scene.problems).toEqual(["the cluster serves no NameserverCoord: nobody can push subdomains"]);
  expect(scene.addresses(shop)).toEqual(["10.1.0.1"]);
});

test("who cannot be asked on port 53 tells of no nameservers", () => {
  const own = nameOf(shop);
  const members = [member(1, "10.1.0.1:14000", { domain: "shop.counter.example" })];
  for (const delegate of [true, false]) {
    const scene = new Scene();
    scene.push(shop, pushedRecords(own, { number: 4, members }, delegate, 60));
    scene.look();
    // A referral has no answers.
    expect(scene.addresses(shop)).toEqual(delegate ? [] : ["10.1.0.1"]);
  }
});
