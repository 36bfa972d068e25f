/** Logs over TCP: what arrives, what is dropped, and that nobody waits for it. */
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { LineSender } from "../../src/node/log/line-sender.ts";
import { LogDaemon, withSender } from "../../src/node/log/log-daemon.ts";
import { logBytesWaitingMax, logLineBytesMax, logLinesWaitingMax } from "../../src/shared/limits.ts";
import { until } from "../net/rig.ts";
import { freePorts } from "../process/processes.ts";

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function daemon(
  port = 0,
): Promise<{ readonly port: number; readonly lines: string[]; close(): Promise<void> }> {
  const lines: string[] = [];
  const taken = await LogDaemon.listen("127.0.0.1", port, (line) => lines.push(line) > 0);
  ends.push(() => taken.close());
  return { port: taken.port, lines, close: () => taken.close() };
}

function sender(port: number): LineSender {
  const made = new LineSender("127.0.0.1", port, (lines) => `{"msg":"${lines} lines were dropped"}\n`);
  ends.push(() => made.close());
  return made;
}

const textsOf = (lines: readonly string[]) => lines.map((line) => (JSON.parse(line) as { msg: string }).msg);

test("lines arrive in order, each with its sender", async () => {
  const { port, lines } = await daemon();
  const from = sender(port);
  for (let i = 0; i < 1_000; i++) from.write(`{"msg":"${i}"}\n`);
  await until(() => lines.length === 1_000);
  expect(textsOf(lines)).toEqual(Array.from({ length: 1_000 }, (_, i) => `${i}`));
  expect(JSON.parse(lines[0] ?? "")).toEqual({ msg: "0", from: expect.stringMatching(/^127\.0\.0\.1:\d+$/) });
});

test("what waits for a receiver is bounded; what was dropped is told when one comes", async () => {
  const [port = 0] = await freePorts(1);
  const from = sender(port);
  for (let i = 0; i < logLinesWaitingMax + 7; i++) from.write(`{"msg":"${i}"}\n`);
  expect(from.dropped).toBe(7);
  const { lines } = await daemon(port);
  await until(() => lines.length > logLinesWaitingMax);
  expect(textsOf(lines).at(-1)).toBe("7 lines were dropped");
});

test("it goes on with the next receiver at the same place", async () => {
  const first = await daemon();
  const from = sender(first.port);
  from.write('{"msg":"one"}\n');
  await until(() => first.lines.length === 1);
  await first.close();
  const second = await daemon(first.port);
  const tell = () => {
    from.write('{"msg":"two"}\n');
    return second.lines.length > 0;
  };
  await until(tell);
  expect(textsOf(second.lines)[0]).toBe("two");
});

test("a receiver that reads nothing takes a bounded amount, and costs the writer no time", async () => {
  const sockets: Socket[] = [];
  const stuck: Server = createServer({ pauseOnConnect: true }, (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => stuck.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    stuck.close();
  });
  const address = stuck.address();
  const from = sender(typeof address === "object" ? (address?.port ?? 0) : 0);
  await until(() => sockets.length === 1);
  const line = `{"msg":"${"x".repeat(1_000)}"}\n`;
  const since = performance.now();
  // As much as the system's buffers take, and then what waits here.
  for (let i = 0; from.dropped === 0 && i < 100_000; i++) {
    from.write(line);
    if (i % 100 === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  expect(from.dropped).toBe(1);
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 100_000; i++) from.write(line);
  expect(from.dropped).toBe(100_001);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(logBytesWaitingMax);
  expect(performance.now() - since).toBeLessThan(10_000);
});

test("a receiver wraps what is no JSON object, and hangs up on who sends no lines", async () => {
  expect(withSender('{"a":1}', "x")).toBe('{"a":1,"from":"x"}');
  for (const text of ["[1]", "null", "plain", '{"a'])
    expect(JSON.parse(withSender(text, "x"))).toEqual({ from: "x", msg: text });
  const { port, lines } = await daemon();
  const from = sender(port);
  from.write("y".repeat(2 * logLineBytesMax));
  from.write("one\n");
  await until(() => lines.length > 0);
  for (const line of lines) expect(line.length).toBeLessThan(logLineBytesMax + 100);
});
