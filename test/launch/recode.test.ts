/** What replicas are started with after an upgrade: the new classes, and of the old modules what is left. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LaunchRole } from "../../src/node/launch/jobs.ts";
import { recode } from "../../src/node/launch/recode.ts";
import { classesToSend } from "../../src/node/launch/shipment.ts";
import { readUnit, unitFolder, writeUnit } from "../../src/node/launch/unit.ts";

let dir: string;
const home = process.env["HOME"];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "openreplica-recode-"));
  process.env["HOME"] = dir;
});
afterEach(() => {
  process.env["HOME"] = home;
  rmSync(dir, { recursive: true, force: true });
});

function unit(port: number, cluster: string, role: LaunchRole, words: readonly string[]): void {
  const at = { port, addr: "h", advertise: `h:${port}`, boot: [], node: "/node", concoord: "/c" };
  writeUnit(unitFolder("h", port), { ...at, role, words, cluster, keeper: "supervisor" });
}

test("classes of the same names give way, the others stay, other nodes are left alone", async () => {
  const old = join(dir, "old.ts");
  writeFileSync(old, "export class A { m() {} }\nexport class B { m() {} }\n");
  mkdirSync(join(dir, "new"));
  writeFileSync(join(dir, "new/a.ts"), "export class A { m() {} n() {} }\n");
  const words = ["--safe", "--objectname", old, "--objectname=concoord.object.counter.Counter"];
  unit(1, "c", "replica", words);
  unit(2, "other", "replica", words);
  unit(3, "c", "acceptor", ["--memory"]);
  const sent = classesToSend(["./new/a.ts"], dir, "upgrade-1");
  expect(await recode("h", { type: "recode", cluster: "c", classes: ["A"], ...sent })).toBe(1);
  const fresh = join(unitFolder("h", 1), "files/upgrade-1/code0/a.ts");
  expect(readUnit(unitFolder("h", 1)).words).toEqual([
    "--safe",
    ...["--objectname", `${old}#B`],
    ...["--objectname", "concoord.object.counter.Counter"],
    ...["--objectname", fresh],
  ]);
  expect(readFileSync(fresh, "utf8")).toContain("n()");
  expect(readUnit(unitFolder("h", 2)).words).toEqual(words);
  expect(readUnit(unitFolder("h", 3)).words).toEqual(["--memory"]);
});

test("a module that is gone changes nothing", async () => {
  unit(1, "c", "replica", ["--objectname", join(dir, "gone.ts")]);
  const job = { type: "recode", cluster: "c", classes: ["A"], words: [], files: [] } as const;
  await expect(recode("h", job)).rejects.toThrow("no such file");
  expect(readUnit(unitFolder("h", 1)).words).toEqual(["--objectname", join(dir, "gone.ts")]);
});
