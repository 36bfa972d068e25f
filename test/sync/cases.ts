/** Cases of locks and semaphores that throw when they fail: who is gone is given nothing, and gives all back. */
import assert from "node:assert/strict";
import { BoundedSemaphore } from "../../src/shared/object/library/boundedsemaphore.ts";
import { Lock } from "../../src/shared/object/library/lock.ts";
import { Semaphore } from "../../src/shared/object/library/semaphore.ts";
import { type Case, table } from "../paxos/case.ts";
import { Scene } from "./scene.ts";

const ways = ["cancel", "end", "time"] as const;

/** `a` has what there is; `b` waits for it first and is gone then, `c` waits for it behind. */
function withoutSecond(of: typeof Lock | typeof Semaphore, how: (typeof ways)[number]) {
  const scene = new Scene(of);
  const [a, b, c] = [scene.open(), scene.open(), scene.open()];
  const had = scene.call(a, "acquire");
  const given = scene.call(b, "acquire", true, how === "time" ? 50 : -1);
  const next = scene.call(c, "acquire");
  assert.deepEqual([given.answer, next.answer], ["blocked", "blocked"]);
  if (how === "cancel") scene.cancel(given);
  else if (how === "end") scene.end(b);
  else scene.pass(50);
  return { scene, a, b, c, had, given, next };
}

const goneFromSemaphore = table("semaphore: who waited and is gone takes no permit", ways, (how) => {
  const { scene, a, c, next } = withoutSecond(Semaphore, how);
  assert.equal(next.answer, "blocked");
  scene.call(a, "release");
  assert.equal(next.answer, true);
  scene.call(c, "release");
  assert.equal(scene.read(c, "value"), 1);
});

const goneFromLock = table("lock: who waited and is gone hands nothing on", ways, (how) => {
  const { scene, a, c, had, next } = withoutSecond(Lock, how);
  assert.equal(next.answer, "blocked");
  assert.equal(scene.read(a, "token"), had.answer);
  assert.equal(scene.call(a, "release").answer, undefined);
  assert.ok(Number(next.answer) > Number(had.answer));
  assert.equal(scene.read(c, "token"), next.answer);
});

const ownerGone: Case = {
  name: "lock: it goes to the next one when its owner is gone",
  run() {
    const scene = new Scene(Lock);
    const [a, b] = [scene.open(), scene.open()];
    scene.call(a, "acquire");
    const next = scene.call(b, "acquire");
    scene.end(a);
    assert.equal(typeof next.answer, "number");
    assert.equal(scene.call(b, "release").answer, undefined);
  },
};

const once = table("semaphore: a permit comes back once", ["any", "bounded"], (kind) => {
  const scene = new Scene(kind === "any" ? Semaphore : BoundedSemaphore);
  const [a, b] = [scene.open(), scene.open()];
  scene.call(b, "__concoordinit__", 2);
  scene.call(a, "acquire");
  scene.call(a, "release");
  scene.call(a, "acquire");
  // Whoever gives it back: it is not this session's any more.
  scene.call(b, "release");
  scene.end(a);
  assert.equal(scene.read(b, "value"), 2);
});

export const syncCases: readonly Case[] = [goneFromSemaphore, goneFromLock, ownerGone, once];
