/** What nodes and their logdaemon say, as processes: lines for scripts, the log, the trace, the shell. */
import { spawn } from "node:child_process";
import { afterAll, expect, test } from "vitest";
import { freePort, Workplace } from "../cli/concoord.ts";

const place = new Workplace();
afterAll(() => place.close());
const timeout = 60_000;

test("-l: the log of a node, from its start to its end", { timeout }, async () => {
  const [logs, port] = [await freePort(), await freePort()];
  const daemon = place.start(["logdaemon", "-p", `${logs}`]);
  await daemon.line(new RegExp(`^stderr: concoord: takes logs on 127.0.0.1:${logs}$`));
  const object = "concoord.object.counter.Counter";
  const node = place.start(["replica", "-o", object, "--memory", "-p", `${port}`, "-l", `127.0.0.1:${logs}`]);
  await node.line(/^FOUNDED /);
  const ready = await node.line(/^READY replica /);
  const id = /id=(\w+)/.exec(ready)?.[1];
  const line = await daemon.line(/"msg":"ready"/);
  expect(JSON.parse(line)).toMatchObject({
    level: 30,
    node: `127.0.0.1:${port}`,
    id,
    from: expect.any(String),
  });
  expect(await node.end("SIGTERM")).toBe(0);
  await daemon.line(/"msg":"stopped by SIGTERM"/);
  expect(await daemon.end("SIGTERM")).toBe(0);
});

test("-l: where nobody takes the log a node runs as without", { timeout }, async () => {
  const [logs, port] = [await freePort(), await freePort()];
  const object = "concoord.object.counter.Counter";
  const node = place.start(["replica", "-o", object, "--memory", "-p", `${port}`, "-l", `127.0.0.1:${logs}`]);
  await node.line(/^READY replica /);
  const called = await place.run(["call", "-b", `127.0.0.1:${port}`, "increment"]);
  expect(called).toEqual({ exit: 0, stdout: "", stderr: "" });
  expect(await node.end("SIGTERM")).toBe(0);
});

test("-l: one who takes the log and hangs, or dies, costs no call", { timeout }, async () => {
  const [logs, port] = [await freePort(), await freePort()];
  const daemon = place.start(["logdaemon", "-p", `${logs}`]);
  await daemon.line(/takes logs/);
  const object = "concoord.object.counter.Counter";
  const to = ["-l", `127.0.0.1:${logs}`, "-d"];
  const node = place.start(["replica", "-o", object, "--memory", "-p", `${port}`, ...to]);
  await node.line(/^READY replica /);
  const call = () => place.run(["call", "-b", `127.0.0.1:${port}`, "increment"]);
  daemon.signal("SIGSTOP");
  expect(await call()).toEqual({ exit: 0, stdout: "", stderr: "" });
  await daemon.end("SIGKILL");
  expect(await call()).toEqual({ exit: 0, stdout: "", stderr: "" });
  expect(await node.end("SIGTERM")).toBe(0);
});

test("who leads and who is a member is in the log, with a level", { timeout }, async () => {
  const [port, other] = [await freePort(), await freePort()];
  const node = ["-o", "concoord.object.counter.Counter", "--memory"];
  const first = place.start(["replica", ...node, "-p", `${port}`]);
  await first.line(/^READY /);
  const second = place.start(["replica", ...node, "-p", `${other}`, "-b", `127.0.0.1:${port}`]);
  await second.line(/^READY /);
  const joined = await first.line(/ joined as replica/);
  expect(JSON.parse(joined.slice("stderr: ".length))).toMatchObject({
    level: 30,
    msg: expect.stringContaining(`127.0.0.1:${other} joined as replica`),
    node: `127.0.0.1:${port}`,
  });
  await second.line(/ leads"/);
  await first.end("SIGKILL");
  const alone = await second.line(/nobody is known to lead/);
  expect(JSON.parse(alone.slice("stderr: ".length))).toMatchObject({ level: 40 });
});

test("dev: -l, -d and -i are those of a replica", { timeout }, async () => {
  const [logs, port] = [await freePort(), await freePort()];
  const daemon = place.start(["logdaemon", "-p", `${logs}`]);
  await daemon.line(/takes logs/);
  const words = [
    "dev",
    "--replicas",
    "1",
    "-p",
    `${port}`,
    "--data",
    "dev",
    "-l",
    `127.0.0.1:${logs}`,
    "-d",
    "-i",
  ];
  const dev = place.start(words);
  await dev.line(/Ctrl-C/);
  dev.type("info\ncall increment\nshowobject\n");
  await dev.line(/^Counter\/main after slot \d+: Counter \{value: 1\}$/);
  const line = await daemon.line(/"msg":"ready"/);
  expect(JSON.parse(line)).toMatchObject({ level: 30, node: `127.0.0.1:${port}` });
  dev.type("exit\n");
  expect(await dev.ended).toBe(130);
  await daemon.line(/"msg":"stopped by SIGINT"/);
});

test("-d: messages between nodes, as JSON", { timeout }, async () => {
  const [port, other] = [await freePort(), await freePort()];
  const object = "concoord.object.counter.Counter";
  const first = place.start(["replica", "-o", object, "--memory", "-p", `${port}`]);
  await first.line(/^READY /);
  const second = place.start(["acceptor", "--memory", "-p", `${other}`, "-b", `127.0.0.1:${port}`, "-d"]);
  await second.line(/^READY /);
  await place.run(["call", "-b", `127.0.0.1:${port}`, "increment"]);
  const text = await second.line(/^stderr: .*"type":"p2a"/);
  const line: unknown = JSON.parse(text.slice("stderr: ".length));
  expect(line).toMatchObject({ level: 20, type: "p2a", from: expect.stringMatching(/^\w{16}$/) });
});

test("wrong words", { timeout }, async () => {
  const bad = await place.run(["replica", "-o", "./x.ts", "-l", "nowhere"]);
  expect(bad).toEqual({
    exit: 2,
    stdout: "",
    stderr: expect.stringMatching(/^concoord: --logger: "nowhere"/),
  });
  const open = await place.run(["logdaemon", "-a", "0.0.0.0"]);
  expect(open).toEqual({ exit: 2, stdout: "", stderr: expect.stringContaining("--insecure") });
  const logs = await freePort();
  const daemon = place.start(["logdaemon", "-p", `${logs}`]);
  await daemon.line(/takes logs/);
  const taken = await place.run(["logdaemon", "-p", `${logs}`]);
  expect(taken).toEqual({ exit: 1, stdout: "", stderr: expect.stringMatching(/^concoord: port \d+ .*\n$/) });
});

test("-i: a shell on the node's terminal", { timeout }, async () => {
  const port = await freePort();
  const bin = new URL("../../bin/concoord.js", import.meta.url).pathname;
  const args = ["replica", "-o", "concoord.object.counter.Counter", "--memory", "-p", `${port}`, "-i"];
  const child = spawn(process.execPath, [bin, ...args], { cwd: place.dir, stdio: ["pipe", "pipe", "pipe"] });
  const lines = ["state", "call increment", "call Counter.getvalue", "showobject", "proposals", "pending"];
  lines.push("goleader", "info", "nonsense", "call nothing", "help", "exit");
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    if (text.includes("READY")) child.stdin.end(`${lines.join("\n")}\n`);
  });
  const exit = await new Promise((resolve) => child.on("close", resolve));
  expect(exit).toBe(130);
  expect(out).toContain(`127.0.0.1:${port}  `);
  expect(out).toMatch(
    /\n1\nCounter\/main after slot \d+: Counter \{value: 1\}\nno proposals\nnothing is pending\n/,
  );
  expect(out).toMatch(/\nit leads\n/);
  expect(out).toMatch(/"cluster": "\w{32}"/);
  expect(out).toMatch(/concoord: there is no command "nonsense"; help lists them\nconcoord: .*nothing/);
  expect(out).toMatch(/showobject \[Class\/name\]/);
});
