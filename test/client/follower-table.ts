/** Following views: which view counts, what cut off means, and whom it goes to, as cases that throw when they fail. */
import assert from "node:assert/strict";
import { clusterId } from "../../src/shared/paxos/ids.ts";
import { id, view } from "../paxos/case.ts";
import type { LaterCase } from "../server/fetch-rig.ts";
import { Scene } from "./follower-rig.ts";

const other = clusterId("d".repeat(32));
const cluster = clusterId("c".repeat(32));

const newest: LaterCase = {
  name: "follower: a view counts when its number is higher",
  async run() {
    const scene = new Scene("a:1,b:1");
    const { a, b, clock, follower } = scene;
    await clock.until(() => follower.number === 4, "the first view");
    for (const number of [4, 6, 5, 6, 7]) {
      a.view = view("abc", number);
      a.tell();
    }
    await clock.pass(10);
    assert.deepEqual([scene.told, follower.view], [[4, 6, 7], view("abc", 7)]);
    a.down();
    await clock.until(() => scene.near === "b", "another node");
    assert.equal(follower.number, 7, "b is behind");
    b.view = view("abc", 8);
    b.tell();
    await clock.until(() => follower.number === 8, "the newest view");
  },
};

const cutOff: LaterCase = {
  name: "follower: cut off is who is connected to no node that knows a leader",
  async run() {
    const scene = new Scene("a:1,b:1");
    const { a, clock, follower } = scene;
    assert.equal(follower.cutOffSince, clock.now);
    await clock.until(() => follower.cutOffSince === null, "a node");
    await clock.pass(60_000);
    assert.equal(follower.cutOffSince, null);
    for (const node of scene.all) node.up = false;
    a.down();
    const since = clock.now;
    await clock.pass(60_000);
    assert.deepEqual([follower.cutOffSince, follower.number], [since, 4]);
    assert.match(follower.problem?.message ?? "", /no node answers at a:1, b:1, c:1/);
    assert(a.dials < 60, `${a.dials} dials in a minute`);
    a.up = true;
    await clock.until(() => follower.cutOffSince === null, "the node again");
    assert.equal(follower.problem, null);
  },
};

const leaderless: LaterCase = {
  name: "follower: it leaves a node that knows no leader for one that does",
  async run() {
    const scene = new Scene("a:1,b:1");
    const { a, b, clock, follower } = scene;
    await clock.until(() => scene.near === "a", "a");
    [a.leader, b.leader] = [null, id("b")];
    a.tell();
    await clock.pass(5);
    assert.notEqual(follower.cutOffSince, null);
    await clock.until(() => scene.near === "b" && follower.cutOffSince === null, "b");
    assert.equal(a.links.size, 0);
  },
};

const silent: LaterCase = {
  name: "follower: it leaves a node that is silent",
  async run() {
    const scene = new Scene("a:1,b:1");
    const { a, clock } = scene;
    await clock.until(() => scene.near === "a", "a");
    await clock.pass(20_000);
    const since = clock.now;
    a.hung = true;
    await clock.until(() => scene.near === "b", "b");
    assert(clock.now - since < 5_000, `it took ${clock.now - since} ms`);
  },
};

const learned: LaterCase = {
  name: "follower: the members that it learned are tried, too",
  async run() {
    const scene = new Scene("a:1");
    const { a, clock, follower } = scene;
    await clock.until(() => follower.number === 4, "a view");
    a.down();
    await clock.until(() => scene.near !== null, "another node");
  },
};

const wrong: LaterCase = {
  name: "follower: another cluster is told of and not followed, and the right one still is",
  async run() {
    const scene = new Scene("a:1,b:1,c:1");
    const { a, clock, follower } = scene;
    await clock.until(() => follower.number === 4, "a view");
    for (const node of scene.all) [node.cluster, node.view] = [other, view("abc", 9)];
    a.down();
    a.up = true;
    await clock.until(() => scene.refused.length >= 2, "refusals");
    assert.deepEqual([...new Set(scene.refused)], ["WRONG_CLUSTER"]);
    assert.equal(follower.problem?.code, "WRONG_CLUSTER");
    assert.deepEqual([follower.number, follower.cluster], [4, cluster]);
    for (const node of scene.all) node.cluster = cluster;
    await clock.until(() => follower.number === 9, "the right cluster");
    assert.equal(follower.problem, null);
  },
};

const denied: LaterCase = {
  name: "follower: one node that lets it not in does not keep it from the others",
  async run() {
    const scene = new Scene("a:1,b:1");
    scene.a.rejects = { code: "DENIED", message: "the token is wrong" };
    [scene.b.leader, scene.b.view] = [id("b"), view("abc", 5)];
    await scene.clock.until(() => scene.follower.number === 5, "b");
    assert.deepEqual(scene.refused, ["DENIED"]);
  },
};

const kept: LaterCase = {
  name: "follower: it begins with what it knew",
  async run() {
    const scene = new Scene("x:1", { cluster, view: view("ab", 6) });
    const { a, b, clock, follower } = scene;
    assert.equal(follower.number, 6);
    [a.cluster, a.view] = [other, view("abc", 9)];
    b.leader = id("b");
    await clock.until(() => scene.near === "b", "the member that it knew");
    assert.deepEqual([follower.number, scene.told], [6, []]);
  },
};

export const followerCases: readonly LaterCase[] = [
  newest,
  cutOff,
  leaderless,
  silent,
  learned,
  wrong,
  denied,
  kept,
];
