/** What the log of a node that runs tells, from two looks at it. */
import { expect, test } from "vitest";
import { changesOf, type Told } from "../../src/node/log/changes.ts";

function member(id: string, changes: object = {}) {
  return { id, addr: `${id}:1`, role: "replica", away: false, ...changes };
}

function look(leader: string | null, number: number, members: object[], problems: string[] = []): Told {
  const who = leader === null ? null : { id: leader, addr: `${leader}:1` };
  return { id: "a", leader: who, problems, view: { number, members } } as unknown as Told;
}

const three = [member("a"), member("b"), member("c")];

test("nothing new, nothing told; at first only what is wrong", () => {
  expect(changesOf(look("a", 3, three), look("a", 3, three))).toEqual([]);
  expect(changesOf(null, look("a", 3, three))).toEqual([]);
  expect(changesOf(null, look("a", 3, three, ["odd"]))).toEqual([{ level: "warn", text: "odd" }]);
});

test("who leads", () => {
  const all = [look("b", 3, three), look(null, 3, three), look("a", 3, three), look("c", 3, three)];
  const lines = all.slice(1).flatMap((now, at) => changesOf(all[at] ?? null, now));
  expect(lines).toEqual([
    { level: "warn", text: "nobody is known to lead" },
    { level: "info", text: "this node leads" },
    { level: "info", text: "c:1 leads" },
  ]);
});

test("who is a member", () => {
  const next = [member("a", { addr: "a:2" }), member("c", { away: true }), member("d", { role: "acceptor" })];
  const [line, ...others] = changesOf(look("a", 3, three), look("a", 6, next));
  expect(line).toEqual({
    level: "info",
    text: "view 6: a:1 moved to a:2, c:1 is away, d:1 joined as acceptor, b:1 is gone",
  });
  expect(others).toEqual([]);
  expect(changesOf(look("a", 6, next), look("a", 7, three))[0]?.text).toContain("c:1 is back");
});

test("what is wrong, and what is so no longer", () => {
  const lines = changesOf(look("a", 3, three, ["old", "same"]), look("a", 3, three, ["same", "new"]));
  expect(lines).toEqual([
    { level: "warn", text: "new" },
    { level: "info", text: "no longer: old" },
  ]);
});
