/** What happens to tabs and to nobody else: they are frozen, and lose their network. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../process/processes.ts";
import { Chromium, chromiumPath } from "./chromium.ts";
import { GatedCluster } from "./cluster.ts";
import { openPage } from "./page.ts";

const waitMillis = 20_000;

/** What a page does in these tests, as its own code. */
const story = `(bootstrap, name, sessionTtl) => {
  const probe = api.connect(name, bootstrap, { sessionTtl });
  const told = { probe, states: [], lost: 0, answers: [], failures: [], times: [] };
  probe[api.session].addEventListener("connection", ({ state }) => {
    told.states.push(state);
    told.times.push(performance.now());
  });
  probe[api.session].addEventListener("sessionlost", () => told.lost++);
  told.call = (n, width) => {
    const worker = async () => {
      while (n > 0) {
        n--;
        try {
          told.answers.push(await probe.increment());
        } catch ({ code, executed }) {
          told.failures.push(code + " " + executed);
        }
      }
    };
    told.done = Promise.all(Array.from({ length: width }, worker)).then(() => told.over = true);
  };
  globalThis.told = told;
}`;

interface Told {
  readonly states: readonly string[];
  readonly lost: number;
  readonly answers: readonly number[];
  readonly failures: readonly string[];
  readonly online: boolean;
}

describe.skipIf(chromiumPath === null)("a tab", () => {
  let cluster: GatedCluster;
  let browser: Chromium;
  let page: string;
  beforeAll(async () => {
    cluster = await GatedCluster.start();
    browser = new Chromium(chromiumPath ?? "");
    page = await openPage(browser, cluster);
  });
  afterAll(async () => {
    await browser?.stop();
    await cluster?.stop();
  });

  const evaluate = (expression: string) => browser.evaluate(page, expression);
  const begin = (sessionTtl: number) =>
    evaluate(`(${story})("${cluster.bootstrap}", "Probe/${crypto.randomUUID()}", ${sessionTtl})`);
  const told = async () =>
    (await evaluate(
      "(({ states, lost, answers, failures }) => ({ states, lost, answers, failures, online: navigator.onLine }))(told)",
    )) as Told;
  const answered = (n: number) =>
    until(`${n} answers`, waitMillis, async () => ((await told()).answers.length >= n ? true : undefined));
  const freeze = (state: "frozen" | "active") => browser.send("Page.setWebLifecycleState", { state }, page);
  /** The browser only says that it is offline: its sockets it leaves alone, so that they are cut, too. */
  const offline = (isOffline: boolean) => {
    cluster.cut(isOffline);
    const unlimited = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
    return browser.send("Network.emulateNetworkConditions", { offline: isOffline, ...unlimited }, page);
  };
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
  const sorted = (answers: readonly number[]) => [...answers].sort((a, b) => a - b);

  /** Ends what `begin` began. */
  const end = () => evaluate("told.probe[Symbol.asyncDispose]()");

  test("that is frozen for longer than its heartbeat loses no call, and doubles none", async () => {
    // Signs of life are due every second.
    await begin(3_000);
    await evaluate("told.call(2000, 20)");
    await answered(200);
    await freeze("frozen");
    const since = performance.now();
    const { answers } = await told();
    await until("1.5 s have passed", waitMillis, async () =>
      performance.now() > since + 1_500 ? true : undefined,
    );
    const frozen = await told();
    expect(frozen.answers.length).toBe(answers.length);
    expect(frozen.answers.length).toBeLessThan(2_000);
    await freeze("active");
    await evaluate("told.done");
    const { failures, lost, ...rest } = await told();
    expect(sorted(rest.answers)).toEqual(upTo(2_000));
    expect({ failures, lost }).toEqual({ failures: [], lost: 0 });
    await end();
  });

  test("that is frozen for longer than its session lives is told so, and goes on with another one", async () => {
    await begin(1_000);
    await evaluate("told.call(2000, 20)");
    await answered(200);
    const open = (await cluster.status()).sessions;
    await freeze("frozen");
    await until("the session has ended", waitMillis, async () =>
      (await cluster.status()).sessions < open ? true : undefined,
    );
    await freeze("active");
    await evaluate("told.done");
    const { answers, failures, lost } = await told();
    expect(lost).toBe(1);
    // What was sent may have run; everything else ran once, on the session that follows.
    expect(new Set(failures)).toEqual(new Set(["SESSION_EXPIRED unknown"]));
    expect(failures.length).toBeLessThanOrEqual(20);
    expect(answers.length + failures.length).toBe(2_000);
    expect(new Set(answers).size).toBe(answers.length);
    const total = Number(await evaluate("told.probe.getvalue()"));
    expect(total).toBeGreaterThanOrEqual(answers.length);
    expect(total).toBeLessThanOrEqual(2_000);
    await end();
  });

  test("without a network tells so, and connects at once when it is back", async () => {
    await begin(10_000);
    await evaluate("told.call(1000, 10)");
    await answered(100);
    await offline(true);
    await until("it knows", waitMillis, async () =>
      (await told()).states.at(-1) === "lost" ? true : undefined,
    );
    expect((await told()).online).toBe(false);
    const before = (await told()).answers.length;
    expect(before).toBeLessThan(1_000);
    // By now it waits for two seconds between its attempts.
    const since = performance.now();
    await until("3.5 s have passed", waitMillis, async () =>
      performance.now() > since + 3_500 ? true : undefined,
    );
    expect((await told()).answers.length).toBe(before);
    await evaluate("addEventListener('online', () => { told.online = performance.now(); })");
    await offline(false);
    await evaluate("told.done");
    expect(sorted((await told()).answers)).toEqual(upTo(1_000));
    expect(await told()).toMatchObject({
      failures: [],
      lost: 0,
      states: ["connecting", "open", "lost", "open"],
    });
    expect(Number(await evaluate("told.times.at(-1) - told.online"))).toBeLessThan(500);
    await end();
  });
});
