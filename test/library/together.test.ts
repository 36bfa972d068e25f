/** Objects that let their callers wait for others: leaders, workers, members. */
import { beforeAll, describe, expect } from "vitest";
import type { Registry } from "../../src/shared/object/registry.ts";
import { library } from "./rig.ts";
import { b, notOwner, story, value } from "./story.ts";

let known: Registry = new Map();
const registry = () => known;
beforeAll(async () => {
  known = await library("Election", "JobManager", "MeshMembership");
});

describe("Election", () => {
  story(
    registry,
    "the longest waiting candidate follows a leader that resigns or ends",
    "Election",
    (rig, step) => {
      const [a, c, d] = [rig.client(), rig.client(), rig.client()];
      expect(a.call("leader")).toBe(null);
      expect(d.call("observe")).toBe(b);
      const first = a.call("campaign", "alice");
      const alice = { name: "alice", session: a.session, token: first };
      expect([d.answer(1), a.call("leader"), a.call("campaign", "again")]).toEqual([alice, alice, first]);
      expect(c.call("campaign", { host: "c" })).toBe(b);
      expect(c.call("campaign", "c", 0)).toBe(false);
      expect(d.call("observe", first)).toBe(b);
      step();
      expect([d.call("resign"), d.call("observe"), d.call("observe", first, 0)]).toEqual([
        notOwner,
        alice,
        null,
      ]);
      expect(a.call("resign")).toBeUndefined();
      const second = c.answer(1);
      expect(second).toBeGreaterThan(first as number);
      expect(d.answer(2)).toEqual({ name: { host: "c" }, session: c.session, token: second });
      expect(a.call("campaign")).toBe(b);
      const waiting = a.last;
      step();
      c.close();
      expect(a.answer(waiting)).toBeGreaterThan(second as number);
      expect(d.call("leader")).toEqual({ name: null, session: a.session, token: a.answer(waiting) });
      expect(a.call("resign")).toBeUndefined();
      expect(a.call("leader")).toBe(null);
    },
  );

  story(registry, "who gave up is not elected", "Election", (rig, step) => {
    const [a, c, d, e] = [rig.client(), rig.client(), rig.client(), rig.client()];
    a.call("campaign");
    expect([c.call("campaign", "c", 100), d.call("campaign", "d")]).toEqual([b, b]);
    expect([d.call("observe", a.answer(1), 100), e.call("campaign", "e")]).toEqual([b, b]);
    step();
    rig.pass(100);
    expect([c.answer(1), d.answer(2)]).toEqual([false, null]);
    d.cancel(1);
    step();
    a.close();
    expect(e.answer(1)).toBeGreaterThan(0);
    expect(c.call("campaign", "c", -3)).toBe(value);
    const f = rig.client();
    expect([f.call("campaign", "f"), c.call("campaign", "c", 100)]).toEqual([b, b]);
    step();
    f.close();
    rig.pass(100);
    expect(rig.state).toHaveProperty("candidates.waiters.size", 0);
  });
});

describe("JobManager", () => {
  story(registry, "jobs are listed, changed and taken back", "JobManager", (rig, step) => {
    const a = rig.client();
    expect([a.call("schedule", { name: "one", at: 5 }), a.call("schedule", "two")]).toEqual([
      undefined,
      undefined,
    ]);
    expect([a.call("schedule", "one"), a.call("schedule", {}), a.call("schedule", "")]).toEqual([
      value,
      value,
      value,
    ]);
    expect(a.call("update", "one", "at", 6)).toBeUndefined();
    expect(a.call("update", "none", "at", 6)).toBe(value);
    expect(a.call("update", "one", "name", "x")).toBe(value);
    step();
    expect(a.call("list_jobs")).toEqual([{ name: "one", at: 6 }, { name: "two" }]);
    expect([a.call("deschedule", "one"), a.call("deschedule", { name: "one" })]).toEqual([undefined, value]);
    expect([a.call("take"), a.call("take", false)]).toEqual([{ name: "two" }, null]);
    expect(a.call("take", false, 5)).toBe(value);
  });

  story(registry, "a worker waits for a job, and only it finishes it", "JobManager", (rig, step) => {
    const [a, c] = [rig.client(), rig.client()];
    expect([a.call("take", true, 100), c.call("take")]).toEqual([b, b]);
    step();
    rig.pass(100);
    expect(a.answer(1)).toBe(null);
    expect(a.call("schedule", "one")).toBeUndefined();
    expect(c.answer(1)).toEqual({ name: "one" });
    step();
    expect(a.call("running")).toEqual([{ job: { name: "one" }, worker: c.session }]);
    expect([a.call("finish", "one"), a.call("release", "one"), a.call("finish", "none")]).toEqual([
      notOwner,
      notOwner,
      value,
    ]);
    expect(c.call("finish", { name: "one" })).toBeUndefined();
    expect(a.call("list_jobs")).toEqual([]);
  });

  story(
    registry,
    "workers that wait get what another one leaves, the oldest first",
    "JobManager",
    (rig, step) => {
      const [a, c, d] = [rig.client(), rig.client(), rig.client()];
      for (const job of ["one", "two"]) a.call("schedule", job);
      expect([a.call("take"), c.call("take")]).toEqual([{ name: "one" }, { name: "two" }]);
      expect([a.call("release", "one"), c.call("take")]).toEqual([undefined, { name: "one" }]);
      expect([d.call("take"), d.call("take")]).toEqual([b, b]);
      step();
      c.close();
      expect([d.answer(1), d.answer(2)]).toEqual([{ name: "one" }, { name: "two" }]);
    },
  );

  story(registry, "what a worker leaves is there again, in its old place", "JobManager", (rig, step) => {
    const [a, c] = [rig.client(), rig.client()];
    for (const job of ["one", "two", "three"]) a.call("schedule", job);
    expect([c.call("take"), c.call("take")]).toEqual([{ name: "one" }, { name: "two" }]);
    step();
    c.close();
    expect(a.call("running")).toEqual([]);
    expect([a.call("take"), a.call("take"), a.call("take")]).toEqual(
      ["one", "two", "three"].map((name) => ({ name })),
    );
    const d = rig.client();
    expect(d.call("take")).toBe(b);
    step();
    expect(a.call("release", "two")).toBeUndefined();
    expect([d.answer(1), a.call("take", false)]).toEqual([{ name: "two" }, null]);
    expect([a.call("deschedule", "two"), d.call("finish", "two")]).toEqual([undefined, value]);
  });
});

describe("MeshMembership", () => {
  story(registry, "groups, epochs and failures", "MeshMembership", (rig, step) => {
    const [a, c] = [rig.client(), rig.client()];
    expect([a.call("add_group", "g", 2), a.call("add_group", "g", 9)]).toEqual([undefined, undefined]);
    expect([a.call("add_group", "", 1), a.call("add_group", "h", -1)]).toEqual([value, value]);
    expect([a.call("get_group_state", "g"), a.call("is_complete", "g")]).toEqual([[[], 1], false]);
    expect(c.call("wait", "g")).toBe(b);
    step();
    expect(a.call("approve_join", "g", "n1", 1)).toEqual([true, 2]);
    expect(c.answer(1)).toEqual([["n1"], 2]);
    expect(a.call("approve_join", "g", "n2", 1)).toEqual([false, 2]);
    ["n2", "n3", "n4"].map((node, i) => a.call("approve_join", "g", node, i + 2));
    step();
    expect([a.call("get_group_members", "g"), a.call("is_complete", "g")]).toEqual([
      ["n1", "n2", "n3", "n4"],
      true,
    ]);
    expect(a.call("notify_failure", "g", 4, "n1")).toEqual([["n1", "n2", "n3", "n4"], 5]);
    for (let i = 0; i < 2; i++)
      expect(a.call("notify_failure", "g", 5, "n1")).toEqual([["n1", "n2", "n3", "n4"], 5]);
    expect(a.call("notify_failure", "g", 5, "n9")).toBe("KeyError");
    expect(c.call("wait", "g")).toBe(b);
    step();
    expect(c.call("notify_failure", "g", 5, "n1")).toEqual([["n2", "n3", "n4"], 6]);
    expect(c.answer(2)).toEqual([["n2", "n3", "n4"], 6]);
    expect(a.call("notify_failure", "g", 6, "n2")).toEqual([["n2", "n3", "n4"], 6]);
    expect(a.call("approve_join", "g", "n5", 6)).toEqual([true, 7]);
    expect(c.call("notify_failure", "g", 7, "n2"), "that of epoch 6 does not count").toEqual([
      ["n2", "n3", "n4", "n5"],
      7,
    ]);
    expect([a.call("check_member", "g", "n1"), a.call("check_member", "g", "n2")]).toEqual([
      [false, 7],
      [true, 7],
    ]);
    expect([c.call("wait", "g", 0), c.call("wait", "g", 100), c.call("wait", "g")]).toEqual([null, b, b]);
    step();
    rig.pass(100);
    expect([c.answer(c.last - 1), c.answer(c.last)]).toEqual([null, b]);
    expect(a.call("remove_group", "g")).toBeUndefined();
    expect(c.answer(c.last)).toBe("KeyError");
    for (const method of ["remove_group", "get_group_epoch", "get_group_state", "wait", "is_complete"])
      expect(a.call(method, "g")).toBe("KeyError");
  });
});
