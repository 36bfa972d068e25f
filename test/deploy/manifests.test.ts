/** The manifest for Kubernetes and the files of fly.io and of the Worker: that they say what the documents promise. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../process/processes.ts";
import { environmentOf, instructionsOf, last, readDockerfile } from "./dockerfile.ts";
import { readYaml, type Yaml } from "./yaml.ts";

const folder = join(root, "examples/deploy");
const manifest = join(folder, "kubernetes/kubernetes.yaml");
const documents = readYaml(readFileSync(manifest, "utf8"));
const image = readDockerfile(join(folder, "docker/Dockerfile"));
const hasKubectl = spawnSync("kubectl", ["version", "--client"], { stdio: "ignore" }).status === 0;

function at(value: Yaml | undefined, ...path: readonly (string | number)[]): Yaml | undefined {
  return path.reduce<Yaml | undefined>(
    (one, name) => (typeof one === "object" ? (Reflect.get(one, name) as Yaml | undefined) : undefined),
    value,
  );
}

function kind(name: string): Yaml {
  const found = documents.filter((document) => at(document, "kind") === name);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} of ${name}`);
  return found[0];
}

describe("kubernetes.yaml", () => {
  const set = kind("StatefulSet");
  const pod = at(set, "spec", "template", "spec");
  const container = at(pod, "containers", 0);
  const replica = environmentOf(instructionsOf(image, "replica"));

  test("is read as kubectl reads it, where there is one", () => {
    expect(documents.map((document) => at(document, "kind"))).toEqual([
      "ConfigMap",
      "Service",
      "PodDisruptionBudget",
      "StatefulSet",
    ]);
    if (!hasKubectl) return;
    // It asks no cluster: a label is written into what it read.
    const words = ["label", "--local", "-f", manifest, "app=concoord", "--overwrite", "-o", "json"];
    const said = execFileSync("kubectl", words, { encoding: "utf8" });
    const seen = said.split(/^(?=\{)/m).map((text) => JSON.parse(text) as Yaml);
    expect(seen.map((one) => at(one, "spec"))).toEqual(documents.map((one) => at(one, "spec")));
  });

  test("three replicas with stable names, which find each other before they are ready", () => {
    expect(at(set, "spec", "replicas")).toBe(3);
    expect(at(set, "spec", "serviceName")).toBe(at(kind("Service"), "metadata", "name"));
    expect(at(kind("Service"), "spec", "clusterIP")).toBe("None");
    expect(at(kind("Service"), "spec", "publishNotReadyAddresses")).toBe(true);
    // After a full stop none is ready before a majority runs.
    expect(at(set, "spec", "podManagementPolicy")).toBe("Parallel");
    const boot = String(given("CONCOORD_BOOT")).split(",");
    expect(boot).toEqual([0, 1, 2].map((n) => `concoord-${n}.concoord:14000`));
    expect(given("CONCOORD_ADVERTISE")).toBe("$(POD_NAME).concoord:14000");
    expect(at(kind("ConfigMap"), "data", "founder")).toBe("concoord-0");
  });

  test("every label and port that is asked for is there", () => {
    const labels = at(set, "spec", "template", "metadata", "labels");
    for (const selector of [
      at(set, "spec", "selector", "matchLabels"),
      at(kind("Service"), "spec", "selector"),
      at(kind("PodDisruptionBudget"), "spec", "selector", "matchLabels"),
      at(pod, "topologySpreadConstraints", 0, "labelSelector", "matchLabels"),
    ])
      expect(selector).toEqual(labels);
    // The name of the port is the service of the SRV records that clients ask for.
    expect(at(kind("Service"), "spec", "ports", 0)).toMatchObject({
      name: "concoord",
      targetPort: "concoord",
    });
    expect(at(container, "ports", 0, "name")).toBe("concoord");
    expect(String(at(container, "ports", 0, "containerPort"))).toBe(replica["CONCOORD_PORT"]);
  });

  test("one may be away, probes ask what the node answers, and start has time", () => {
    expect(at(kind("PodDisruptionBudget"), "spec", "maxUnavailable")).toBe(1);
    const probe = (name: string) => at(container, name, "httpGet");
    expect(probe("livenessProbe")).toEqual({ path: "/livez", port: "concoord" });
    expect(probe("startupProbe")).toEqual({ path: "/livez", port: "concoord" });
    expect(probe("readinessProbe")).toEqual({ path: "/readyz", port: "concoord" });
    const [period, failures] = ["periodSeconds", "failureThreshold"].map((n) =>
      at(container, "startupProbe", n),
    );
    expect(Number(period) * Number(failures)).toBeGreaterThanOrEqual(600);
  });

  test("not root, nothing written but the volume, the secret from a Secret", () => {
    expect(at(pod, "securityContext")).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
    expect(at(container, "securityContext")).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
    });
    const mounts = at(container, "volumeMounts") as readonly Yaml[];
    const data = mounts.find((mount) => at(mount, "name") === "data");
    expect(at(data, "mountPath")).toBe(last(instructionsOf(image, "replica"), "VOLUME"));
    expect(at(set, "spec", "volumeClaimTemplates", 0, "metadata", "name")).toBe("data");
    expect(at(pod, "volumes", 0, "secret", "secretName")).toBe("concoord-tokens");
    const tokens = mounts.find((mount) => at(mount, "name") === "tokens");
    expect(given("CONCOORD_TOKEN_FILE")).toBe(`${at(tokens, "mountPath")}/tokens`);
  });

  function given(name: string): Yaml | undefined {
    const env = at(container, "env") as readonly Yaml[];
    return at(
      env.find((one) => at(one, "name") === name),
      "value",
    );
  }
});

test("what the recipes link to is there", () => {
  const texts = globSync("**/README.md", { cwd: folder }).map((path) => join(folder, path));
  expect(texts).toHaveLength(5);
  for (const path of texts)
    for (const [, to = ""] of readFileSync(path, "utf8").matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g))
      expect(existsSync(join(dirname(path), to)), `${path}: ${to}`).toBe(true);
});

test("the image is not root's, has a volume and a health check", () => {
  const base = instructionsOf(image, "replica");
  expect(last(base, "USER")).toBe("node");
  expect(last(base, "HEALTHCHECK")).toContain("/livez");
  expect(last(base, "VOLUME")).toBe(`${last(base, "WORKDIR")}/${environmentOf(base)["CONCOORD_DATA"]}`);
  expect(last(base, "EXPOSE")).toBe(environmentOf(base)["CONCOORD_PORT"]);
  // Without a name the last stage is built.
  expect(image.at(-1)?.name).toBe("replica");
});

test("fly.toml builds a stage that there is, mounts its volume and asks its port", () => {
  const words = [join(root, "node_modules/wrangler/wrangler-dist/cli.js"), join(folder, "fly/fly.toml")];
  // The reader of TOML that wrangler has.
  const read = `const { experimental_readRawConfig: read } = await import(process.argv[1]);
process.stdout.write(JSON.stringify(read({ config: process.argv[2] }).rawConfig), () => process.exit());`;
  const text = execFileSync(process.execPath, ["--input-type=module", "-e", read, ...words], {
    encoding: "utf8",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_WRITE_LOGS: "false" },
  });
  const fly = JSON.parse(text) as Yaml;
  const stage = instructionsOf(image, String(at(fly, "build", "build-target")));
  expect(stage.length).toBeGreaterThan(instructionsOf(image, "replica").length);
  expect(at(fly, "mounts", "destination")).toBe(last(stage, "VOLUME"));
  expect(at(fly, "env", "CONCOORD_PORT")).toBe(last(stage, "EXPOSE"));
  for (const [name, path] of [
    ["live", "/livez"],
    ["ready", "/readyz"],
  ])
    expect(at(fly, "checks", name as string)).toMatchObject({ type: "http", port: 14000, path });
  expect(at(fly, "kill_signal")).toBe("SIGTERM");
});

test("the Worker is configured as the one of this project, but for where it lies", () => {
  const read = (path: string) => readFileSync(join(root, path), "utf8").replaceAll(/^(?:#.*|)\n/gm, "");
  const own = read("wrangler.toml").replace(
    "src/worker-ns/index.ts",
    "node_modules/concoord/dist/worker-ns/index.js",
  );
  expect(read("examples/deploy/worker/wrangler.toml")).toBe(own);
});
