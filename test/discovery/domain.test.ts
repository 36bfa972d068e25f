/** The order in which the targets of SRV records are dialled, and how addresses become URLs. */
import { describe, expect, it } from "vitest";
import { parseBootstrap, webSocketUrl } from "../../src/shared/client/bootstrap.ts";
import { addressesOf, noService, serviceName, type Target } from "../../src/shared/client/domain.ts";
import { domainTargetsMax } from "../../src/shared/name-limits.ts";
import { diceOf } from "../client/virtual-clock.ts";

function target(host: string, fields: Partial<Target> = {}): Target {
  return { host, port: 14000, priority: 0, weight: 100, addresses: [], ...fields };
}

const dice = diceOf(7);
const die = () => dice() / 2 ** 32;

describe("addressesOf", () => {
  it("goes by priority first", () => {
    const targets = [target("c", { priority: 2 }), target("a"), target("b", { priority: 1, weight: 9_000 })];
    for (let i = 0; i < 50; i++)
      expect(addressesOf({ targets }, die)).toEqual(["a:14000", "b:14000", "c:14000"]);
  });

  it("draws among equals by weight, and those without weight last", () => {
    const targets = [
      target("light", { weight: 1 }),
      target("heavy", { weight: 3 }),
      target("none", { weight: 0 }),
    ];
    const firsts = Array.from({ length: 4_000 }, () => addressesOf({ targets }, die));
    const heavy = firsts.filter(([first]) => first === "heavy:14000").length;
    // A draw of 4,000 with chance 3/4 has a deviation of 27.
    expect(Math.abs(heavy - 3_000)).toBeLessThan(150);
    expect(firsts.every((each) => each[2] === "none:14000")).toBe(true);
  });

  it("dials addresses where they are known, names where they are not or where TLS wants them", () => {
    const targets = [target("h", { addresses: ["10.0.0.1", "::1"] })];
    expect(addressesOf({ targets }, die)).toEqual(["10.0.0.1:14000", "[::1]:14000"]);
    expect(addressesOf({ targets }, die, true)).toEqual(["h:14000"]);
    expect(addressesOf({ targets: [target("h")] }, die)).toEqual(["h:14000"]);
  });

  it("names each once, and not too many", () => {
    const same = target("h", { addresses: ["10.0.0.1"] });
    expect(addressesOf({ targets: [same, same] }, die)).toHaveLength(1);
    const targets = Array.from({ length: 1_000 }, (_, i) => target(`h${i}`));
    expect(addressesOf({ targets }, die)).toHaveLength(domainTargetsMax);
  });
});

it("serviceName and what is said of one that is not there", () => {
  expect(serviceName("counter.example.")).toBe("_concoord._tcp.counter.example");
  expect(noService("counter.example", "NODATA").message).not.toMatch(/host:port/);
  expect(noService("node1", "NXDOMAIN").message).toMatch(/node1.*NXDOMAIN.*host:port/);
});

it("webSocketUrl", () => {
  expect(webSocketUrl("h:1", false)).toBe("ws://h:1/concoord");
  expect(webSocketUrl("[::1]:1", true)).toBe("wss://[::1]:1/concoord");
  expect(webSocketUrl("ws://h", true)).toBe("ws://h/concoord");
  expect(webSocketUrl("WSS://h/", false)).toBe("WSS://h/concoord");
  expect(webSocketUrl("wss://h/there?x", false)).toBe("wss://h/there?x");
});

it("a domain has limits", () => {
  expect(parseBootstrap(`${"a".repeat(63)}.example`).domains).toHaveLength(1);
  expect(() => parseBootstrap(`${"a".repeat(64)}.example`)).toThrow(/host:port/);
  expect(() => parseBootstrap(`${"a.".repeat(120)}example`)).toThrow(/host:port/);
});
