/** `concoord systemd`: units that systemd-analyze accepts, with command lines that a replica accepts. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Place } from "../packaging/place.ts";
import { freePorts, root } from "../process/processes.ts";

const concoord = `node '${join(root, "bin/concoord.js")}'`;
const hasSystemd = spawnSync("systemd-analyze", ["--version"], { stdio: "ignore" }).error === undefined;
if (!hasSystemd) process.stderr.write("units are not verified: apt-get install systemd\n");

let place: Place;

beforeAll(() => {
  place = new Place();
  mkdirSync(join(place.dir, "100% odd $x"));
  for (const name of ["counter.ts", "100% odd $x/counter.ts"])
    writeFileSync(
      join(place.dir, name),
      "export class Counter { value = 0; add(n: number) { this.value += n; } }\n",
    );
  writeFileSync(join(place.dir, "tokens"), "client open\npeer sesame\n", { mode: 0o600 });
});
afterAll(() => place.close());

/** The lines of the unit by their names. */
async function unit(flags: string, env: NodeJS.ProcessEnv = {}) {
  const { exit, stdout, stderr } = await place.run(`${concoord} systemd ${flags}`, env);
  expect(`${exit} ${stderr}`).toMatch(/^0 /);
  const lines = stdout.split("\n").flatMap((line) => {
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value ?? ""] as const];
  });
  return { text: stdout, stderr, lines: new Map(lines) };
}

function verify(text: string): void {
  if (!hasSystemd) return;
  const file = join(place.dir, "concoord.service");
  writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
  // It looks at the units of the machine, too, and may have something to say about those.
  const ours = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("concoord"));
  expect(ours).toEqual([]);
  expect(status).toBe(0);
}

test("a unit has all that was said, with paths that hold everywhere, and passes", async () => {
  const boot = "10.0.0.1:14000,10.0.0.2:14000";
  const given = `-o ./counter.ts#Counter -a 10.0.0.1 -p 14000 -b ${boot} --token-file tokens --groups rack1 -d`;
  const { text, stderr, lines } = await unit(given);
  verify(text);
  expect(stderr).toBe("");
  expect(lines.get("ExecStart")).toBe(
    [
      process.execPath,
      join(root, "bin/concoord.js"),
      "replica",
      `--objectname=${place.dir}/counter.ts#Counter`,
      `--boot=${boot}`,
      "--debug",
      "--addr=10.0.0.1",
      "--port=14000",
      "--groups=rack1",
      `--token-file=${place.dir}/tokens`,
      "--data=data",
    ]
      .map((word) => `"${word}"`)
      .join(" "),
  );
  expect(lines.get("User")).toBe(userInfo().username);
  expect(lines.get("WorkingDirectory")).toBe("%S/concoord");
  expect(lines.has("AmbientCapabilities")).toBe(false);
});

test("odd folders are those folders, DNS gets its right, variables count, and the first one is warned", async () => {
  const flags = "-o './100% odd $x/counter.ts' -n counter.example --run-as daemon --data ./kept";
  const { text, stderr, lines } = await unit(flags, { CONCOORD_PORT: "15000" });
  verify(text);
  expect(lines.get("ExecStart")).toContain('/100%% odd $$x/counter.ts"');
  expect(lines.get("ExecStart")).toContain(`"--port=15000" "--data=${place.dir}/kept"`);
  expect(lines.get("AmbientCapabilities")).toBe("CAP_NET_BIND_SERVICE");
  expect(lines.get("User")).toBe("daemon");
  expect(stderr).toContain("without -b it founds a cluster whenever its folder is empty");
  const free = await unit("-o ./counter.ts -n counter.example --dns-port 5300 --memory");
  expect(free.lines.has("AmbientCapabilities")).toBe(false);
  expect(free.lines.get("ExecStart")).toMatch(/"--memory"/);
  expect(free.lines.get("ExecStart")).not.toContain("--data");
});

test("the command line of a unit starts a replica", async () => {
  const [port = 0] = await freePorts(1);
  const { lines } = await unit(`-o ./counter.ts -p ${port}`);
  const words = lines.get("ExecStart")?.replaceAll('"', "'");
  const replica = place.start(`exec ${words}`);
  await replica.line(/^READY replica/);
  expect(await replica.end("SIGTERM")).toBe(0);
});

test("what no replica could be started with is refused", async () => {
  const refused = async (flags: string, env: NodeJS.ProcessEnv = {}) => {
    const { exit, stdout, stderr } = await place.run(`${concoord} systemd ${flags}`, env);
    return `${exit} ${stdout}${stderr}`;
  };
  expect(await refused("")).toMatch(/^2 concoord: -o is missing/);
  expect(await refused("-o ./none.ts -b 10.0.0.1:1")).toBe("1 concoord: ./none.ts: no such file\n");
  expect(await refused("-o ./counter.ts -p 0")).toMatch(/^2 .*is not a port number/);
  expect(await refused("-o ./counter.ts --dns-port 53")).toMatch(/^2 .*-n is missing/);
  expect(await refused("-o ./counter.ts -a 10.0.0.1")).toMatch(/^2 .*--token-file/);
  expect(await refused("-o ./counter.ts --run-as 'a b'")).toMatch(/^2 .*is not the name of a user/);
  expect(await refused("-o ./counter.ts -i")).toMatch(/^2 .*unknown option/);
  expect(await refused("-o ./counter.ts", { CONCOORD_TOKEN: "hush" })).toMatch(
    /^2 .*everybody can read a unit file/,
  );
});
