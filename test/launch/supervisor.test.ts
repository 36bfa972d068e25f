/** What keeps a node alive, with a program in the node's place that does what the test wants. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Life } from "../../src/node/launch/supervisor.ts";
import { commandOf, type Unit, writeSent, writeUnit } from "../../src/node/launch/unit.ts";

const program = fileURLToPath(new URL("../../src/node/launch/supervisor-main.ts", import.meta.url));

let folder: string;
let supervisor: ChildProcess | null = null;
let over: Promise<number | null>;
let socket: Socket | null = null;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openreplica-unit-"));
});
afterEach(async () => {
  socket?.destroy();
  supervisor?.kill();
  await over;
  rmSync(folder, { recursive: true, force: true });
});

function unitOf(concoord: string): Unit {
  return {
    role: "replica",
    port: 1,
    addr: "127.0.0.1",
    advertise: "127.0.0.1:1",
    boot: [],
    words: [],
    cluster: null,
    node: process.execPath,
    concoord,
    keeper: "supervisor",
  };
}

/** @param text of the program that stands for the node */
function start(text: string): void {
  const file = join(folder, "node.mjs");
  writeFileSync(file, text);
  writeUnit(folder, unitOf(file));
  const child = spawn(process.execPath, [program, folder], { cwd: folder, stdio: "ignore" });
  supervisor = child;
  over = new Promise((resolve) => child.on("close", resolve));
}

/** Resolves with the first that it says for which `wanted` holds. */
async function life(wanted: (one: Life) => boolean): Promise<Life> {
  for (;;) {
    const found = await new Promise<Life | null>((resolve) => {
      let text = "";
      // A path that is short enough wherever the temporary folder is.
      socket = connect(join("/proc", String(supervisor?.pid), "cwd", "socket"));
      socket.on("data", (part: Buffer) => {
        text += part.toString();
        const lines = text.split("\n").slice(0, -1);
        const one = lines.map((line) => JSON.parse(line) as Life).find(wanted);
        if (one !== undefined) resolve(one);
      });
      socket.on("error", () => setTimeout(() => resolve(null), 10));
    });
    if (found !== null) return found;
  }
}

test("a node that dies is started again; on request it ends for good", async () => {
  start(
    'console.log("FOUNDED c\\nREADY replica a"); process.on("SIGTERM", () => process.exit(0)); setInterval(() => 1, 9e8);',
  );
  const first = await life(({ ready }) => ready);
  expect(first.lines).toEqual(["FOUNDED c", "READY replica a"]);
  process.kill(first.pid ?? 0, "SIGKILL");
  const second = await life((one) => one.ready && one.restarts === 1);
  expect(second.pid).not.toBe(first.pid);
  const ended = life((one) => one.ended !== null);
  socket?.write("stop\n");
  expect((await ended).ended).toEqual({ code: 0, why: "stopped" });
  expect(await over).toBe(0);
  expect(readFileSync(join(folder, "log"), "utf8")).toContain("starts again in");
});

test("one that never ran is not tried for ever", async () => {
  start('console.error("no such class"); process.exit(1);');
  expect(await over).toBe(1);
  expect(readFileSync(join(folder, "log"), "utf8")).toBe("no such class\n");
});

test("one that left its cluster is not started again", async () => {
  start('console.log("READY replica a"); process.exit(0);');
  expect(await over).toBe(0);
});

test("the command line, and files that go along", () => {
  const unit = { ...unitOf("/c.js"), boot: ["a:1", "b:2"], words: ["--objectname", "/x#C"] };
  const flags = ["--addr", "127.0.0.1", "--port", "1", "--advertise", "127.0.0.1:1"];
  const rest = ["--boot", "a:1,b:2", "--objectname", "/x#C"];
  expect(commandOf(unit, "/f")).toEqual([
    process.execPath,
    "/c.js",
    "replica",
    ...flags,
    "--data",
    "/f/data",
    ...rest,
  ]);
  expect(commandOf({ ...unit, words: ["--memory"] }, "/f")).not.toContain("--data");
  expect(commandOf({ ...unit, words: ["--data=/d"] }, "/f")).not.toContain("/f/data");
  mkdirSync(join(folder, "files"));
  const base64 = Buffer.from("x").toString("base64");
  expect(readFileSync(writeSent(folder, { path: "code0/a.ts", base64 }), "utf8")).toBe("x");
  for (const path of ["../a", "a/../../b", ""])
    expect(() => writeSent(folder, { path, base64 }), path).toThrow();
});
