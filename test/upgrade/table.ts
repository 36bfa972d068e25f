/** Cases of upgrades that throw when they fail: who must hold the new code (P10), and what an upgrade must not do. */
import assert from "node:assert/strict";
import type { PeerMessage } from "../../src/shared/wire/messages.ts";
import { Log, shown } from "../object/machine.ts";
import type { Case } from "../paxos/case.ts";
import type { LaterCase } from "../server/fetch-rig.ts";
import { Scene, sceneOf, shelf } from "./scene.ts";
import { MemoryKeeper } from "./shelf.ts";
import { failing, infosOf, one, only, three, two, upgradeTo } from "./versions.ts";

function refusal(answer: PeerMessage): string {
  return answer.type === "changeRefused" ? `${answer.code} ${answer.message}` : answer.type;
}

const lacks: LaterCase = {
  name: "upgrade: who lacks the new code executes nothing and votes, and goes on when it is given the code",
  async run() {
    const scene = await sceneOf();
    const { nodes } = scene;
    for (const name of "ab") await scene.offer(name, three);
    nodes.kill("c");
    await scene.settle();
    assert.equal((await scene.upgrade(three)).type, "upgraded");
    await scene.increment();
    await nodes.run("c");
    await scene.settle();
    const c = nodes.server("c");
    assert.match(c.status().problems.join(), /this node executes nothing/);
    assert.equal(c.node.elector.mayStand, false);
    // Its vote is needed and given.
    nodes.kill("b");
    const { executed } = c.machine;
    await scene.increment();
    await scene.same("a", "total", 3);
    assert.deepEqual([c.machine.executed, c.node.log.decided > executed], [executed, true]);
    assert.equal((await scene.offer("c", three)).type, "holdsCode");
    await scene.same("ac", "total", 3);
    assert.deepEqual(c.status().problems, []);
    assert.equal(c.node.elector.mayStand, true);
    await scene.increment();
    await scene.same("ac", "total", 4);
  },
};

const heard: LaterCase = {
  name: "upgrade: refused while one that is heard lacks the new code",
  async run() {
    const scene = await sceneOf();
    const { nodes } = scene;
    const elsewhere = await nodes.ask("b", { type: "askUpgrade", classes: infosOf(two) });
    assert.equal(refusal(elsewhere), "NO_QUORUM this node does not lead");
    for (const name of "ab") await scene.offer(name, two);
    assert.equal(refusal(await scene.upgrade(two)), "DENIED the new code is not held by c:1");
    nodes.kill("b");
    nodes.at("b").keeper = new MemoryKeeper(shelf, [one]);
    await nodes.run("b");
    await nodes.ready("b");
    await scene.settle();
    assert.match(refusal(await scene.upgrade(two)), /not held by b:1/);
    await scene.settle();
    assert.equal(nodes.server("a").machine.code.upgrades, 0);
  },
};

const few: LaterCase = {
  name: "upgrade: refused where fewer than f + 1 replicas hold the new code",
  async run() {
    const scene = new Scene();
    await scene.start("abc");
    await scene.start("de", one, "acceptor");
    const { nodes } = scene;
    for (const name of "ab") await scene.offer(name, two);
    nodes.kill("c");
    await scene.settle();
    assert.match(refusal(await scene.upgrade(two)), /held by 2 of the replicas, and 3 must hold it/);
    await scene.settle();
    assert.equal(nodes.server("a").machine.code.upgrades, 0);
  },
};

const twice: Case = {
  name: "upgrade: one that comes again, or late, brings no old code back",
  run() {
    const log = new Log(only(one));
    log.machine.hold([two]);
    const commands = [upgradeTo([two]), upgradeTo([one], 1)];
    for (const command of commands) assert.equal(log.apply(command).upgraded?.problem, null);
    assert.equal(log.apply(upgradeTo([two])).upgraded, null);
    assert.deepEqual(log.machine.classes, infosOf(one));
  },
};

const whole: Case = {
  name: "upgrade: one object that cannot go over leaves all as they are",
  run() {
    const log = new Log(only(one));
    log.machine.hold([failing]);
    const session = log.open();
    for (const key of ["Counter/a", "Counter/b", "Counter/b"]) log.call(session, key, "increment");
    assert.equal(log.apply(upgradeTo([failing])).upgraded?.problem, "Counter/b: too much");
    for (const key of ["Counter/a", "Counter/b"])
      assert.equal(Object.getPrototypeOf(log.machine.peek(key)), one.ctor.prototype);
    assert.deepEqual(shown(log.call(session, "Counter/a", "increment")), { value: 2 });
  },
};

export const upgradeCases: readonly (Case | LaterCase)[] = [lacks, heard, few, twice, whole];
