/** Where the secrets of a running cluster can be seen: nowhere but in the file that the operator wrote. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts, type Running, root, startNode } from "../process/processes.ts";

const readyMillisMax = 30_000;
const words = ["client", "reader", "peer", "ann", "wrong"] as const;
const secrets = new Map(words.map((who) => [who, `${who}-${randomBytes(18).toString("base64url")}`]));
const of = (who: (typeof words)[number]) => secrets.get(who) ?? "";

let dir: string;
const nodes: Running[] = [];
const said: string[] = [];
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "concoord-secrets-"));
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.kill()));
  rmSync(dir, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  writeFileSync(join(dir, name), text, { mode: 0o600 });
  return join(dir, name);
}

/** Runs a verb until it ends; all that it says is kept. @returns what it printed */
async function run(...args: readonly string[]): Promise<string> {
  const verb = startNode([join(root, "bin/concoord.js"), ...args], {}, { cwd: dir });
  expectNoSecretIn("arguments of processes", commandLines());
  await verb.over;
  const shown = verb.output() + verb.errors();
  said.push(shown);
  return shown;
}

async function start(...args: readonly string[]): Promise<void> {
  const node = startNode([join(root, "bin/concoord.js"), "replica", ...args], {}, { cwd: dir });
  nodes.push(node);
  await node.line(/^READY/, readyMillisMax);
}

/** Those of all processes of this machine that may be read. */
function commandLines(): string {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return ""; // it is over
      }
    })
    .join("\n");
}

function expectNoSecretIn(what: string, text: string): void {
  for (const [who, secret] of secrets)
    expect(text.includes(secret), `the secret of ${who} in ${what}`).toBe(false);
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

async function answers(addr: string, tokens: readonly string[]): Promise<string> {
  const asked = [
    "/",
    "/status.json",
    "/sessions.json",
    "/view",
    "/metrics",
    "/state.json?object=Counter",
    "/call",
  ];
  const texts = asked.flatMap((path) =>
    tokens.map(async (token) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const body = { object: "Counter", method: "increment", args: [] };
      const call = path === "/call" ? { method: "POST", body: JSON.stringify(body) } : {};
      const response = await fetch(`http://${addr}${path}`, { headers, ...call });
      return `${JSON.stringify([...response.headers])}\n${await response.text()}`;
    }),
  );
  return (await Promise.all(texts)).join("\n");
}

/** All verbs that show a token, with the right one and the wrong one. */
async function useVerbs(addr: string, right: string, wrong: string): Promise<void> {
  for (const tokens of [right, wrong]) {
    const flags = ["-b", addr, "--token-file", tokens];
    await run("call", "increment", ...flags);
    await run("call", "getvalue", "--json", ...flags);
    await run("sessions", "--end", "1.0", ...flags);
    await run("backup", join(dir, `backup-${nodes.length}-${said.length}`), ...flags);
    await run("leave", "00000000000000aa", ...flags);
  }
  await run("status", "-b", addr, "--json");
}

test.skipIf(process.platform !== "linux")(
  "tokens: in no output, argument, status, metric or file",
  async () => {
    const tokens = file("tokens", `client ${of("client")}\nreader ${of("reader")}\npeer ${of("peer")}\n`);
    const wrong = file("wrong-tokens", `client ${of("wrong")}\npeer x${of("wrong")}\n`);
    const [a = 0, b = 0] = await freePorts(2);
    const common = ["-o", "concoord.object.counter.Counter", "-d", "--token-file", tokens];
    await start(...common, "-p", String(a), "--data", "a");
    await start(...common, "-p", String(b), "--data", "b", "-b", `127.0.0.1:${a}`);
    await useVerbs(`127.0.0.1:${b}`, tokens, wrong);
    expect(said[0]).toBe("");
    expect(said.join()).toContain("DENIED");
    // One that may not join says why, and what it showed.
    await run(
      "replica",
      "-o",
      "concoord.object.counter.Counter",
      "--memory",
      "-b",
      `127.0.0.1:${a}`,
      "--token-file",
      wrong,
    );
    file("broken", `client ${of("client")}\nnonsense ${of("peer")}\n`);
    file("same", `client ${of("client")}\npeer ${of("client")}\n`);
    file("twice", `client ${of("client")}\nclient ${of("reader")}\n`);
    for (const name of ["broken", "same", "twice"]) {
      const shown = await run("call", "increment", "-b", `127.0.0.1:${a}`, "--token-file", join(dir, name));
      expect(shown).toMatch(/^concoord: .*--token-file/);
    }
    const told = await answers(`127.0.0.1:${a}`, [of("client"), of("reader"), of("wrong")]);
    expect(told).toContain('"value":');
    expectNoSecretIn("answers", told);
    expectNoSecretIn("what verbs print", said.join());
    for (const node of nodes) expectNoSecretIn("what nodes print", node.output() + node.errors());
    for (const path of [...filesBelow(join(dir, "a")), ...filesBelow(join(dir, "b"))])
      expectNoSecretIn(path, readFileSync(path, "latin1"));
  },
);

test.skipIf(process.platform !== "linux")("the same where a file says who has which token", async () => {
  const tokens = file("key", `client ${of("ann")}\npeer ${of("peer")}\n`);
  const wrong = file("wrong-key", `client ${of("wrong")}\n`);
  const rules = file(
    "auth.mjs",
    `export function authenticate({ token, headers }) {
      if (token?.startsWith("wrong")) throw new Error("cannot look up " + token + JSON.stringify([...headers]));
      return token?.startsWith("ann") ? { user: "ann", rights: ["call", "read", "state", "admin"] } : null;
    }`,
  );
  const [port = 0] = await freePorts(1);
  const flags = ["--memory", "-d", "--token-file", tokens, "--auth", rules, "-p", String(port)];
  await start("-o", "concoord.object.counter.Counter", ...flags);
  const before = said.length;
  const own = file("own", `client ${of("ann")}\n`);
  await useVerbs(`127.0.0.1:${port}`, own, wrong);
  expect(said[before]).toBe("");
  expect(said.slice(before).join()).toContain("BACKUP");
  expect(said.slice(before).join()).toContain("could not be found out");
  const told = await answers(`127.0.0.1:${port}`, [of("ann"), of("wrong")]);
  expect(told).toContain('"value":null');
  expectNoSecretIn("answers", told);
  expectNoSecretIn("what verbs print", said.join());
  const printed = nodes.at(-1)?.errors() ?? "";
  expect(printed).toContain("cannot look up (the token)");
  expectNoSecretIn("what the node prints", printed);
});
