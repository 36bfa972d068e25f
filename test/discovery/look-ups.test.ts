/** Clients that are given a domain: when it is looked up, and what they do meanwhile. In virtual time. */
import { describe, expect, it } from "vitest";
import type { Found } from "../../src/shared/client/domain.ts";
import { LookUpFailed, noService } from "../../src/shared/client/domain.ts";
import { type ConcoordError, session } from "../../src/shared/client/index.ts";
import { FakeCluster } from "../client/fake-cluster.ts";
import { FakeNode } from "../client/fake-node.ts";
import { start, watch } from "../client/world.ts";

const domain = "counter.example";

/** A world whose domain says what `found` is. */
class Domain {
  readonly world = new FakeCluster(1);
  /** When it was looked up, ms. */
  readonly times: number[] = [];
  ttlMillis = 0;
  addresses: readonly string[] = [this.world.node(0).addr];
  answers: "found" | "absent" | "broken" | "never" = "found";
  doh: string | null = null;

  constructor() {
    this.world.resolve = (name, doh) => {
      this.times.push(this.world.clock.now);
      this.doh = doh;
      return this.answer(name);
    };
  }

  private answer(name: string): Promise<Found> {
    switch (this.answers) {
      case "found":
        return Promise.resolve({ addresses: this.addresses, ttlMillis: this.ttlMillis });
      case "absent":
        return Promise.reject(noService(name, "NXDOMAIN"));
      case "broken":
        return Promise.reject(new LookUpFailed(name, "nothing", "no DNS server answers"));
      case "never":
        return new Promise(() => undefined);
    }
  }

  client(boot = domain, options = {}) {
    return start(options, this.world, boot);
  }

  /** Other machines with the same data in place of all. */
  replaceAll(): readonly FakeNode[] {
    const old = this.world.nodes.splice(0, 3, ...[4, 5, 6].map((i) => new FakeNode(i)));
    for (const node of old) node.down();
    return this.world.nodes;
  }
}

describe("a client with a domain", () => {
  it("goes where the domain says", async () => {
    const all = new Domain();
    const { counter, clock, world } = all.client();
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    expect(call.value).toBe(1);
    expect(world.node(0).links.size).toBe(1);
    expect(all.times).toHaveLength(1);
    // A link with nothing to do stays, and so nothing is looked up.
    await clock.pass(60_000);
    expect(all.times).toHaveLength(1);
    expect(world.node(0).dials).toBe(1);
  });

  it("follows the domain when all nodes that it knows are replaced", async () => {
    const all = new Domain();
    const { counter, clock } = all.client();
    await clock.until(() => counter[session].state === "open");
    const nodes = all.replaceAll();
    all.addresses = nodes.map(({ addr }) => addr);
    const began = clock.now;
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    expect(call.value).toBe(1);
    expect(clock.now - began).toBeLessThan(200);
    expect(nodes.some(({ links }) => links.size === 1)).toBe(true);
  });

  it("finds them also when the domain says so only later", async () => {
    const all = new Domain();
    const { counter, clock } = all.client();
    await clock.until(() => counter[session].state === "open");
    const nodes = all.replaceAll();
    await clock.pass(30_000);
    expect(counter[session].state).toBe("lost");
    const looks = all.times.length;
    expect(looks).toBeGreaterThan(5);
    expect(looks).toBeLessThan(60);
    all.addresses = nodes.map(({ addr }) => addr);
    await clock.until(() => counter[session].state === "open");
  });

  it.each(["never", "broken", "absent"] as const)(
    "dials the last known addresses at once while look-ups are %s",
    async (answers) => {
      const all = new Domain();
      const { counter, clock, world } = all.client();
      await clock.until(() => counter[session].state === "open");
      all.answers = answers;
      for (let i = 0; i < 3; i++) {
        for (const node of world.nodes) node.cut();
        const began = clock.now;
        const call = watch(counter.increment());
        await clock.until(() => call.done);
        expect(clock.now - began).toBeLessThan(100);
      }
    },
  );

  it("does not wait for the domain when addresses are given too", async () => {
    const all = new Domain();
    all.answers = "never";
    const { counter, clock, world } = all.client(`${domain},${all.world.node(0).addr}`);
    const began = clock.now;
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    expect(clock.now - began).toBeLessThan(100);
    expect(world.node(0).links.size).toBe(1);
  });

  it("takes the first of two domains that answers", async () => {
    const all = new Domain();
    const { resolve } = all.world;
    all.world.resolve = (name, doh) =>
      name === "slow.example" ? new Promise(() => undefined) : resolve(name, doh);
    const { counter, clock } = all.client(`slow.example,${domain}`);
    await clock.until(() => counter[session].state === "open");
  });

  it("asks again only when the answer is over", async () => {
    const all = new Domain();
    all.ttlMillis = 10_000;
    const { counter, clock, world } = all.client();
    await clock.until(() => counter[session].state === "open");
    for (let i = 0; i < 20; i++) {
      for (const node of world.nodes) node.cut();
      await clock.pass(1_000);
    }
    const [first = 0, second = 0] = all.times;
    expect(all.times.length).toBeLessThanOrEqual(3);
    expect(second - first).toBeGreaterThanOrEqual(10_000);
  });

  it("takes no answer for true for days", async () => {
    const all = new Domain();
    all.ttlMillis = 7 * 86_400_000;
    const { counter, clock } = all.client();
    await clock.until(() => counter[session].state === "open");
    const nodes = all.replaceAll();
    all.addresses = nodes.map(({ addr }) => addr);
    await clock.pass(305_000);
    await clock.until(() => counter[session].state === "open");
  });

  it("goes on trying a domain that does not exist, and says so where a call gives up", async () => {
    const all = new Domain();
    all.answers = "absent";
    const { counter, clock } = all.client(domain, { timeout: 500 });
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    const error = call.error as ConcoordError;
    expect(error).toMatchObject({ code: "UNREACHABLE", executed: "no" });
    const said = "counter.example: there is no SRV record at _concoord._tcp.counter.example (NXDOMAIN)";
    expect(error.message).toContain(said);
    expect(error.cause).toMatchObject({
      code: "UNREACHABLE",
      cause: { name: "LookUpFailed", message: said },
    });
    expect(counter[session].state).toBe("connecting");
    await clock.pass(20_000);
    expect(all.times.length).toBeGreaterThan(10);
    expect(all.times.length).toBeLessThan(50);
    all.answers = "found";
    await clock.until(() => counter[session].state === "open");
    const second = watch(counter.increment());
    await clock.until(() => second.done);
    expect(second.value).toBe(1);
  });

  it("names the nodes that do not answer and the domain that is silent", async () => {
    const all = new Domain();
    const { counter, clock, world } = all.client(domain, { timeout: 3_000 });
    await clock.until(() => counter[session].state === "open");
    for (const node of world.nodes) node.down();
    all.answers = "broken";
    await clock.pass(5_000);
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    const { message } = call.error as ConcoordError;
    expect(message).toMatch(
      /no node answers at 10\.0\.0\.1:14000, .*; counter\.example: no DNS server answers/,
    );
  });

  it("says nothing and asks nothing once it is closed", async () => {
    const all = new Domain();
    all.answers = "absent";
    const { counter, clock } = all.client();
    await clock.pass(1_000);
    await Promise.all([counter[Symbol.asyncDispose](), clock.pass(1_000)]);
    const looks = all.times.length;
    await clock.pass(20_000);
    expect(all.times).toHaveLength(looks);
  });

  it("passes the option doh on, and refuses what is no URL", async () => {
    const all = new Domain();
    const { counter, clock } = all.client(domain, { doh: "https://dns.example/dns-query" });
    await clock.until(() => counter[session].state === "open");
    expect(all.doh).toBe("https://dns.example/dns-query");
    for (const doh of ["dns.example", "ftp://x", "https://", "https://a b"])
      expect(() => all.client(domain, { doh }), doh).toThrow(/doh/);
  });
});
