/** A node that may open few files: connections never take those that it needs itself. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSession } from "../../src/node/index.ts";
import { roomFor } from "../../src/node/net/descriptors.ts";
import { networkOf } from "../../src/node/net/network.ts";
import { connectionsMax, descriptorsSparedMin, membersMax, visitorsMax } from "../../src/shared/limits.ts";
import { freePorts, root, until } from "../process/processes.ts";
import { client, open } from "./knock.ts";

const filesMax = 220;

test.each([
  [null, connectionsMax + visitorsMax + membersMax, connectionsMax],
  [1_000_000, connectionsMax + visitorsMax + membersMax, connectionsMax],
  [1_024, 1_024 - descriptorsSparedMin, 696],
  [50, 16, 12],
])("of %s descriptors connections get %i, clients %i", (limit, all, clients) => {
  expect(roomFor(limit)).toEqual({ all, clients });
});

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8::5", "2001:db8:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["::1", "0:0:0:0"],
])("%s is of the network %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

interface Poor {
  readonly addr: string;
  log(): string;
  stop(): Promise<void>;
}

/** `concoord replica` below `ulimit -n`. */
async function poorNode(folder: string): Promise<Poor> {
  const [port = 0] = await freePorts(1);
  const verb = `replica -o concoord.object.counter.Counter -p ${port} --data ${folder}`;
  const line = `ulimit -n ${filesMax}; exec "${process.execPath}" bin/concoord.js ${verb}`;
  const child = spawn("sh", ["-c", line], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let [output, log] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const over = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await until("READY", 30_000, async () => (output.includes("READY") ? true : undefined));
  const stop = () => {
    child.kill("SIGTERM");
    return over;
  };
  return { addr: `127.0.0.1:${port}`, log: () => log, stop };
}

test("a node whose descriptors are wanted by others goes on, says so once, and serves again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "concoord-test-"));
  const node = await poorNode(folder);
  const held: Socket[] = [];
  try {
    for (let n = 0; n < filesMax; n++) {
      const knock = await client(node.addr, n).catch((error: unknown) => String(error));
      if (typeof knock !== "string") held.push(knock.socket);
    }
    for (let n = 0; n < filesMax; n++) held.push(await open(node.addr, n));
    const lines = node.log().split("\n");
    const told = lines.filter((line) => line.includes("too many connections"));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(`this process may open ${filesMax} files (ulimit -n)`);
    for (const socket of held.splice(0)) socket.destroy();
    await using session = openSession(node.addr);
    expect(await session.call("Counter/main", "increment", [])).toBeUndefined();
    expect(await session.call("Counter/main", "getvalue", [])).toBe(1);
  } finally {
    for (const socket of held) socket.destroy();
    await node.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
