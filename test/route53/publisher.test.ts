/** The publisher on a played clock: what it calls, when, and how long it waits after each kind of failure. */
import { describe, expect, test } from "vitest";
import { nameOf } from "../../src/shared/dns/name.ts";
import type { ApiAnswer, ApiRequest } from "../../src/shared/dns/route53.ts";
import { Route53Publisher } from "../../src/shared/dns/route53-publisher.ts";
import { domain, zoneOf } from "./records.ts";

const changed = `<ChangeResourceRecordSetsResponse><ChangeInfo/></ChangeResourceRecordSetsResponse>`;
const empty = `<ListResourceRecordSetsResponse><IsTruncated>false</IsTruncated></ListResourceRecordSetsResponse>`;
const endless =
  `<ListResourceRecordSetsResponse><IsTruncated>true</IsTruncated><NextRecordName>${domain}.</NextRecordName>` +
  "</ListResourceRecordSetsResponse>";

function failure(code: string, status = 400): ApiAnswer {
  return {
    status,
    body: `<ErrorResponse><Error><Code>${code}</Code><Message>m</Message></Error></ErrorResponse>`,
  };
}

/** Answers by a rule; waits end when the test says so. */
class Played {
  readonly asked: string[] = [];
  readonly waits: number[] = [];
  cancelled = 0;
  rule: (request: ApiRequest) => ApiAnswer | Error = ({ method }) => ({
    status: 200,
    body: method === "POST" ? changed : empty,
  });
  random = 0;
  private ring: () => void = () => undefined;
  readonly publisher: Route53Publisher;

  constructor(zoneId: string | null = "Z1") {
    const runtime = {
      call: async (request: ApiRequest) => {
        this.asked.push(
          request.method === "POST" ? "change" : request.path.includes("byname") ? "zones" : "list",
        );
        const answer = this.rule(request);
        if (answer instanceof Error) throw answer;
        return answer;
      },
      wait: (millis: number, run: () => void) => {
        this.waits.push(millis);
        this.ring = run;
        return () => {
          this.cancelled++;
        };
      },
      random: () => this.random,
    };
    this.publisher = new Route53Publisher({
      domain: nameOf(domain),
      zoneId,
      runtime,
      changed: () => undefined,
    });
  }

  /** Until it waits once more, or is done. */
  async settled(): Promise<void> {
    const before = this.waits.length;
    await expect
      .poll(() => this.waits.length > before || this.publisher.status.waiting === null, { interval: 1 })
      .toBe(true);
  }

  /** Lets the time of the wait pass, `times` times. */
  async pass(times = 1): Promise<void> {
    for (let i = 0; i < times; i++) {
      const settled = this.settled();
      this.ring();
      await settled;
    }
  }
}

describe("waits", () => {
  const unsure = ["list", "change", "list", "change", "list", "change"];
  const kinds = [
    { what: "Throttling", answer: failure("Throttling"), asked: ["list", "change", "change", "change"] },
    { what: "429", answer: failure("Slow", 429), asked: ["list", "change", "change", "change"] },
    { what: "503", answer: failure("ServiceUnavailable", 503), asked: unsure },
    { what: "no XML", answer: { status: 500, body: "oops" }, asked: unsure },
    { what: "no answer", answer: new Error("fetch failed"), asked: unsure },
    { what: "a change that does not fit", answer: failure("InvalidChangeBatch"), asked: unsure },
  ];
  test.each(kinds)("double after $what, up to a minute", async ({ answer, asked }) => {
    const played = new Played();
    const good = played.rule;
    played.rule = (request) => (request.method === "POST" ? answer : good(request));
    played.publisher.publish(1, zoneOf(["10.0.0.1"]));
    await played.settled();
    await played.pass(2);
    expect(played.asked).toEqual(asked);
    expect(played.waits).toEqual([250, 500, 1_000]);
    await played.pass(20);
    expect(played.waits.at(-1)).toBe(30_000);
    played.random = 0.999999;
    await played.pass();
    expect(played.waits.at(-1)).toBeCloseTo(60_000, 0);
    played.rule = good;
    await played.pass();
    expect(played.publisher.status).toEqual({ published: 1, waiting: null, problem: null });
    // A success is forgotten failures.
    played.rule = () => failure("Throttling");
    played.random = 0;
    played.publisher.publish(2, zoneOf(["10.0.0.2"]));
    await played.settled();
    expect(played.waits.at(-1)).toBe(250);
  });

  test.each([
    "AccessDenied",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "NoSuchHostedZone",
    "InvalidInput",
  ])("are long at once after %s, whatever views come", async (code) => {
    const played = new Played(null);
    played.rule = () => failure(code, 403);
    played.publisher.publish(1, zoneOf(["10.0.0.1"]));
    await played.settled();
    for (let view = 2; view < 50; view++) played.publisher.publish(view, zoneOf([`10.0.0.${view}`]));
    expect(played.asked).toEqual(["zones"]);
    await played.pass(2);
    expect(played.waits).toEqual([30_000, 30_000, 30_000]);
    expect(played.asked).toEqual(["zones", "zones", "zones"]);
    expect(played.publisher.status.waiting).toBe(49);
  });

  test("a zone that was looked up is looked up again after it is gone", async () => {
    const played = new Played(null);
    let id = "ZOLD";
    played.rule = ({ method, path }) => {
      if (path.includes("byname"))
        return {
          status: 200,
          body:
            "<ListHostedZonesByNameResponse><HostedZones><HostedZone>" +
            `<Id>/hostedzone/${id}</Id><Name>${domain}.</Name></HostedZone></HostedZones></ListHostedZonesByNameResponse>`,
        };
      if (!path.includes("/ZNEW/")) return failure("NoSuchHostedZone", 404);
      return { status: 200, body: method === "POST" ? changed : empty };
    };
    played.publisher.publish(1, zoneOf(["10.0.0.1"]));
    await played.settled();
    id = "ZNEW";
    await played.pass();
    expect(played.asked).toEqual(["zones", "list", "zones", "list", "change"]);
    expect(played.publisher.status.published).toBe(1);
  });
});

test("a list that does not end is given up, with a problem", async () => {
  const played = new Played();
  played.rule = () => ({ status: 200, body: endless });
  played.publisher.publish(1, zoneOf([]));
  await played.settled();
  expect(played.asked).toHaveLength(100);
  expect(played.publisher.status.problem).toBe("the hosted zone holds too many record sets");
});

test("nothing to change is no call", async () => {
  const played = new Played();
  played.publisher.publish(1, zoneOf([]));
  await played.settled();
  expect(played.asked).toEqual(["list"]);
  expect(played.publisher.status.published).toBe(1);
});

test("stop ends the wait", async () => {
  const played = new Played();
  played.rule = () => failure("Throttling");
  played.publisher.publish(1, zoneOf(["10.0.0.1"]));
  await played.settled();
  played.publisher.stop();
  expect(played.cancelled).toBe(1);
  played.publisher.publish(2, zoneOf(["10.0.0.2"]));
  expect(played.publisher.status).toEqual({
    published: null,
    waiting: 1,
    problem: "Route 53 is busy: Throttling: m",
  });
});

test("a newer view takes over between two batches of an older one", async () => {
  const played = new Played();
  const many = Array.from({ length: 300 }, (_, i) => `10.0.${i >> 8}.${i & 0xff}`);
  const good = played.rule;
  played.rule = (request) => {
    if (request.method === "POST" && played.asked.filter((what) => what === "change").length === 1)
      played.publisher.publish(2, zoneOf(["10.0.0.1"]));
    return good(request);
  };
  played.publisher.publish(1, zoneOf(many));
  await expect.poll(() => played.publisher.status.published).toBe(2);
  expect(played.publisher.status.waiting).toBeNull();
  expect(played.asked).toEqual(["list", "change", "change"]);
});
