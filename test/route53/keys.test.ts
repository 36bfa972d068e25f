/** The credentials for Route 53: kept for one user alone, read from three places, shown nowhere. */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Failure } from "../../src/node/cli/failure.ts";
import { configFolder, promptWithoutEcho, readCredentials } from "../../src/node/cli/route53-keys.ts";
import { keys } from "./endpoint.ts";

const main = fileURLToPath(new URL("../../src/node/main.ts", import.meta.url));
const id = keys.accessKeyId;
const key = keys.secretAccessKey;

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "concoord-route53-"));
  file = join(folder, "concoord/route53.cfg");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], input = ""): Promise<Result> {
  const env = { ...process.env, XDG_CONFIG_HOME: folder };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], { env }, (_error, stdout, stderr) =>
      resolve({ exit: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

describe("concoord route53id and route53key", () => {
  test("keep what standard input holds, for nobody else's eyes", async () => {
    expect(await run(["route53id"], `${id}\n`)).toEqual({
      exit: 0,
      stdout: `KEPT AWS_ACCESS_KEY_ID in ${file}\n`,
      stderr: "",
    });
    expect(await run(["ROUTE53KEY"], key)).toMatchObject({ exit: 0, stderr: "" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "concoord")).mode & 0o777).toBe(0o700);
    expect(readCredentials({ XDG_CONFIG_HOME: folder }, undefined)).toEqual(keys);
    const next = "A".repeat(40);
    await run(["route53key"], next);
    expect(readFileSync(file, "utf8")).toBe(
      `[ENVIRONMENT]\nAWS_ACCESS_KEY_ID=${id}\nAWS_SECRET_ACCESS_KEY=${next}\n`,
    );
  });

  test("warn of an argument, and do not repeat it", async () => {
    const { exit, stdout, stderr } = await run(["route53key", key]);
    expect(exit).toBe(0);
    expect(stderr).toMatch(
      /^concoord: warning: route53key: everybody on this machine can see an argument.*\n$/,
    );
    expect(stdout + stderr).not.toContain(key);
    expect(readFileSync(file, "utf8")).toContain(key);
  });

  test.each([
    ["route53id", "access key id", ""],
    ["route53id", "access key id", "not an id"],
    ["route53key", "secret access key", "two words of secret stuff"],
  ])("%s refuses what is no %s, and does not show it: %j", async (verb, what, input) => {
    const { exit, stdout, stderr } = await run([verb], input);
    expect({ exit, stdout, stderr }).toEqual({
      exit: 1,
      stdout: "",
      stderr: `concoord: ${verb}: that is not the ${what} of AWS\n`,
    });
    expect(() => statSync(file)).toThrow("ENOENT");
  });

  test("a file that others could read is so no longer", async () => {
    mkdirSync(join(folder, "concoord"));
    writeFileSync(file, `AWS_ACCESS_KEY_ID=${id}\n`, { mode: 0o644 });
    chmodSync(file, 0o644);
    await run(["route53key"], key);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readCredentials({ XDG_CONFIG_HOME: folder }, undefined)).toEqual(keys);
  });

  test("say what keeps them from writing", async () => {
    writeFileSync(join(folder, "concoord"), "a file");
    const { exit, stderr } = await run(["route53key"], key);
    expect(exit).toBe(1);
    expect(stderr).toMatch(/^concoord: .*concoord\/route53\.cfg: (?:ENOTDIR|EEXIST)\n$/);
  });
});

describe("the prompt", () => {
  function terminal() {
    const [input, output] = [new PassThrough(), new PassThrough()];
    output.setEncoding("utf8");
    return { input, output, answer: promptWithoutEcho(input, output, "secret access key") };
  }

  test("shows nothing of what is typed", async () => {
    const { input, output, answer } = terminal();
    input.write("wrong\u007f\u007f\u007f\u007f\u007fright\r");
    expect(await answer).toBe("right");
    expect(output.read()).toBe("secret access key: \n");
  });

  test("ends by Ctrl-C and by the end of the input", async () => {
    const first = terminal();
    first.input.write("ab\u0003");
    await expect(first.answer).rejects.toMatchObject({ exit: 130 });
    const second = terminal();
    second.input.end();
    await expect(second.answer).rejects.toMatchObject({ exit: 1, message: "no secret access key was given" });
  });
});

describe("a nameserver's credentials", () => {
  const env = { AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: "env" };

  function kept(mode = 0o600): void {
    mkdirSync(join(folder, "concoord"));
    writeFileSync(file, `[ENVIRONMENT]\nAWS_ACCESS_KEY_ID=${id}\nAWS_SECRET_ACCESS_KEY=${key}\n`, { mode });
    chmodSync(file, mode);
  }

  test("come from the environment, then from the file of --configpath, then from what was kept", () => {
    kept();
    const config = join(folder, "planetlab.cfg");
    writeFileSync(
      config,
      "# keys\n[A]\r\n AWS_ACCESS_KEY_ID = AKIACONFIG \r\nAWS_SECRET_ACCESS_KEY=a=b\nUSER=x\n",
    );
    const own = { XDG_CONFIG_HOME: folder };
    expect(readCredentials({ ...own, ...env, AWS_SESSION_TOKEN: "token" }, config)).toEqual({
      accessKeyId: "AKIAENV",
      secretAccessKey: "env",
      sessionToken: "token",
    });
    expect(readCredentials({ ...own, AWS_SESSION_TOKEN: "token" }, config)).toEqual({
      accessKeyId: "AKIACONFIG",
      secretAccessKey: "a=b",
      sessionToken: null,
    });
    writeFileSync(config, "USER=x\n");
    expect(readCredentials(own, config)).toEqual(keys);
  });

  const incomplete: readonly [string, Record<string, string>, string][] = [
    ["no key", { AWS_ACCESS_KEY_ID: id }, "AWS_SECRET_ACCESS_KEY is not in the environment: both or neither"],
    ["no id", { AWS_SECRET_ACCESS_KEY: key }, "AWS_ACCESS_KEY_ID is not in the environment: both or neither"],
    [
      "odd characters",
      { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: `${key}\n${key}` },
      "the credentials in the environment hold white space or odd characters",
    ],
  ];
  test.each(incomplete)("%s in the environment is a failure", (_what, half, message) => {
    kept();
    const read = () => readCredentials({ XDG_CONFIG_HOME: folder, ...half }, undefined);
    expect(read).toThrow(new Failure(1, `Route 53: ${message}`));
  });

  test("are missing", () => {
    expect(() => readCredentials({ XDG_CONFIG_HOME: folder }, undefined)).toThrow(
      `Route 53: AWS_ACCESS_KEY_ID is not in ${file}: concoord route53id and concoord route53key keep them`,
    );
    expect(() => readCredentials({}, join(folder, "none.cfg"))).toThrow("none.cfg: ENOENT");
  });

  test("that others can read are refused", () => {
    kept(0o640);
    expect(() => readCredentials({ XDG_CONFIG_HOME: folder }, undefined)).toThrow(
      `Route 53: others can read ${file}: chmod 600 it, and make a new key`,
    );
  });
});

test("the configuration folder is that of the user", () => {
  const usual = join(homedir(), ".config/concoord");
  expect(configFolder({})).toBe(usual);
  expect(configFolder({ XDG_CONFIG_HOME: "" })).toBe(usual);
  expect(configFolder({ XDG_CONFIG_HOME: "relative" })).toBe(usual);
  expect(configFolder({ XDG_CONFIG_HOME: folder })).toBe(join(folder, "concoord"));
});
