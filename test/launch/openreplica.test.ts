/** `openreplica` over a real sshd on loopback: a whole instance by a script, what is wrong with hosts, odd words. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, hasSshd, Loopback, root } from "./loopback-sshd.ts";

const counter = `export class Counter {
  value = 0;
  static reads = ["getvalue"];
  increment() { this.value += 1; }
  getvalue() { return this.value; }
}
`;
const better = counter.replace("increment()", "add(n: number) { this.value += n; }\n  increment()");
// A script is some dozen commands, each of them ssh and a Node or two.
const millis = 900_000;

if (!hasSshd) process.stderr.write("openreplica is not tested: apt-get install openssh-server\n");

describe.skipIf(!hasSshd)("over ssh", () => {
  let there: Loopback;
  const host = (n: number) => `127.0.0.${n}:${there.port}`;

  beforeAll(async () => {
    there = await Loopback.start(["127.0.0.1", "127.0.0.2", "127.0.0.3"]);
    mkdirSync(join(there.dir, "better"));
    writeFileSync(join(there.dir, "counter.ts"), counter);
    writeFileSync(join(there.dir, "better/counter.ts"), better);
  });
  afterAll(() => there.stop());

  test("nothing goes without a user, a key that is one, and a host that answers", async () => {
    expect(await there.openreplica("addnode", host(1))).toMatchObject({
      exit: 1,
      stderr: "openreplica: there is no USERNAME: openreplica addusername NAME\n",
    });
    await there.openreplica("addusername", userInfo().username);
    const pub = await there.openreplica("addsshkey", join(there.dir, "id_test.pub"));
    expect(pub).toMatchObject({ exit: 1, stderr: expect.stringContaining("is not a private key") });
    expect((await there.openreplica("addsshkey", "id_test")).exit).toBe(0);
    const unknown = await there.openreplica("addnode", host(1));
    expect(unknown.exit).toBe(4);
    expect(unknown.stderr).toContain("Cannot connect to node, check if it is up and running.");
    expect(unknown.stderr).toContain("--accept-new");
    const closed = await there.openreplica("addnode", `127.0.0.1:${await freePort()}`);
    expect(closed).toMatchObject({ exit: 4, stderr: expect.stringContaining("Connection refused") });
    expect(await there.openreplica("setup", host(1))).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining("This instance is not in the configuration. Add and try again."),
    });
    for (const odd of ["-oProxyCommand=touch x", "a;b", "$(id)", "a b", "u@h"])
      expect((await there.openreplica("addnode", "--", odd)).exit, odd).toBe(2);
  });

  test(
    "a script starts, queries, upgrades, stops, starts and stops an instance",
    async () => {
      const env = {
        KEY: join(there.dir, "id_test"),
        PORT: String(there.port),
        DNS_PORT: String(await freePort()),
        USER_NAME: userInfo().username,
      };
      const { exit, stdout, stderr } = await there.run(
        "sh",
        [join(root, "test/launch/instance.sh")],
        "",
        env,
      );
      expect(`${stderr}${stdout}`).toContain("DONE");
      expect(exit).toBe(0);
      expect(stdout).toMatch(/^VALUE 1$/m);
      expect(stdout).toMatch(/^no failure of one group|^a failure of one group can stop/m);
      expect(stdout).toMatch(/^SAME /m);
      expect(stdout).toMatch(/^UPGRADED Counter slot=\d+ replicas=3\/3$/m);
      expect(stdout).toMatch(/^CLASSES 41$/m);
      expect(stdout).toMatch(/^UPGRADED concoord=\S+ nodes=5$/m);
      expect(stdout).toMatch(/^PACKAGE 41$/m);
      expect(stdout).toMatch(/^KEPT 41$/m);
      const members = /^MEMBERS (.*)$/m.exec(stdout)?.[1]?.split(",") ?? [];
      expect(new Set(members).size).toBe(5);
      // Each replica on a host of its own; then the acceptor beside one of them.
      expect(new Set(members.slice(0, 3).map((addr) => addr.split(":")[0])).size).toBe(3);
      expect(stderr).toMatch(/^openreplica: replica \S+ runs on \S+: .* shares no group; /m);
      expect(stdout.match(/^STOPPED /gm)).toHaveLength(10);
      // Each one, the first too, is told all members for its next start.
      for (const unit of units(there)) expect(new Set(unit.boot)).toEqual(new Set(members));
      const config = join(there.dir, "config/openreplica/openreplica.cfg");
      expect(statSync(config).mode & 0o777).toBe(0o600);
      const again = await there.openreplica("addnode", host(1));
      expect(again.stderr).toBe("openreplica: Node is already in the CONFIG file.\n");
    },
    millis,
  );

  test(
    "no shell acts on words, and credentials stand in no arguments",
    async () => {
      const data = join(there.dir, `it's "odd" $(touch ${there.dir}/acted) \`id\` %h ;& \\`);
      const started = await there.openreplica(
        "replica",
        "-o",
        "./counter.ts",
        "--host",
        host(2),
        "--data",
        data,
      );
      expect(started.stderr).toContain("runs on");
      const addr = /^READY replica (\S+)/m.exec(started.stdout)?.[1] ?? "";
      expect(existsSync(data)).toBe(true);
      expect(existsSync(join(there.dir, "acted"))).toBe(false);
      expect((await there.openreplica("logs", addr, "-n", "1")).stdout).toMatch(/\n$/);
      expect((await there.openreplica("stop", addr)).stdout).toBe(`STOPPED ${addr}\n`);

      const key = `secret/${"k".repeat(33)}`;
      expect((await there.openreplica("route53", host(1), "AKIAIOSFODNN7EXAMPLE", key)).exit).toBe(2);
      const tool = join(root, "bin/openreplica.js");
      const input = `AKIAIOSFODNN7EXAMPLE\n${key}\n`;
      const kept = await there.run(process.execPath, [tool, "route53", host(1)], input);
      expect(kept).toEqual({ exit: 0, stdout: "", stderr: "" });
      const file = join(there.dir, "home/.config/concoord/route53.cfg");
      expect(readFileSync(file, "utf8")).toContain(key);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    },
    millis,
  );

  test(
    "what a node dies of is said, and it is not kept",
    async () => {
      writeFileSync(
        join(there.dir, "broken.ts"),
        "export class Broken { constructor() { throw new Error('no'); } }\n",
      );
      const before = units(there).length;
      const broken = await there.openreplica("replica", "-o", "./broken.ts");
      expect(broken.exit).toBe(1);
      expect(broken.stderr).toContain("Broken");
      expect(units(there)).toHaveLength(before);
    },
    millis,
  );

  test(
    "concoord initialize and addnode",
    async () => {
      const concoord = join(root, "bin/concoord.js");
      const dns = String(await freePort());
      const flags = [
        "-s",
        "whole.test",
        "--dns-port",
        dns,
        "-f",
        "counter.ts",
        "-c",
        "Counter",
        "-r",
        "2",
        "-a",
        "1",
      ];
      const whole = await there.run(process.execPath, [concoord, "initialize", ...flags, "-n", "1"]);
      expect(whole.stderr).toContain("nameserver");
      // Two at once on one host take two ports.
      const two = ["replica", "-o", "concoord.object.counter.Counter", "--memory", "--host", host(3)];
      const both = await Promise.all([there.openreplica(...two), there.openreplica(...two)]);
      const addrs = both.map(({ stdout }) => /^READY replica (\S+)/m.exec(stdout)?.[1]);
      expect(new Set(addrs).size).toBe(2);
      expect(addrs).not.toContain(undefined);
      const members = /^DONE (.*)$/m.exec(whole.stdout)?.[1] ?? "";
      expect(members.split(",")).toHaveLength(3);
      const names = /^READY nameserver (\S+)/m.exec(whole.stdout)?.[1] ?? "";
      const found = await there.run(process.execPath, [
        concoord,
        "find",
        "--doh",
        `http://${names}/dns-query`,
        "whole.test",
      ]);
      for (const member of members.split(",").slice(0, 2)) expect(found.stdout).toContain(member);
      expect(whole.stderr).toMatch(/^concoord: .* of 3 voters 1 may fail/m);
      const more = await there.run(process.execPath, [concoord, "addnode", "-t", "1", "-b", members]);
      expect(more.stdout).toMatch(/^READY acceptor /m);
      const status = await there.run(process.execPath, [concoord, "status", "-b", members, "--json"]);
      expect(status.stdout).toContain('"nameserver"');
      expect(status.stdout).toContain('"tolerates":1');
    },
    millis,
  );
});

describe.skipIf(!hasSshd)("a host without Node", () => {
  let there: Loopback;
  const tools = ["sh", "uname", "df", "tail", "mkdir", "chmod", "mv", "tar", "gzip", "rm", "ln"];

  beforeAll(async () => {
    there = await Loopback.start(["127.0.0.1"], tools);
  });
  afterAll(() => there.stop());

  test(
    "is refused, and taken with --fix",
    async () => {
      const host = `127.0.0.1:${there.port}`;
      await there.openreplica("addusername", userInfo().username);
      await there.openreplica("addsshkey", "id_test");
      const refused = await there.openreplica("addnode", "--accept-new", host);
      // Where the machine has an old one at a usual place, that is what is wrong.
      expect(refused.stderr).toMatch(/Could not check Node version|is too old|no npm/);
      expect(refused).toMatchObject({ exit: 1, stderr: expect.stringContaining("--fix") });
      const fixed = await there.openreplica("addnode", "--fix", host);
      expect(fixed.stdout).toBe(`ADDED ${host} node=${process.versions.node}\n`);
    },
    millis,
  );
});

function units(there: Loopback): readonly { readonly boot: readonly string[] }[] {
  const hosts = join(there.dir, "home/.concoord/hosts");
  return readdirSync(hosts, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith("/node.json"))
    .map((name) => JSON.parse(readFileSync(join(hosts, name), "utf8")) as { boot: readonly string[] });
}
