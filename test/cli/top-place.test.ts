/** `concoord top` and `concoord place` as processes. */
import { afterAll, expect, test } from "vitest";
import { freePort, Workplace } from "./concoord.ts";

const place = new Workplace();
afterAll(() => place.close());
const timeout = 60_000;

test("top: plain where no terminal is, as often as wanted", { timeout }, async () => {
  const port = await freePort();
  const node = place.start(["replica", "-o", "concoord.object.counter.Counter", "--memory", "-p", `${port}`]);
  await node.line(/^READY /);
  const boot = ["-b", `127.0.0.1:${port}`];
  const { exit, stdout, stderr } = await place.run(["top", ...boot, "--every", "100", "--times", "2"]);
  expect([exit, stderr]).toEqual([0, ""]);
  expect(stdout.match(/^ADDR +ROLE +DECIDED/gm)?.length).toBe(2);
  expect(stdout).toMatch(new RegExp(`^127.0.0.1:${port} +replica +leader +\\d+ +\\d+ +0 `, "m"));
  expect(stdout.includes("\x1b")).toBe(false);
  const wrong = await place.run(["top", ...boot, "--every", "soon"]);
  expect(wrong).toEqual({ exit: 2, stdout: "", stderr: expect.stringContaining("--every") });
  await node.end("SIGTERM");
  expect(await place.run(["top", ...boot])).toMatchObject({ exit: 4, stdout: "" });
});

test("place: from a file, from standard input, beside what runs", { timeout }, async () => {
  const hosts = "h1 pdu1,rack1\nh2 pdu1,rack2 # the old one\n\nh3 pdu2,rack3\n127.0.0.1 pdu2,rack4\n";
  place.write("hosts", hosts);
  const words = await place.run(["place", "hosts", "-r", "2"]);
  expect([words.exit, words.stderr]).toEqual([0, ""]);
  expect(words.stdout).toMatch(
    /^h1 +pdu1,rack1: shares no group; .*\nh3 +pdu2,rack3: shares no group; .*\nno failure|a failure/,
  );
  const json = await place.run(["place", "-", "-r", "3", "--json"], hosts);
  const told = JSON.parse(json.stdout) as { hosts: { name: string }[]; shared: unknown };
  expect(told.hosts.length).toBe(3);
  expect(told.shared).toEqual([expect.objectContaining({ group: expect.stringMatching(/^pdu/) })]);
  const port = await freePort();
  const node = place.start(["replica", "-o", "concoord.object.counter.Counter", "--memory", "-p", `${port}`]);
  await node.line(/^READY /);
  const more = await place.run(["place", "hosts", "-r", "1", "-b", `127.0.0.1:${port}`]);
  expect(more.stdout).toMatch(/^h1 +pdu1,rack1: shares no group/);
  const many = await place.run(["place", "hosts", "-r", "5"]);
  expect(many).toEqual({ exit: 1, stdout: "", stderr: "concoord: 5 hosts are wanted, and 4 are free\n" });
  for (const wrong of ["h1 a b\n", "h1\nh1\n"])
    expect(await place.run(["place", "-"], wrong)).toMatchObject({ exit: 1, stdout: "" });
  expect(await place.run(["place", "missing"])).toMatchObject({ exit: 1, stdout: "" });
});
