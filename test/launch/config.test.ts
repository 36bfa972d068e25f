/** What `openreplica` remembers, the names that it takes, and how words get through a shell. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, expect, test } from "vitest";
import { configFile, findKey, readConfig, textOf, writeConfig } from "../../src/node/launch/config.ts";
import { findNode, parseHost } from "../../src/node/launch/host.ts";
import { formatReply, readAsked, readReply } from "../../src/node/launch/jobs.ts";
import { serviceText } from "../../src/node/launch/keeper.ts";
import { isNewEnough } from "../../src/node/launch/probe.ts";
import { shipmentOf } from "../../src/node/launch/shipment.ts";
import { quoted } from "../../src/node/launch/ssh.ts";

let dir: string;
const home = process.env["HOME"];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "openreplica-config-"));
  process.env["HOME"] = dir;
});
afterEach(() => {
  process.env["HOME"] = home;
  rmSync(dir, { recursive: true, force: true });
});

test("it is kept for its owner alone, and read as it was written", () => {
  const env = { XDG_CONFIG_HOME: join(dir, "xdg") };
  expect(textOf(readConfig(env))).toBe("NODES=\nSSH_KEY_FILE=\nUSERNAME=\n");
  const hosts = [parseHost("a:22"), parseHost("[::1]:2222", ["rack1", "pdu2"]), parseHost("b", ["rack1"])];
  const config = { hosts, sshKeyFile: "/k", userName: "ann" };
  writeConfig(env, config);
  expect(configFile(env)).toBe(join(dir, "xdg/openreplica/openreplica.cfg"));
  expect(statSync(configFile(env)).mode & 0o777).toBe(0o600);
  expect(readConfig(env)).toEqual(config);
  expect(configFile({ XDG_CONFIG_HOME: "relative" })).toBe(join(dir, ".config/openreplica/openreplica.cfg"));
  writeFileSync(configFile(env), "NODES=a\nODD\n");
  expect(() => readConfig(env)).toThrow("line 2");
});

test("a key is found here or in ~/.ssh, and must be private", () => {
  mkdirSync(join(dir, ".ssh"));
  const file = join(dir, ".ssh/id_x");
  writeFileSync(file, "-----BEGIN OPENSSH PRIVATE KEY-----\n", { mode: 0o600 });
  expect(findKey("id_x", "/")).toBe(file);
  expect(findKey(file, "/")).toBe(file);
  writeFileSync(join(dir, "open"), readFileSync(file), { mode: 0o644 });
  expect(() => findKey("open", dir)).toThrow("chmod 600");
  expect(() => findKey("none", dir)).toThrow("no such file");
});

test("hosts", () => {
  expect(parseHost("[2001:db8::7]:22")).toMatchObject({ address: "2001:db8::7", sshPort: 22 });
  for (const odd of ["", "-oX", "a b", "a;b", "$(id)", "`id`", "u@h", "a:0", "a:65536", "::1", "a/b", "a\nb"])
    expect(() => parseHost(odd), odd).toThrow("is not a host");
  const hosts = [parseHost("a:22"), parseHost("b")];
  expect(findNode("a:22", hosts)).toEqual({ host: hosts[0], port: null });
  expect(findNode("a:14000", hosts)).toEqual({ host: hosts[0], port: 14_000 });
  expect(findNode("a:22:14000", hosts)).toEqual({ host: hosts[0], port: 14_000 });
  expect(findNode("c:14000", hosts)).toBeNull();
});

test("a word gets through a shell as it is", () => {
  for (const odd of ["", "it's", '$(id) `id` \\ " ! * ~ ;&|', "two\nlines", "-n", "'''"]) {
    const said = execFileSync("sh", ["-s"], { input: `printf '%s' ${quoted(odd)}` });
    expect(said.toString()).toBe(odd);
  }
});

test("answers are found behind what login scripts print; other versions are told apart", () => {
  const text = `welcome\n{"ok":true}${formatReply({ ok: true, kept: true })}`;
  expect(readReply(text, "route53")).toEqual({ ok: true, kept: true });
  expect(readReply("welcome", "list")).toBeNull();
  expect(() => readReply(formatReply({ ok: false, exit: 3, message: "why" }), "list")).toThrow("why");
  expect(() => readAsked('{"version":"0.0.1"}', "0.0.2")).toThrow("openreplica setup");
});

test("versions of Node", () => {
  const at = (version: string) => isNewEnough({ version, path: "" });
  expect(["20.19.0", "22.17.9", "22.18.0", "24.0.0"].map(at)).toEqual([false, false, true, true]);
});

test("modules go along with what they import, secrets as files", () => {
  mkdirSync(join(dir, "lib"));
  writeFileSync(join(dir, "lib/a.ts"), 'import { B } from "../b.ts";\nexport class A extends B {}\n');
  writeFileSync(join(dir, "b.ts"), "export class B {}\n");
  const command = new Command()
    .option("-o, --objectname <OBJ...>")
    .option("-p, --port <PORT>")
    .option("--memory")
    .option("--auth <FILE>")
    .option("--evict-after <MS>", "", "30000");
  writeFileSync(join(dir, "auth.ts"), 'import "./b.ts";\nexport const authenticate = () => null;\n');
  const given = ["-o", "./lib/a.ts#A", "-p", "14001", "--memory", "--auth", "./auth.ts"];
  command.parse(given, { from: "user" });
  const { words, files, port, boot } = shipmentOf(command, dir, "T");
  const sent = ["code0/auth.ts", "code0/b.ts", "tokenFile.txt", "code3/lib/a.ts", "code3/b.ts"];
  expect(files.map(({ path }) => path)).toEqual(sent);
  expect(Buffer.from(files[2]?.base64 ?? "", "base64").toString()).toBe("client T\n");
  expect(words).toEqual([
    "--memory",
    "--auth",
    { file: "code0/auth.ts", after: "" },
    "--token-file",
    { file: "tokenFile.txt", after: "" },
    "--objectname",
    { file: "code3/lib/a.ts", after: "#A" },
  ]);
  expect({ port, boot }).toEqual({ port: 14_001, boot: [] });
});

test("a unit of systemd holds odd folders as they are", () => {
  const unit = {
    role: "replica",
    port: 1,
    addr: "a",
    advertise: "a:1",
    boot: [],
    words: [],
    cluster: null,
    node: "/n o/node",
    concoord: "/c",
    keeper: "systemd",
  } as const;
  const line = serviceText(unit, '/h/%u/$x/"q"\\')
    .split("\n")
    .find((one) => one.startsWith("ExecStart="));
  expect(line).toMatch(/^ExecStart="\/n o\/node" ".*supervisor-main\.ts" "\/h\/%%u\/\$\$x\/\\"q\\"\\\\"$/);
});

test.skipIf(!existsSync("/usr/bin/systemd-analyze"))("systemd understands the unit", () => {
  const unit = {
    role: "replica",
    port: 14_000,
    addr: "127.0.0.1",
    advertise: "[::1]:14000",
    boot: [],
    words: [],
    cluster: null,
    node: process.execPath,
    concoord: "/c",
    keeper: "systemd",
  } as const;
  const file = join(dir, "concoord-h-14000.service");
  const verify = (text: string) => {
    writeFileSync(file, text);
    const env = { ...process.env, XDG_RUNTIME_DIR: dir };
    const { stdout, stderr, status } = spawnSync("systemd-analyze", ["verify", "--user", file], {
      env,
      encoding: "utf8",
    });
    return { said: `${stdout}${stderr}`, status };
  };
  const text = serviceText(unit, join(dir, "it's %h $x"));
  expect(verify(text)).toEqual({ said: "", status: 0 });
  expect(verify(text.replace("on-failure", "sometimes")).said).toContain("sometimes");
});
