/** Which hosted zone of Route 53 is taken, and what wrong credentials lead to. */
import { describe, expect, test } from "vitest";
import { Endpoint, keys } from "./endpoint.ts";
import { domain, toldOf, zoneOf } from "./records.ts";
import { endpoint, start, zone } from "./stage.ts";

const a = "10.0.0.1";
const b = "10.0.0.2";

describe("the hosted zone", () => {
  test("of the parent, when the domain has none; private ones do not count", async () => {
    endpoint.zones.splice(0);
    const parent = endpoint.zone("ZPARENT", "example.");
    endpoint.zone("ZHIDDEN", `${domain}.`, true);
    endpoint.zone("ZOTHER", "zother.example.");
    const started = start();
    started.names.publish(1, zoneOf([a]));
    await started.published(1);
    expect(parent.told).toEqual(toldOf([a]));
  });

  test("given by its id", async () => {
    const second = endpoint.zone("Z2", `${domain}.`);
    const started = start({ zoneId: "/hostedzone/Z2" });
    started.names.publish(1, zoneOf([a]));
    await started.published(1);
    expect(second.told).toEqual(toldOf([a]));
    expect(zone.told).toEqual({});
  });

  test.each([
    { zones: [], problem: `this account has no public hosted zone for ${domain}.` },
    {
      zones: ["Z1", "Z2"],
      problem: `this account has several hosted zones ${domain}.: give the id of one`,
    },
  ])("is clear or there is a problem: $zones", async ({ zones, problem }) => {
    endpoint.zones.splice(0);
    for (const id of zones) endpoint.zone(id, `${domain}.`);
    const started = start();
    started.names.publish(1, zoneOf([a]));
    expect(await started.until((status) => status.problem !== null)).toEqual({
      published: null,
      waiting: 1,
      problem,
    });
  });

  test("has an id that looks like one", () => {
    expect(() => start({ zoneId: "../x" })).toThrow('"../x" is not the id of a hosted zone');
    expect(() => start({ endpoint: "nowhere" })).toThrow('"nowhere" is not the URL of an endpoint');
  });
});

describe("credentials", () => {
  const token = "IQoJb3JpZ2luX2VjE+/token==";

  test("temporary ones carry their token", async () => {
    endpoint.keys = { ...keys, sessionToken: token };
    const started = start({ credentials: endpoint.keys });
    started.names.publish(1, zoneOf([a]));
    await started.published(1);
    expect(zone.told).toEqual(toldOf([a]));
  });

  const wrong = [
    {
      what: "id",
      credentials: { ...keys, accessKeyId: "AKIAWRONGWRONGWRONG0" },
      code: "InvalidClientTokenId",
    },
    {
      what: "key",
      credentials: { ...keys, secretAccessKey: "wrong+wrong+wrong" },
      code: "SignatureDoesNotMatch",
    },
    { what: "token", credentials: { ...keys, sessionToken: "a+wrong/token=" }, code: "InvalidClientTokenId" },
  ];
  test.each(wrong)(
    "a wrong $what: a clear problem without secrets, and no haste",
    async ({ credentials, code }) => {
      const started = start({ credentials });
      started.names.publish(1, zoneOf([a]));
      const { problem } = await started.until((status) => status.problem !== null);
      expect(problem).toMatch(
        new RegExp(`^Route 53 refuses: ${code}: [^\n]*; check the credentials of AWS$`),
      );
      // A newer view is no reason to ask again at once.
      for (let view = 2; view < 20; view++) started.names.publish(view, zoneOf([b]));
      expect(endpoint.refused).toBe(1);
      expect(zone.told).toEqual({});
      const told = JSON.stringify(started.seen);
      const { accessKeyId, secretAccessKey, sessionToken } = credentials;
      for (const secret of [accessKeyId, secretAccessKey, sessionToken ?? secretAccessKey])
        expect(told).not.toContain(secret);
    },
  );

  test("what an error repeats of them is taken out", async () => {
    endpoint.keys = { ...keys, sessionToken: token };
    const started = start({
      credentials: { ...endpoint.keys, sessionToken: `${token}\n${token}` },
    });
    started.names.publish(1, zoneOf([a]));
    const { problem } = await started.until((status) => status.problem !== null);
    expect(problem).toMatch(/^Route 53 /);
    expect(problem).not.toContain(token);
  });
});

test("nobody answers: told, and it stops when it is told to", async () => {
  const gone = new Endpoint();
  await gone.start();
  await gone.close();
  const started = start({ endpoint: gone.url });
  started.names.publish(1, zoneOf([a]));
  const { problem } = await started.until((status) => status.problem !== null);
  expect(problem).toMatch(/^Route 53 does not answer: .*ECONNREFUSED/);
  started.names.stop();
  started.names.publish(2, zoneOf([a]));
  expect(started.names.status.waiting).toBe(1);
});
