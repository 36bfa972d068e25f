/**
 * The recipes at work, without docker, Kubernetes or Cloudflare: the lines of the Dockerfile run in an empty folder
 * with the packed package; three of its commands, with the environment of the manifest, are a cluster; the Worker is
 * built.
 */
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Packed, packPackage } from "../../src/node/launch/package.ts";
import { Place, type Served } from "../packaging/place.ts";
import { Registry } from "../packaging/registry.ts";
import { freePorts, root, until } from "../process/processes.ts";
import { copy, environmentOf, instructionsOf, last, readDockerfile } from "./dockerfile.ts";
import { readYaml } from "./yaml.ts";

const folder = join(root, "examples/deploy");
const instructions = instructionsOf(readDockerfile(join(folder, "docker/Dockerfile")), "replica");
const concoord = "node node_modules/concoord/bin/concoord.js";
const millis = 180_000;

let registry: Registry;
/** The folder in which the image is built. */
let context: Place;
/** That of the image. */
let image: Place;
let packed: Packed;

beforeAll(async () => {
  registry = await Registry.start();
  packed = await packPackage();
  context = new Place();
  image = new Place(registry.url);
  copyFileSync(packed.file, join(context.dir, "concoord-0.1.0.tgz"));
  copyFileSync(join(root, "examples/counter/counter.ts"), join(context.dir, "counter.ts"));
  const env = environmentOf(instructions);
  for (const { name, words } of instructions) {
    if (name === "COPY") copy(words, context.dir, image.dir);
    if (name !== "RUN") continue;
    const { exit, stderr } = await image.run(words, env);
    expect(`RUN ${words}: ${exit} ${stderr}`).toBe(`RUN ${words}: 0 `);
  }
  writeFileSync(join(image.dir, "tokens"), "client open\npeer sesame\n", { mode: 0o600 });
}, millis);
afterAll(async () => {
  await image.close();
  await context.close();
  packed[Symbol.dispose]();
  await registry.stop();
});

test("RUN leaves the package and an empty volume", () => {
  expect(existsSync(join(image.dir, "node_modules/concoord/dist/node/main.js"))).toBe(true);
  expect(existsSync(join(image.dir, "data"))).toBe(true);
  expect(existsSync(join(image.dir, "concoord-0.1.0.tgz"))).toBe(false);
});

/** The variables that the manifest gives to the pod of that number, on loopback and with a volume of its own. */
function podEnv(n: number, ports: readonly number[], founder: string): NodeJS.ProcessEnv {
  const set = readYaml(readFileSync(join(folder, "kubernetes/kubernetes.yaml"), "utf8")).at(-1);
  const text = JSON.stringify(set);
  const given = [...text.matchAll(/\{"name":"(CONCOORD_\w+)","value":"([^"]*)"\}/g)].map(
    ([, name, value]) => [
      name,
      String(value)
        .replaceAll("$(POD_NAME)", `concoord-${n}`)
        .replaceAll("$(NODE_NAME)", `machine-${n}`)
        .replaceAll(/concoord-(\d)\.concoord:14000/g, (_, i: string) => `127.0.0.1:${ports[Number(i)]}`),
    ],
  );
  return {
    ...environmentOf(instructions),
    ...(Object.fromEntries(given) as NodeJS.ProcessEnv),
    HOSTNAME: `concoord-${n}`,
    FOUNDER: founder,
    CONCOORD_ADDR: "127.0.0.1",
    CONCOORD_PORT: String(ports[n]),
    CONCOORD_DATA: `data/${n}`,
    CONCOORD_TOKEN_FILE: "tokens",
  };
}

test(
  "CMD founds where the manifest says so, joins elsewhere, and never founds again",
  async () => {
    const ports = await freePorts(3);
    const start = (n: number, founder: string): Served =>
      image.start(last(instructions, "CMD"), podEnv(n, ports, founder));
    // All at once, as the manifest has it.
    const pods = [0, 1, 2].map((n) => start(n, "concoord-0"));
    await Promise.all(pods.map((pod) => pod.line(/^READY replica/)));
    await pods[0]?.line(/^FOUNDED/);
    const boot = `-b 127.0.0.1:${ports[1]}`;
    const env = { CONCOORD_TOKEN: "open" };
    expect((await image.run(`${concoord} call ${boot} increment`, env)).exit).toBe(0);

    const health = last(instructions, "HEALTHCHECK").replace(/^.*? CMD /, "");
    expect((await image.run(health, podEnv(0, ports, ""))).exit).toBe(0);
    expect(await pods[0]?.end("SIGTERM")).toBe(0);
    expect((await image.run(health, podEnv(0, ports, ""))).exit).toBe(1);

    // The volume is lost, and nobody may found any more: a new node takes the place of the old one.
    rmSync(join(image.dir, "data/0"), { recursive: true });
    const anew = start(0, "");
    await anew.line(/^READY replica/);
    await until("three members", 30_000, async () => {
      const { stdout } = await image.run(`${concoord} status ${boot} --json`, env);
      const [one] = JSON.parse(stdout) as { view: { members: { addr: string; groups: string[] }[] } }[];
      const members = one?.view.members ?? [];
      const groups = members.flatMap((member) => member.groups).sort();
      return members.length === 3 && groups.join() === "machine-0,machine-1,machine-2" ? true : undefined;
    });
    const value = await image.run(`${concoord} call -b 127.0.0.1:${ports[0]} getvalue`, env);
    expect(value).toEqual({ exit: 0, stdout: "1\n", stderr: "" });
    for (const pod of [anew, ...pods.slice(1)]) expect(await pod.end("SIGTERM")).toBe(0);
  },
  millis,
);

test(
  "the Worker is built from the installed package",
  async () => {
    copyFileSync(join(folder, "worker/wrangler.toml"), join(image.dir, "wrangler.toml"));
    const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
    const { exit, stderr } = await image.run(`node '${wrangler}' deploy --dry-run --outdir worker`, {
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_WRITE_LOGS: "false",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
    });
    expect(`${exit} ${stderr}`).toBe("0 ");
    expect(readFileSync(join(image.dir, "worker/index.js"), "utf8")).toContain("Nameserver");
  },
  millis,
);
