/** `concoord object` and `concoord replica --safe`, as processes; and what they write, as programs run it. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, Workplace } from "../cli/concoord.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const place = new Workplace();

const counter = `export class Tally {
  static reads = ["total"] as const;
  count = 0;
  /** Counts. */
  add(by = 1): number {
    this.count += by;
    return this.count;
  }
  total(): number {
    return this.count;
  }
  constructor(start = 0) {
    this.count = start;
  }
}
`;

const program = `
import { flush, local } from "concoord";
import { Tally } from "./tallyproxy.ts";
const tally = new Tally(process.argv[2]);
async function flushed<T>(calls: Promise<T>): Promise<T> {
  await tally[flush]();
  return calls;
}
await flushed(tally.__concoordinit__(10));
const sums = await flushed(Promise.all([tally.add(), tally.add(5)]));
console.log(JSON.stringify([sums, await flushed(tally[local].total()), tally instanceof Tally]));
await tally[Symbol.asyncDispose]();
`;

beforeAll(() => {
  place.write("package.json", '{ "type": "module" }');
  place.write("tally.ts", counter);
  place.write("unsafe.ts", "export class Unsafe {\n  m() { return process.pid; }\n  async n() {}\n}\n");
  place.write("program.ts", program);
  mkdirSync(join(place.dir, "node_modules"));
  symlinkSync(root, join(place.dir, "node_modules/concoord"));
});
afterAll(() => place.close());

const written = () => readFileSync(join(place.dir, "tallyproxy.ts"), "utf8");

describe("concoord object", () => {
  test("writes beside the module; it runs without the module, in every mode", async () => {
    const port = await freePort();
    const node = place.start(["replica", "-o", "./tally.ts", "--memory", "--safe", "-p", String(port)]);
    await node.line(/^READY/);
    for (const proxy of ["1", "2", "3"]) {
      const made = await place.run(["object", "-o", "./tally.ts", "-p", proxy, "-s"]);
      expect(made).toEqual({ exit: 0, stdout: "WROTE tallyproxy.ts Tally\n", stderr: "" });
      expect(written()).toContain(`{ proxy: ${proxy}, ...options }`);
      mkdirSync(join(place.dir, "elsewhere"));
      const { dir } = place;
      symlinkSync(join(dir, "node_modules"), join(dir, "elsewhere/node_modules"));
      for (const name of ["package.json", "tallyproxy.ts", "program.ts"])
        place.write(`elsewhere/${name}`, readFileSync(join(dir, name), "utf8"));
      const args = [join(dir, "elsewhere/program.ts"), `127.0.0.1:${port}`];
      const { stdout } = await run(process.execPath, args, {
        env: { ...process.env, NODE_OPTIONS: "" },
        timeout: 20_000,
      });
      expect(JSON.parse(stdout)).toEqual([[11, 16], 16, true]);
      rmSync(join(dir, "elsewhere"), { recursive: true });
    }
    expect(await node.end("SIGTERM")).toBe(0);
  });

  test("takes flags of older programs, warns of tokens, tells what it leaves out", async () => {
    place.write("left.ts", "export class Left {\n  m(): void {}\n  private n(): void {}\n}\n");
    const made = await place.run([
      "object",
      "-f",
      "left.ts",
      "-c",
      "Left",
      "-t",
      "secret",
      "-v",
      "--out",
      "l.ts",
    ]);
    expect(made.stdout).toBe("WROTE l.ts Left\n");
    expect(made.stderr).toContain("-t: the token stands in the proxy");
    expect(made.stderr).toContain("Left.n is left out: private");
    expect(readFileSync(join(place.dir, "l.ts"), "utf8")).toContain('token: "secret"');
  });

  test("writes proxies of the library here", async () => {
    const { stdout } = await place.run(["object", "-o", "concoord.object.counter.Counter"]);
    expect(stdout).toBe("WROTE counterproxy.ts Counter\n");
    expect(readFileSync(join(place.dir, "counterproxy.ts"), "utf8")).toContain("getvalue(): Promise<number>");
  });

  test("replaces nothing that it did not write", async () => {
    place.write("mine.ts", "export const mine = 1;\n");
    const { exit, stderr } = await place.run(["object", "-o", "./tally.ts", "--out", "mine.ts"]);
    expect([exit, stderr]).toEqual([1, expect.stringContaining("mine.ts is there and was not written by")]);
  });

  test.each([
    [["object"], 2, "-o is missing"],
    [["object", "-o", "./tally.ts", "-p", "4"], 2, '--proxytype: "4"'],
    [["object", "-o", "./tally.ts", "-c", "Tally"], 2, "leave out -f and -c"],
    [["object", "-o", "./none.ts"], 1, "./none.ts: no such file"],
    [["object", "-o", "./tally.ts#None"], 1, "exports no class None; its classes: Tally"],
  ] as const)("%j ends with %i", async (args, exit, message) => {
    const result = await place.run(args);
    expect(result.exit).toBe(exit);
    expect(result.stderr).toContain(message);
  });
});

describe("what is not safe", () => {
  const findings = "unsafe.ts:2: process: it reaches outside of the object\nunsafe.ts:3: async: ";

  test("gets no proxy with -s", async () => {
    const { exit, stdout, stderr } = await place.run(["object", "-s", "-o", "./unsafe.ts"]);
    expect([exit, stdout]).toEqual([1, ""]);
    expect(stderr.slice(0, findings.length)).toBe(findings);
    expect(stderr).toContain("./unsafe.ts: not safe to execute");
    expect(existsSync(join(place.dir, "unsafeproxy.ts"))).toBe(false);
  });

  test("is not served with --safe, and not run", async () => {
    place.write(
      "run.ts",
      'import { writeFileSync } from "node:fs";\nwriteFileSync("ran", "");\nexport class Run { m() {} }\n',
    );
    const { exit, stderr } = await place.run([
      "replica",
      "--memory",
      "--safe",
      "-o",
      "./unsafe.ts",
      "./run.ts",
    ]);
    expect(exit).toBe(1);
    expect(stderr).toContain(findings);
    expect(stderr).toContain("run.ts:1: import of node:fs");
    expect(existsSync(join(place.dir, "ran"))).toBe(false);
  });
});
