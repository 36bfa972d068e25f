/** When a slave pushes, and what it makes of failures, on played timers. */
import { expect, test } from "vitest";
import { PushFailed, SlavePublisher, type SlaveStatus } from "../../src/shared/dns/slave-publisher.ts";
import { slaveWaitMillisMax, subdomainSilentMillisMax } from "../../src/shared/name-limits.ts";

const records = [Uint8Array.of(1)];

/** A master that answers when it is told to, and timers that ring when they are told to. */
class Scene {
  readonly pushes: number[] = [];
  readonly seen: SlaveStatus[] = [];
  readonly waits: number[] = [];
  private ring: (() => void) | null = null;
  private answer: { resolve(held: number): void; reject(error: PushFailed): void } | null = null;
  readonly slave = new SlavePublisher(
    {
      push: (number) => {
        expect(this.answer, "one push at a time").toBeNull();
        this.pushes.push(number);
        return new Promise((resolve, reject) => {
          this.answer = { resolve, reject };
        });
      },
      wait: (millis, run) => {
        this.waits.push(millis);
        this.ring = run;
        return () => {
          this.ring = null;
        };
      },
      random: () => 1,
    },
    (status) => this.seen.push(status),
  );

  view(number: number): void {
    this.slave.publish(number, records);
  }

  async held(number: number): Promise<void> {
    const { answer } = this;
    this.answer = null;
    answer?.resolve(number);
    await settled();
  }

  async failed(kind: PushFailed["kind"], message = "no"): Promise<void> {
    const { answer } = this;
    this.answer = null;
    answer?.reject(new PushFailed(kind, message));
    await settled();
  }

  async rings(): Promise<void> {
    const { ring } = this;
    this.ring = null;
    ring?.();
    await settled();
  }

  get isPushing(): boolean {
    return this.answer !== null;
  }
}

/** All promises that can be settled now are. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("each view is pushed at once; of those that come meanwhile only the newest", async () => {
  const scene = new Scene();
  scene.view(1);
  expect([scene.pushes, scene.slave.status]).toEqual([[1], { published: null, waiting: 1, problem: null }]);
  for (const number of [2, 5, 3, 4, 5]) scene.view(number);
  await scene.held(1);
  expect(scene.pushes).toEqual([1, 5]);
  await scene.held(5);
  expect(scene.slave.status).toEqual({ published: 5, waiting: null, problem: null });
  scene.view(6);
  await settled();
  await scene.held(6);
  expect([scene.pushes, scene.slave.status.published]).toEqual([[1, 5, 6], 6]);
});

test("what was pushed is pushed again as a sign of life, often enough to be late twice", async () => {
  const scene = new Scene();
  scene.view(3);
  await scene.held(3);
  expect(scene.waits).toEqual([subdomainSilentMillisMax / 6]);
  await scene.rings();
  await scene.held(3);
  expect([scene.pushes, scene.slave.status.waiting]).toEqual([[3, 3], null]);
});

test("a master that is away is tried again within seconds, and then hears of the newest view alone", async () => {
  const scene = new Scene();
  scene.view(1);
  for (let i = 0; i < 8; i++) {
    await scene.failed("away", "the master does not answer");
    scene.view(2 + i);
    expect(scene.isPushing, "a new view does not end the pause").toBe(false);
    await scene.rings();
  }
  expect(scene.waits).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000]);
  expect(scene.slave.status).toMatchObject({ waiting: 9, problem: "the master does not answer" });
  await scene.held(9);
  expect(scene.slave.status).toEqual({ published: 9, waiting: null, problem: null });
  scene.view(10);
  await settled();
  await scene.failed("away");
  expect(scene.waits.at(-1)).toBe(500);
});

test("one that refuses is asked less often", async () => {
  const scene = new Scene();
  scene.view(1);
  for (let i = 0; i < 9; i++) {
    await scene.failed("refused", "DENIED");
    await scene.rings();
  }
  expect(scene.waits.at(-1)).toBe(slaveWaitMillisMax);
  expect(scene.seen.at(-1)).toEqual({ published: null, waiting: 1, problem: "DENIED" });
});

test("a higher number at the master is a problem until it is gone", async () => {
  const scene = new Scene();
  scene.view(3);
  await scene.held(12);
  expect(scene.slave.status).toEqual({
    published: null,
    waiting: 3,
    problem: "the master holds view 12 and ignores view 3: another cluster has, or had, this domain",
  });
  await scene.rings();
  await scene.held(3);
  expect(scene.slave.status).toEqual({ published: 3, waiting: null, problem: null });
});

test("one that is stopped pushes nothing more", async () => {
  const scene = new Scene();
  scene.view(1);
  await scene.held(1);
  scene.slave.stop();
  scene.view(2);
  await scene.rings();
  expect(scene.pushes).toEqual([1]);
  const other = new Scene();
  other.view(1);
  other.slave.stop();
  await other.failed("away");
  await other.rings();
  expect(other.pushes).toEqual([1]);
});
