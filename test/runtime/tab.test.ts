/** What happens to tabs and to nobody else: they are frozen, and lose their network. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../process/processes.ts";
import { Chromium, chromiumPath } from "./chromium.ts";
import { GatedCluster } from "./cluster.ts";
import { openPage } from "./page.ts";

const waitMillis = 20_000;

/** What a page does in these tests, as its own code. */
const story = `(bootstrap, name, sessionTtl) => {
  WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      const { told } = globalThis;
      told?.dials.push(performance.now());
      this.addEventListener("close", () => told?.ends.push(performance.now()));
    }
  };
  const probe = api.connect(name, bootstrap, { sessionTtl });
  const told = { probe, states: [], lost: 0, answers: [], failures: [], dials: [], ends: [] };
  probe[api.session].addEventListener("connection", ({ state }) => told.states.push(state));
  probe[api.session].addEventListener("sessionlost", () => told.lost++);
  // Calls go on until they are told to stop: whatever happens, happens while some are under way.
  told.call = (width) => {
    let goesOn = true;
    told.stop = () => {
      goesOn = false;
      return told.done;
    };
    const worker = async () => {
      while (goesOn) {
        try {
          told.answers.push(await probe.increment());
        } catch ({ code, executed }) {
          told.failures.push(code + " " + executed);
        }
      }
    };
    told.done = Promise.all(Array.from({ length: width }, worker)).then(() => undefined);
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
  /** Calls are answered that were not yet made. */
  const goesOn = async () => answered((await told()).answers.length + 200);
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
    await evaluate("void told.call(20)");
    await answered(200);
    await freeze("frozen");
    const since = performance.now();
    const { answers } = await told();
    await until("1.5 s have passed", waitMillis, async () =>
      performance.now() > since + 1_500 ? true : undefined,
    );
    const frozen = await told();
    expect(frozen.answers.length).toBe(answers.length);
    await freeze("active");
    await goesOn();
    await evaluate("told.stop()");
    const { failures, lost, ...rest } = await told();
    expect(sorted(rest.answers)).toEqual(upTo(rest.answers.length));
    expect({ failures, lost }).toEqual({ failures: [], lost: 0 });
    await end();
  });

  test("that is frozen for longer than its session lives is told so, and goes on with another one", async () => {
    const open = async (n: number) => {
      const isSo = async () => ((await cluster.status()).sessions === n ? true : undefined);
      await until(`${n} sessions are open`, waitMillis, isSo);
    };
    await open(0);
    await begin(3_000);
    await evaluate("void told.call(20)");
    await evaluate(
      "void (told.waits = told.probe.wait().catch(({ code, executed }) => code + ' ' + executed))",
    );
    await answered(200);
    await open(1);
    await freeze("frozen");
    await open(0);
    expect(await told()).toMatchObject({ failures: [], lost: 0 });
    await freeze("active");
    expect(await evaluate("told.waits")).toBe("SESSION_EXPIRED unknown");
    await goesOn();
    await evaluate("told.stop()");
    const { answers, failures, lost } = await told();
    expect(lost).toBe(1);
    // What was sent may have run; everything else ran once, on the session that follows.
    expect(failures.filter((failure) => failure !== "SESSION_EXPIRED unknown")).toEqual([]);
    expect(failures.length).toBeLessThanOrEqual(20);
    expect(new Set(answers).size).toBe(answers.length);
    const total = Number(await evaluate("told.probe.getvalue()"));
    expect(total).toBeGreaterThanOrEqual(answers.length);
    expect(total).toBeLessThanOrEqual(answers.length + failures.length);
    await end();
  });

  test("without a network tells so, and connects at once when it is back", async () => {
    await begin(10_000);
    await evaluate("void told.call(10)");
    await answered(100);
    await offline(true);
    await until("it knows", waitMillis, async () =>
      (await told()).states.at(-1) === "lost" ? true : undefined,
    );
    expect((await told()).online).toBe(false);
    const before = (await told()).answers.length;
    // In the end it waits for a second at least between its attempts: it has just failed again when the network is back.
    const waits = async (from: number, to: number) => {
      const since = "told.dials.length > told.ends.length ? -1 : performance.now() - told.ends.at(-1)";
      const passed = Number(await evaluate(since));
      return passed >= from && passed < to ? true : undefined;
    };
    await until("it waits for long", waitMillis, () => waits(900, 2_000));
    await until("it has tried again, everywhere", waitMillis, () => waits(100, 400));
    expect((await told()).answers.length).toBe(before);
    await evaluate("addEventListener('online', ({ timeStamp }) => { told.online = timeStamp; })");
    await offline(false);
    await goesOn();
    await evaluate("told.stop()");
    const { answers } = await told();
    expect(sorted(answers)).toEqual(upTo(answers.length));
    expect(await told()).toMatchObject({
      failures: [],
      lost: 0,
      states: ["connecting", "open", "lost", "open"],
    });
    const delay = "told.dials.find((time) => time >= told.online) - told.online";
    expect(Number(await evaluate(delay))).toBeLessThan(400);
    await end();
  });
});
