/** The page of a node in Chromium, with a cluster of three processes. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession } from "../../src/node/index.ts";
import { Cluster } from "../process/cluster.ts";
import { chromiumPath } from "../runtime/chromium.ts";
import { type Picture, shares } from "./png.ts";
import { Tab } from "./tab.ts";

if (chromiumPath === null)
  console.warn("The page is not tested: no Chromium. Install chromium, or name it in CHROMIUM.");

const objects = ["./test/page/board.ts", "concoord.object.lock.Lock"];

describe.skipIf(chromiumPath === null)("the page", () => {
  let cluster: Cluster;
  let tab: Tab;

  beforeAll(async () => {
    cluster = await Cluster.start(3, objects);
    const leader = await cluster.leader();
    const follower = cluster.replicas[(leader + 1) % 3] as Cluster["replicas"][number];
    tab = await Tab.open(chromiumPath ?? "", `http://${follower.addr}/`);
    await tab.theme("light");
  });
  afterAll(async () => {
    await tab?.close();
    await cluster?.stop();
  });

  test("calls a method; the log and the state show it", async () => {
    await tab.text("#state", /^3 of 3 members answer, tolerates 1 failure$/);
    await tab.text("#members", /leader/);
    await call("add", '"milk", "two litres"');
    await tab.text("#results li", /Board\/main\.add\("milk", "two litres"\)1$/);
    await tab.text("#log", /Board\/main\.add\("milk", "two litres"\)1/);
    await tab.text("#tree", /Board\/main: ?Board \{5\}|Board\/mainBoard \{5\}/);
    await tab.text(
      "#tree",
      /notesMap \(1\).*tagsSet \(0\).*bytesUint8Array 3 bytes 01 02 fa.*big12n.*count1$/,
    );
    await tab.text("#methods", /Board\.add/);
    await tab.run(`document.querySelector("#tree details details").open = true`);
    await tab.text("#tree", /"milk"\{2\}/);
    await call("add", '"bread", "<img src=x onerror=alert(1)>"');
    await tab.text("#tree", /"bread"\{2\}.*count2/);
    // What callers send is text: no element comes of it.
    expect(await tab.run(`document.querySelectorAll("img").length`)).toBe(1);
    await call("fail", "");
    await tab.text("#results li", /RangeError: too far$/);
    await tab.text("#log", /Board\/main\.fail\(\)RangeError: too far/);
    await call("add", "oops");
    await tab.text("#results li", /Arguments are JSON/);
  });

  test("says who leads, how far each member is, what is tolerated, and how often methods are called", async () => {
    const addr = "127\\.0\\.0\\.1:\\d+";
    await tab.text(
      "#facts",
      new RegExp(`^leader${addr}ballot\\d+ of ${addr}view3failures tolerated1decided\\d`),
    );
    await tab.text("#facts", /executed[\d,]+snapshot.*sessions1blocked calls0up.*cluster[0-9a-f]{32}$/);
    const rows = `[...document.querySelectorAll("#members tr")]`;
    const cells = `${rows}.map((row) => [...row.cells].slice(1).map((cell) => cell.textContent))`;
    const members = (await tab.run(cells)) as string[][];
    expect(members).toHaveLength(3);
    for (const [state, decided, executed, lag] of members) {
      expect([state, lag]).toEqual(["alive", expect.stringMatching(/^\d$/)]);
      expect(Number(decided)).toBeGreaterThan(0);
      expect(Number(executed)).toBeGreaterThan(0);
    }
    await tab.text("#methods", /Board\.add\d+(\.\d)?\d00(\d|–)/);
    await tab.text("#rate", /^\d+(\.\d)? calls\/s$/);
    await tab.text("#log", /\d\.0 #1Board\/main\.add/);
  });

  test("a blocked caller appears and vanishes, and so does who holds the lock", async () => {
    await using holder = openSession(cluster.bootstrap);
    await using waiter = openSession(cluster.bootstrap);
    const token = await holder.call("Lock", "acquire", []);
    const granted = waiter.call("Lock", "acquire", []);
    await tab.text("#blocked", /Lock\/main\.acquire session [\d.]+ call 1, until it is resumed/);
    await tab.text("#locks", new RegExp(`Lock/main session [\\d.]+ token ${token}1 wait`));
    await tab.text("#sessions-count", /^3$/);
    await tab.text("#log", /Lock\/main\.acquire\(\)blocked/);
    await holder.call("Lock", "release", []);
    expect(await granted).toBeGreaterThan(Number(token));
    await tab.text("#blocked", /^No caller is blocked/);
    await tab.text("#log", new RegExp(`Lock/main\\.acquire\\(\\)${await granted}`));
    await waiter.call("Lock", "release", []);
    await tab.text("#locks", /^Nothing is held/);
  });

  test("goes back in time, and to now again", async () => {
    await tab.run(`[...document.querySelectorAll("#log tr")]
      .find((row) => row.textContent.includes("milk")).querySelector("button").click()`);
    await tab.text("#object-note", /^after slot \d+$/);
    await tab.text("#tree", /"milk"\{2\}.*count1$/);
    await tab.text("#log tr", /Board\/main\.add\("milk", "two litres"\)1$/);
    await tab.text("#log .at", /"milk"/);
    await tab.run(`document.querySelector("#earlier").click()`);
    await tab.text("#object-note", /no call has made this object/);
    await tab.run(`document.querySelector("#live").click()`);
    await tab.text("#object-note", /^live, slot \d+$/);
    await tab.text("#tree", /count2$/);
  });

  test("every control is reached by the keyboard, and shows that", async () => {
    await tab.run(`document.querySelector("#class").focus()`);
    const seen = new Set<unknown>();
    for (let i = 0; i < 24; i++) {
      const at = await tab.run(`document.activeElement.id || document.activeElement.localName`);
      seen.add(at);
      const outline = await tab.run(`getComputedStyle(document.activeElement).outlineStyle`);
      if (i > 0 && at !== "body") expect(outline, String(at)).not.toBe("none");
      await tab.press("Tab");
    }
    const wanted = [
      "name",
      "method",
      "args",
      "send",
      "object",
      "summary",
      "earlier",
      "slot",
      "later",
      "slot-number",
      "metas",
    ];
    expect([...seen]).toEqual(expect.arrayContaining(wanted));
  });

  test("looks as it did: wide, dark, on a phone", async () => {
    await tab.run(`document.activeElement.blur()`);
    for (const [name, theme, width] of [
      ["wide", "light", 1280],
      ["dark", "dark", 1280],
      ["phone", "light", 320],
    ] as const) {
      await tab.theme(theme);
      await tab.size(width, width < 600 ? 2400 : 1100, width < 600);
      await tab.run(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`);
      expect(await tab.run(`document.documentElement.scrollWidth`)).toBeLessThanOrEqual(width);
      const { now, kept } = await tab.picture(name);
      expect([now.width, now.height]).toEqual([kept.width, kept.height]);
      expect(
        alike(now, kept),
        `${name}: share of the regions that are blank, or are not, as they were`,
      ).toBeGreaterThan(0.85);
    }
    await tab.theme("light");
    await tab.size(1280, 1400, false);
  });

  test("the leader is killed: the page shows a new one, and goes on", async () => {
    const before = await cluster.leader();
    const { addr } = cluster.replicas[before] as Cluster["replicas"][number];
    await cluster.kill(before);
    await tab.text("#members", /silent/);
    await tab.text("#state", /^2 of 3 members answer/);
    const after = cluster.replicas[await cluster.leader()] as Cluster["replicas"][number];
    expect(after.addr).not.toBe(addr);
    await tab.text("#facts", new RegExp(`leader${after.addr}`));
    await call("tag", '"late"');
    await tab.text("#tree", /tagsSet \(1\)/);
    expect(tab.faults).toEqual([]);
  });

  async function call(method: string, args: string): Promise<void> {
    await tab.text("#method", new RegExp(method));
    await tab.run(`document.querySelector("#method").value = ${JSON.stringify(method)}`);
    await tab.run(`document.querySelector("#args").value = ${JSON.stringify(args)}`);
    await tab.run(`document.querySelector("#args").focus()`);
    await tab.press("Enter");
  }
});

/** The share of regions of which both are blank, or neither is. */
function alike(a: Picture, b: Picture): number {
  const [across, down] = [8, 20];
  const blank = (picture: Picture) => shares(picture, across, down).map((share) => share < 0.004);
  const [one, other] = [blank(a), blank(b)];
  return one.filter((is, i) => is === other[i]).length / one.length;
}
