/**
 * Three replicas under TLS as operators start them: clients, verbs and a browser reach them by wss and https, a node of
 * another authority does not get in, and new certificates are taken while calls go on. Needs a build.
 */
import { copyFileSync } from "node:fs";
import { get, request } from "node:https";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter } from "../../examples/counter/counter.ts";
import { connect } from "../../src/node/index.ts";
import { loadAuthority } from "../../src/node/tls/files.ts";
import { run, start } from "../discovery/programs.ts";
import { freePorts, type Running, until } from "../process/processes.ts";
import { Chromium, chromiumPath } from "../runtime/chromium.ts";
import { Certificates, hasOpenssl, type Pair } from "./tls-certificates.ts";

const readyMillisMax = 30_000;
const counter = "./examples/counter/counter.ts";

describe.skipIf(!hasOpenssl)("a cluster under TLS", () => {
  let made: Certificates;
  let ca: string;
  let authority: Pair;
  let stranger: Pair;
  let addrs: string[];
  const nodes: Running[] = [];
  /** What the nodes have been given: one pair for all. */
  let live: Pair;

  const tlsWords = ({ cert, key }: Pair, by = ca) => ["--tls-cert", cert, "--tls-key", key, "--tls-ca", by];
  const launch = (addr: string, words: readonly string[]) => {
    const port = addr.split(":")[1] ?? "";
    const node = start(["replica", "-o", counter, "-p", port, "--memory", ...words], {});
    nodes.push(node);
    return node;
  };

  beforeAll(async () => {
    made = new Certificates();
    authority = made.authority("authority");
    stranger = made.authority("stranger");
    ca = authority.cert;
    const first = made.issue("node", authority);
    live = { cert: made.join("live.pem", first.cert), key: made.join("live.key", first.key) };
    addrs = (await freePorts(4)).map((port) => `127.0.0.1:${port}`);
    const [founder = "", ...others] = addrs.slice(0, 3);
    await launch(founder, tlsWords(live)).line(/^READY/, readyMillisMax);
    // With the scheme and without: nodes dial as they serve.
    const boots = [`wss://${founder},${addrs[1]}`, founder];
    const joined = others.map((addr, i) => launch(addr, ["-b", boots[i] ?? "", ...tlsWords(live)]));
    await Promise.all(joined.map((node) => node.line(/^READY/, readyMillisMax)));
  }, 90_000);
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    made.remove();
  });

  /** As environment of a program. */
  const trusting = () => ({ CONCOORD_TLS_CA: ca });
  const [first, second] = [() => addrs[0] ?? "", () => addrs[1] ?? ""];

  test("the command line: by flag, by variable, by what Node trusts; without, one line says what to write", async () => {
    const call = (words: readonly string[], env: NodeJS.ProcessEnv = {}) =>
      run(["call", "-o", "Counter", "increment", "--timeout", "20000", ...words], env);
    expect(await call(["-b", first(), "--tls-ca", ca])).toMatchObject({ exit: 0, stderr: "" });
    expect(await call(["-b", second()], trusting())).toMatchObject({ exit: 0, stderr: "" });
    expect(await call(["-b", `wss://${first()}`], { NODE_EXTRA_CA_CERTS: ca })).toMatchObject({ exit: 0 });
    const value = await run(["call", "-o", "Counter", "getvalue", "-b", first(), "--tls-ca", ca], {});
    expect(value).toMatchObject({ exit: 0, stdout: "3\n" });
    const plain = await call(["-b", first()]);
    expect(plain.exit).toBe(1);
    expect(plain.stderr).toContain(`only TLS is spoken there: write wss://${first()}`);
    const unsure = await run(["status", "-b", `wss://${first()}`], {});
    expect(unsure.exit).toBe(4);
    expect(unsure.stderr).toContain("its certificate is of no authority that is trusted here");
    const status = await run(["status", "-b", `wss://${first()}`, "--json"], { NODE_EXTRA_CA_CERTS: ca });
    const members = (JSON.parse(status.stdout) as { addr: string; problems: string[] }[]).map((m) => m.addr);
    expect(members.toSorted()).toEqual(addrs.slice(0, 3).toSorted());
  });

  test("verbs that speak as nodes do show a certificate", async () => {
    const backup = (name: string, words: readonly string[]) =>
      run(["backup", made.path(name), "-b", first(), ...words], {});
    const without = await backup("without", ["--tls-ca", ca]);
    expect(without.exit).not.toBe(0);
    expect(without.stderr).toContain("no certificate of this cluster: it shows no certificate");
    expect(await backup("with", tlsWords(live))).toMatchObject({ exit: 0, stderr: "" });
  });

  test.each([
    ["--tls-key is missing", () => ["--tls-cert", live.cert], 2],
    ["--tls-cert is missing", () => ["--tls-key", live.key], 2],
    ["--tls-cert and --tls-key are missing", () => ["--tls-ca", ca], 2],
    ["cannot read", () => ["--tls-cert", made.path("none"), "--tls-key", live.key], 1],
    ["does not belong to", () => ["--tls-cert", live.cert, "--tls-key", authority.key], 1],
    ["is not signed by the authority", () => tlsWords(live, stranger.cert), 1],
  ] as const)("a node that is started so ends with one line: %s", async (message, words, exit) => {
    const ended = await run(["replica", "-o", counter, "--memory", ...words()], {});
    expect(ended).toMatchObject({ exit, stdout: "" });
    expect(ended.stderr).toContain(message);
  });

  test("a node of another authority, and one without TLS, do not get in", async () => {
    const join = (words: readonly string[]) =>
      run(["replica", "-o", counter, "--memory", "-p", addrs[3]?.split(":")[1] ?? "", ...words], {});
    const foe = await join(["-b", first(), ...tlsWords(made.issue("foe", stranger), stranger.cert)]);
    expect([foe.exit, foe.stdout]).toEqual([4, ""]);
    expect(foe.stderr).toContain("its certificate is of no authority that is trusted here");
    // It believes them, and shows what they do not believe.
    const both = made.join("both.pem", stranger.cert, ca);
    const eager = await join(["-b", first(), ...tlsWords(made.issue("eager", stranger), both)]);
    expect([eager.exit, eager.stdout]).toEqual([1, ""]);
    expect(eager.stderr).toContain("no certificate of this cluster: its certificate is refused");
    const plain = await join(["-b", first()]);
    expect([plain.exit, plain.stdout]).toEqual([1, ""]);
    expect(plain.stderr).toContain("only TLS is spoken there: start this node with --tls-cert and --tls-key");
  }, 90_000);

  test("status, metrics, page and calls by https", async () => {
    const ask = (path: string) =>
      new Promise<string>((resolve, reject) => {
        const options = { ca: loadAuthority(ca), agent: false };
        get(`https://${second()}${path}`, options, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part: string) => {
            text += part;
          });
          response.on("end", () => resolve(text));
        }).on("error", reject);
      });
    expect(await ask("/readyz")).toBe("ok\n");
    expect(JSON.parse(await ask("/status.json"))).toMatchObject({ role: "replica", addr: second() });
    expect(await ask("/metrics")).toMatch(/^# HELP /);
    expect(await ask("/")).toMatch(/^<!doctype html>/i);
    const called = await new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json" };
      const options = { method: "POST", ca: loadAuthority(ca), agent: false, headers };
      request(`https://${second()}/call`, options, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end(JSON.stringify({ object: "Counter", method: "getvalue" }));
    });
    expect(called).toBe(200);
  });

  test.skipIf(chromiumPath === null)("a page that came by https calls, and opens wss", async () => {
    const browser = new Chromium(chromiumPath ?? "", ["--ignore-certificate-errors"]);
    try {
      const page = await browser.open();
      const loaded = new Promise<void>((resolve) => browser.on(page, "Page.loadEventFired", () => resolve()));
      await browser.send("Page.enable", {}, page);
      await browser.send("Page.navigate", { url: `https://${first()}/` }, page);
      await loaded;
      const open = `new Promise((resolve) => {
        const socket = new WebSocket("wss://${first()}/concoord");
        socket.onopen = () => resolve("open");
        socket.onerror = () => resolve("refused");
      })`;
      const call = `fetch("/call", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ object: "Counter", method: "increment" }),
      }).then((answer) => answer.status)`;
      expect(await browser.evaluate(page, call)).toBe(200);
      expect(await browser.evaluate(page, open)).toBe("open");
    } finally {
      await browser.stop();
    }
  });

  /** What a node shows to those who come now. */
  const shown = (addr: string) =>
    new Promise<string>((resolve, reject) => {
      const port = Number(addr.split(":")[1]);
      const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
      socket.on("error", reject);
    });

  test("SIGHUP: new certificates are shown while calls go on; wrong ones change nothing", async () => {
    process.env["CONCOORD_TLS_CA"] = ca;
    const proxy = connect(Counter, addrs.slice(0, 3).join(","));
    try {
      const before = await proxy.getvalue();
      let calls = 0;
      let goOn = true;
      const calling = (async () => {
        for (; goOn; calls++) await proxy.increment();
      })();
      const serials = () => Promise.all(addrs.slice(0, 3).map(shown));
      const more = () => {
        const from = calls;
        return until("more calls", readyMillisMax, async () => (calls > from + 20 ? true : undefined));
      };
      await more();
      const [old] = await serials();
      const next = made.issue("next", authority);
      for (const name of ["cert", "key"] as const) copyFileSync(next[name], live[name]);
      for (const node of nodes.slice(0, 3)) node.child.kill("SIGHUP");
      const areNew = async () => ((await serials()).includes(old ?? "") ? undefined : true);
      await until("new certificates", readyMillisMax, areNew);
      await more();
      const taken = await serials();
      expect(new Set(taken).size).toBe(1);
      copyFileSync(authority.key, live.key);
      for (const node of nodes.slice(0, 3)) {
        node.child.kill("SIGHUP");
        const said = async () =>
          /the old certificates stay: --tls-key: /.test(node.errors()) ? true : undefined;
        await until("one line", readyMillisMax, said);
      }
      expect(await serials()).toEqual(taken);
      await more();
      copyFileSync(next.key, live.key);
      goOn = false;
      await calling;
      expect(await proxy.getvalue()).toBe(before + calls);
    } finally {
      await proxy[Symbol.asyncDispose]();
      delete process.env["CONCOORD_TLS_CA"];
    }
  }, 90_000);

  test("a node that comes back is let in with the new certificates", async () => {
    const back = launch(addrs[3] ?? "", ["-b", addrs.slice(0, 3).join(","), ...tlsWords(live)]);
    expect(await back.line(/^READY/, readyMillisMax)).toMatch(/^READY replica /);
  });
});
