/** Bundles: one file each that runs with plain Node in an empty folder, in a real cluster. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Place } from "../packaging/place.ts";
import { freePorts, root, until } from "../process/processes.ts";

const concoord = `node '${join(root, "bin/concoord.js")}'`;
const counter = `import { step } from "./step.ts";
export class Counter {
  static reads = ["getvalue"];
  value = 0;
  increment(): void { this.value += step; }
  getvalue(): number { return this.value; }
}
`;
/** Large enough that snapshots are made by a child process. */
const bulk = `export class Bulk {
  rows: string[] = [];
  grow(n: number): number { for (let i = 0; i < n; i++) this.rows.push(this.rows.length + "x".repeat(1000)); return this.rows.length; }
}
`;
const millis = 120_000;

/** Where bundles are made: classes, and esbuild as a user has it. */
let workshop: Place;
/** Where they run. */
let empty: Place;

beforeAll(async () => {
  workshop = new Place();
  empty = new Place();
  mkdirSync(join(workshop.dir, "src"));
  writeFileSync(join(workshop.dir, "src/counter.ts"), counter);
  writeFileSync(join(workshop.dir, "src/step.ts"), "export const step: number = 1;\n");
  writeFileSync(join(workshop.dir, "bulk.ts"), bulk);
  const objects = "-o ./src/counter.ts -o ./bulk.ts#Bulk concoord.object.lock.Lock";
  const server = await workshop.run(`${concoord} bundle server ${objects} --out '${empty.dir}/server.mjs'`);
  expect(`${server.stderr}${server.stdout}`).toMatch(/^WROTE .*server\.mjs \d+ kB\n$/);
  const client = await workshop.run(
    `${concoord} bundle client -o ./src/counter.ts --out '${empty.dir}/client.mjs'`,
  );
  expect(`${client.stderr}${client.stdout}`).toMatch(/^WROTE .*client\.mjs \d+ kB\n$/);
}, millis);
afterAll(async () => {
  await workshop.close();
  await empty.close();
});

describe("the files alone", () => {
  test(
    "a replica of the bundle and one of the package are one cluster, which the client calls",
    async () => {
      expect(readdirSync(empty.dir).sort()).toEqual(["client.mjs", "server.mjs"]);
      const [one = 0, two = 0] = await freePorts(2);
      const first = empty.start(`exec node server.mjs replica -p ${one} --data one`);
      await first.line(/^READY replica/);
      const objects = "-o ./src/counter.ts ./bulk.ts concoord.object.lock.Lock";
      const second = workshop.start(`exec ${concoord} replica ${objects} -p ${two} -b 127.0.0.1:${one}`);
      await second.line(/^READY replica/);
      const call = `node client.mjs call -b 127.0.0.1:${one},127.0.0.1:${two} -o`;
      expect(await empty.run(`${call} Counter increment`)).toEqual({ exit: 0, stdout: "", stderr: "" });
      expect((await empty.run(`${call} Counter getvalue`)).stdout).toBe("1\n");
      expect(Number((await empty.run(`${call} Lock acquire`)).stdout)).toBeGreaterThan(0);
      // Both executed it with the same code: one whose code differs executes nothing.
      const status = await empty.run(`node client.mjs status -b 127.0.0.1:${two} --json`);
      const found = JSON.parse(status.stdout) as {
        readonly problems: readonly string[];
        readonly executed: number;
      }[];
      expect(found.map(({ problems }) => problems)).toEqual([[], []]);
      expect(found.every(({ executed }) => executed > 0)).toBe(true);
      await program(one);
      await parts(one, Math.min(...found.map(({ executed }) => executed)), call);
      expect(await first.end("SIGTERM")).toBe(0);
      expect(await second.end("SIGTERM")).toBe(0);
      // What it kept is executed again, by the code in the file.
      const again = empty.start(`exec node server.mjs replica -p ${one} --data one -b 127.0.0.1:${two}`);
      const other = workshop.start(`exec ${concoord} replica ${objects} -p ${two} -b 127.0.0.1:${one}`);
      await Promise.all([again.line(/^READY/), other.line(/^READY/)]);
      expect((await empty.run(`${call} Counter getvalue`)).stdout).toBe("2\n");
      await Promise.all([again.end("SIGTERM"), other.end("SIGTERM")]);
    },
    millis,
  );

  /** A program that has nothing but the client's file. */
  async function program(port: number): Promise<void> {
    const text = `import { connect, Counter } from "./client.mjs";
const counter = connect(Counter, "127.0.0.1:${port}");
await counter.increment();
console.log(await counter.getvalue());
await counter[Symbol.asyncDispose]();
`;
    writeFileSync(join(empty.dir, "use.mjs"), text);
    expect(await empty.run("node use.mjs")).toEqual({ exit: 0, stdout: "2\n", stderr: "" });
  }

  /** What is started beside the node, or loaded late: the page, the past, a snapshot by a child process. */
  async function parts(port: number, slot: number, call: string): Promise<void> {
    const at = `http://127.0.0.1:${port}`;
    expect(await (await fetch(`${at}/page.js`)).text()).toMatch(/EventSource|fetch/);
    const past = await (await fetch(`${at}/state.json?object=Counter/main&slot=${slot}`)).json();
    expect(past).toMatchObject({ object: "Counter/main", problem: null });
    for (let i = 0; i < 5; i++) expect((await empty.run(`${call} Bulk grow 2000`)).exit).toBe(0);
    const backup = await empty.run(`node server.mjs backup big.backup -b 127.0.0.1:${port}`);
    expect(Number(/^BACKUP .* bytes=(\d+)$/m.exec(backup.stdout)?.[1])).toBeGreaterThan(9_000_000);
    await until("metrics", 10_000, async () => ((await fetch(`${at}/metrics`)).ok ? true : undefined));
  }

  test("say what they are", async () => {
    const { stdout } = await empty.run("node server.mjs --version && node client.mjs --version");
    expect(stdout).toMatch(/^(\d+\.\d+\.\d+)\n\1\n$/);
    const help = await empty.run("node client.mjs");
    expect(help.stdout).toContain("status [options]");
    // Its classes say their names, so that errors and objects keep them.
    const text = readFileSync(join(empty.dir, "client.mjs"), "utf8");
    expect(text).toMatch(/\(this,"ConcoordError"\)/);
    expect(text).not.toMatch(/\(this,"(?:Server|Leader|Acceptor|StateMachine|PaxosNode|Gateway|Hono)"\)/);
    const verb = await empty.run("node client.mjs replica");
    expect(verb).toMatchObject({
      exit: 2,
      stderr: 'concoord: a client has no verb "replica": it has call and status\n',
    });
    const nobody = await empty.run("node client.mjs call -b 127.0.0.1:9 --timeout 1500 increment");
    expect(nobody.exit).toBe(4);
    const none = await empty.run("node server.mjs bundle client");
    expect(none).toMatchObject({ exit: 1, stderr: expect.stringContaining("a bundle makes no bundles") });
  });

  test("a proxy, of the library and of what the bundle brought", async () => {
    const library = await empty.run("node server.mjs object -o concoord.object.condition.Condition");
    expect(library).toMatchObject({ exit: 0, stderr: "" });
    const unit = await empty.run("node server.mjs systemd");
    expect(unit.stdout).toMatch(/^ExecStart=".*\/node" ".*\/server\.mjs" "replica"/m);
  });
});

describe("what cannot be bundled", () => {
  const refused = async (words: string) => {
    const { exit, stderr } = await workshop.run(`${concoord} bundle ${words}`);
    return `${exit} ${stderr}`;
  };

  test("is said in one line", async () => {
    const write = (name: string, text: string) => writeFileSync(join(workshop.dir, name), text);
    mkdirSync(join(workshop.dir, "node_modules"));
    symlinkSync(join(root, "node_modules/ms"), join(workshop.dir, "node_modules/ms"));
    write("dear.ts", 'import ms from "ms";\nexport class Dear { wait() { return ms("1s"); } }\n');
    write("old.js", "class Old { go() {} }\nmodule.exports = { Old };\n");
    write("mine.mjs", "// mine\n");
    write("sign.ts", "enum Sign { Plus }\nexport class Plus { sign() { return Sign.Plus; } }\n");
    expect(await refused("server -o ./dear.ts")).toBe(
      "1 concoord: ./dear.ts imports ms: packages do not go along\n",
    );
    expect(await refused("server -o ./old.js")).toMatch(
      /^1 concoord: .*old\.js is no ES module: it cannot go along\n$/,
    );
    expect(await refused("server -o ./sign.ts")).toMatch(
      /^1 concoord: \.\/sign\.ts: Node alone cannot run it, .* enum/,
    );
    expect(await refused("server -o ./none.ts")).toBe("1 concoord: ./none.ts: no such file\n");
    expect(await refused("server --out mine.mjs")).toMatch(
      /^1 concoord: mine\.mjs is there and was not written by/,
    );
    expect(await refused("client --out client.txt")).toMatch(
      /^1 concoord: --out: client\.txt: a name that ends in/,
    );
    expect(await refused("tablet")).toMatch(/^2 concoord: .*server, client/);
    expect(await refused("client -o ./none.ts")).toBe("1 concoord: ./none.ts: no such file\n");
  });

  test("without esbuild the error names it", async () => {
    const program = join(workshop.dir, "package");
    mkdirSync(join(program, "node_modules"), { recursive: true });
    for (const name of ["bin", "dist"]) symlinkSync(join(root, name), join(program, name));
    copyFileSync(join(root, "package.json"), join(program, "package.json"));
    symlinkSync(join(root, "node_modules/commander"), join(program, "node_modules/commander"));
    // Links are not followed: packages are looked for beside them.
    const flags = "--preserve-symlinks --preserve-symlinks-main";
    const { exit, stderr } = await workshop.run(`node ${flags} package/bin/concoord.js bundle client`);
    expect(`${exit} ${stderr}`).toBe("1 concoord: concoord bundle needs esbuild: npm install esbuild\n");
  });
});

const hasMake = spawnSync("make", ["--version"], { stdio: "ignore" }).error === undefined;
if (!hasMake) process.stderr.write("the Makefile is not tested: apt-get install make\n");

test.skipIf(!hasMake)("make server and make client write them", async () => {
  const place = new Place();
  try {
    for (const name of ["Makefile", "bin", "dist", "package.json", "node_modules"])
      symlinkSync(join(root, name), join(place.dir, name));
    const { exit, stderr } = await place.run("make --silent server client");
    expect(`${exit} ${stderr}`).toBe("0 ");
    expect(
      (await place.run("node concoord-server.mjs --version && node concoord-client.mjs --help")).exit,
    ).toBe(0);
  } finally {
    await place.close();
  }
});
