/** What an operator may write in wrangler.toml, and what is said of the rest. */
import { expect, test } from "vitest";
import { settingsOf, type Vars } from "../../src/worker-ns/settings.ts";

const given: Vars = { DOMAIN: "Counter.Example.", BOOT: "10.0.0.1:14000" };

test("the least", () => {
  const { apex: _, ...settings } = settingsOf(given);
  const zone = { nameservers: [] };
  expect(settings).toEqual({ domain: "Counter.Example", nodes: ["10.0.0.1:14000"], token: null, zone });
});

test("everything", () => {
  const nodes = ["[::1]:14000", "ws://a.example", "wss://b.example:1/at?x=1"];
  const all = {
    ...given,
    BOOT: nodes.join(", "),
    TOKEN: "secret",
    TTL: 7,
    NAMESERVERS: "a.example b.example",
  };
  const settings = settingsOf(all);
  expect(settings).toMatchObject({ nodes, token: "secret", zone: { ttl: 7 } });
  expect(settings.zone.nameservers).toHaveLength(2);
});

test.each<[Partial<Vars>, RegExp]>([
  [{ DOMAIN: "" }, /^DOMAIN: is not set/],
  [{ DOMAIN: "a..b" }, /^DOMAIN: /],
  [{ DOMAIN: Array.from({ length: 4 }, () => "a".repeat(60)).join(".") }, /^DOMAIN: /],
  [{ BOOT: "" }, /^BOOT: is not set/],
  [{ BOOT: "counter.example" }, /^BOOT: "counter.example" is no node/],
  [{ BOOT: "10.0.0.1:99999" }, /^BOOT: /],
  [{ BOOT: "http://10.0.0.1:1" }, /^BOOT: /],
  [{ TTL: "-1" }, /^TTL: "-1" is not a number of seconds/],
  [{ TTL: "1e3" }, /^TTL: /],
  [{ TTL: 604_801 }, /^TTL: /],
  [{ NAMESERVERS: "a..b" }, /^NAMESERVERS: /],
])("%j is refused", (more, message) => {
  expect(() => settingsOf({ ...given, ...more })).toThrow(message);
});
