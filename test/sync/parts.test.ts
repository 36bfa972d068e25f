/** The D-classes as parts of a user's class: the same semantics, with hooks and snapshots reaching them. */
import { describe, expect, test } from "vitest";
import {
  type Blocked,
  DBarrier,
  DBoundedSemaphore,
  DCondition,
  DLock,
  DRLock,
  DSemaphore,
} from "../../src/shared/object/index.ts";
import { Lock } from "../../src/shared/object/library/lock.ts";
import { Scene } from "./scene.ts";

/** A queue of bounded length, as a class with blocking methods is written, and one of each other part. */
class Workshop {
  door = new DLock();
  desk = new DRLock();
  seats = new DSemaphore(2);
  tools = new DBoundedSemaphore(1);
  bell = new DCondition();
  gate = new DBarrier(2, 100);

  enter(timeout = -1): number | false | Blocked<number | false> {
    return this.door.acquire(true, timeout);
  }
  leave(): void {
    this.door.release();
  }
  write(): number | false | Blocked<number | false> {
    return this.desk.acquire();
  }
  sit(): boolean | Blocked<boolean> {
    return this.seats.acquire();
  }
  take(): boolean | Blocked<boolean> {
    return this.tools.acquire();
  }
  listen(): number | false | Blocked<number | false> {
    return this.bell.acquire();
  }
  nap(timeout: number): boolean | Blocked<boolean> {
    return this.bell.wait(timeout);
  }
  meet(): number | Blocked<number> {
    return this.gate.wait();
  }
  /** [door, desk, bell locked; seats, tools free; gate broken] */
  state(): unknown {
    const { door, desk, bell, seats, tools, gate } = this;
    return [door.locked(), desk.locked(), bell.locked(), seats.value(), tools.value(), gate.broken()];
  }
}

describe.each([false, true])("parts of an object, restarts: %s", (restarts) => {
  function scene(): Scene {
    const made = new Scene(Workshop, [Lock]);
    return made;
  }
  const between = (s: Scene) => {
    if (restarts) s.restart();
  };

  test("a lock in a field hands on, and hears of deadlines and the end of sessions", () => {
    const s = scene();
    const [a, b, c] = [s.open(), s.open(), s.open()];
    expect(s.call(a, "enter").answer).toBeTypeOf("number");
    const late = s.call(b, "enter", 50);
    between(s);
    const waits = s.call(c, "enter");
    s.pass(50);
    expect([late.answer, waits.answer]).toEqual([false, "blocked"]);
    between(s);
    s.end(a);
    expect(waits.answer).toBeTypeOf("number");
    between(s);
    expect(s.call(b, "leave").answer).toBe("NOT_OWNER RuntimeError");
    s.call(c, "leave");
    expect(s.call(b, "state").answer).toEqual([false, false, false, 2, 1, false]);
  });

  test("every part hears of the end of a session", () => {
    const s = scene();
    const [a, b] = [s.open(), s.open()];
    for (const method of ["enter", "write", "sit", "sit", "take", "listen"]) s.call(a, method);
    between(s);
    const met = s.call(a, "meet");
    expect(met.answer).toBe("blocked");
    between(s);
    expect(s.call(b, "state").answer).toEqual([true, true, true, 0, 0, false]);
    s.end(a);
    between(s);
    expect(s.call(b, "state").answer).toEqual([false, false, false, 2, 1, true]);
  });

  test("a condition waits for its lock beyond its time; a barrier's timeout breaks it", () => {
    const s = scene();
    const [a, b] = [s.open(), s.open()];
    s.call(a, "listen");
    const nap = s.call(a, "nap", 20);
    between(s);
    s.call(b, "listen");
    s.pass(20);
    between(s);
    expect(nap.answer).toBe("blocked");
    const met = s.call(b, "meet");
    between(s);
    s.end(b);
    expect(nap.answer).toBe(false);
    expect(met.answer).toBe("blocked"); // it went with its session
    between(s);
    const alone = s.call(a, "meet");
    expect(alone.answer).toBe("BROKEN_BARRIER BrokenBarrierError");
  });
});
