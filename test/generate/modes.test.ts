/** How the calls of a generated proxy leave, at a real node: frames as they are sent, slots as the log has them. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeRuntime } from "../../src/node/client/runtime.ts";
import { startReplica } from "../../src/node/start-replica.ts";
import { createClient } from "../../src/shared/client/connect.ts";
import { flush, invoke, type Options, within } from "../../src/shared/client/index.ts";
import { decodeCommand } from "../../src/shared/wire/command-codec.ts";
import type { ClientLink, Dialer } from "../../src/shared/wire/link.ts";

/** Counts what leaves: a list of commands for each frame, a command by how many calls it has. */
class Counted implements Dialer {
  readonly frames: number[][] = [];
  private waiting: number[] = [];
  private sent = false;

  dial(...args: Parameters<Dialer["dial"]>): ClientLink {
    const link = nodeRuntime.dialer.dial(...args);
    return {
      send: (message) => {
        this.sent = true;
        const command = message.type === "command" ? decodeCommand(message.bytes) : null;
        if (command?.type === "calls") this.waiting.push(command.n);
        link.send(message);
      },
      flush: () => {
        if (this.sent) this.frames.push(this.waiting);
        this.waiting = [];
        this.sent = false;
        link.flush();
      },
      close: () => link.close(),
    };
  }
}

let node: Awaited<ReturnType<typeof startReplica>>;
beforeAll(async () => {
  const objects = [fileURLToPath(new URL("slots.ts", import.meta.url))];
  node = await startReplica({ objects, memory: true });
  await node.whenReady();
});
afterAll(() => node.stop());

/** A generated proxy of Slots, over a dialer that counts. */
function connected(options: Options) {
  const counted = new Counted();
  const { Proxied } = createClient({ ...nodeRuntime, dialer: counted });
  class Slots extends Proxied {
    constructor() {
      super("Slots", node.addr, options);
    }
    where(): Promise<number> {
      return this[invoke]("where", []);
    }
  }
  return { slots: new Slots(), counted };
}

/** The frames with calls that ten calls of one turn took, and how many slots. */
async function measure(proxy: 0 | 1 | 2 | 3) {
  const { slots, counted } = connected({ proxy });
  const first = slots.where();
  await slots[flush]();
  await first;
  counted.frames.length = 0;
  const all = Promise.all(Array.from({ length: 10 }, () => slots.where()));
  if (proxy === 2) await slots[flush]();
  const found = new Set(await all);
  await slots[Symbol.asyncDispose]();
  return { frames: counted.frames.filter((commands) => commands.length > 0), slots: found.size };
}

const tenTimes = <T>(item: T): T[] => Array.from({ length: 10 }, () => item);

test("proxy 0: a frame and a slot for each call", async () => {
  expect(await measure(0)).toEqual({ frames: tenTimes([1]), slots: 10 });
});

test("proxy 1: a frame for each call, all at once", async () => {
  const { frames, slots } = await measure(1);
  expect(frames).toEqual(tenTimes([1]));
  expect(slots).toBeLessThanOrEqual(10);
});

test("proxy 2: one command of all calls, in one frame and slot", async () => {
  expect(await measure(2)).toEqual({ frames: [[10]], slots: 1 });
});

test("proxy 3: a command for each call, in one frame, which the leader puts into one slot", async () => {
  expect(await measure(3)).toEqual({ frames: [tenTimes(1)], slots: 1 });
});

test("proxy 2 leaves by itself with 1,000 calls", async () => {
  const { slots, counted } = connected({ proxy: 2 });
  const all = await Promise.all(Array.from({ length: 1_000 }, () => slots.where()));
  expect(new Set(all).size).toBe(1);
  expect(counted.frames.filter((commands) => commands.length > 0)).toEqual([[1_000]]);
  await slots[Symbol.asyncDispose]();
});

test("within and disposal take a generated proxy as any other", async () => {
  const { slots } = connected({});
  expect(await within(slots, { timeout: 5_000 }).where()).toBeGreaterThan(0);
  await slots[Symbol.asyncDispose]();
  await expect(slots.where()).rejects.toMatchObject({ code: "CLOSED" });
});
