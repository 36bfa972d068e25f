/** Very many waiters: what a hand-over costs does not depend on how many wait. */
import { describe, expect, test } from "vitest";
import { Condition } from "../../src/shared/object/library/condition.ts";
import { Lock } from "../../src/shared/object/library/lock.ts";
import { Semaphore } from "../../src/shared/object/library/semaphore.ts";
import type { Constructor } from "../../src/shared/object/registry.ts";
import { type Command, type SessionId, seq } from "../../src/shared/object/types.ts";
import { calls, Log, open, registryOf } from "../object/machine.ts";

const waiters = 60_000;
const batch = 5_000;

class Crowd {
  readonly log: Log;
  readonly sessions: SessionId[] = [];
  private readonly object: string;

  constructor(ctor: Constructor) {
    this.log = new Log(registryOf(ctor));
    this.object = `${ctor.name}/main`;
    for (let n = 0; n < waiters; n += batch) {
      const opens = Array.from({ length: batch }, (_, i) => open(n + i + 1, 86_400_000));
      this.sessions.push(...this.log.apply(...opens).opened.map(({ session }) => session));
    }
  }

  command(session: SessionId, method: string, ...args: readonly unknown[]): Command {
    const next = this.log.machine.session(session)?.next ?? seq(1);
    return calls(session, next, [{ object: this.object, method, args }], next - 1);
  }

  /** In few slots, each owner after the other. */
  releaseUpTo(from: number, end: number): number {
    for (let n = from; n < end; n += batch) {
      const turn = this.sessions.slice(n, Math.min(n + batch, end));
      this.log.apply(...turn.map((session) => this.command(session, "release")));
    }
    return end;
  }

  all(method: string, ...args: readonly unknown[]): void {
    for (let n = 0; n < waiters; n += batch)
      this.log.apply(...this.sessions.slice(n, n + batch).map((s) => this.command(s, method, ...args)));
  }
}

/** Milliseconds of the quickest of `times` runs: other work on the machine only adds. */
function quickest(times: number, run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const from = performance.now();
    run();
    best = Math.min(best, performance.now() - from);
  }
  return best;
}

/** Every session releases in turn, each in a slot of its own; the next one is answered in the same slot. */
function handOvers(crowd: Crowd, from: number, n: number): void {
  for (let i = from; i < from + n; i++) {
    const { answers } = crowd.log.apply(crowd.command(crowd.sessions[i] as SessionId, "release"));
    const woken = answers.find(({ outcome }) => outcome.type === "returned" && outcome.value.length > 0);
    expect(woken?.session).toBe(crowd.sessions[i + 1]);
  }
}

describe("60,000 waiters", () => {
  test.each([Lock, Semaphore])("a hand-over of a %o costs the same as with few", (ctor) => {
    const crowd = new Crowd(ctor);
    crowd.all("acquire");
    expect(crowd.log.machine.blockedCount).toBe(waiters - 1);
    let at = 0;
    const run = () => {
      handOvers(crowd, at, 200);
      at += 200;
    };
    quickest(10, run);
    const many = quickest(20, run);
    at = crowd.releaseUpTo(at, waiters - 8_000);
    const few = quickest(20, run);
    // Equal, but for the noise of the machine.
    expect(many / few).toBeLessThan(3);
    crowd.releaseUpTo(at, waiters);
    expect(crowd.log.machine.blockedCount).toBe(0);
  });

  test("whose time is over together, and who are notified together", () => {
    const crowd = new Crowd(Condition);
    const [first] = crowd.sessions as [SessionId];
    crowd.all("acquire");
    crowd.log.apply(crowd.command(first, "wait", 100));
    crowd.log.at += 100;
    const { answers } = crowd.log.apply();
    expect(answers).toEqual([]); // it waits for the lock behind all others
    crowd.log.apply(crowd.command(crowd.sessions[1] as SessionId, "release"));
    expect(crowd.log.machine.blockedCount).toBe(waiters - 2);
  });
});
