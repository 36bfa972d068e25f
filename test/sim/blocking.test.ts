/** Users' classes that block, in simulated clusters with faults. */
import { expect, test } from "vitest";
import { block, resume, type SessionId, Tickets } from "../../src/shared/object/index.ts";
import { ConcoordError, invocation, simulate } from "./users.ts";

class Door {
  inside: SessionId | null = null;
  readonly waiting = new Tickets<number>();
  entries = 0;

  enter() {
    if (this.inside !== null) return block(this.waiting);
    this.inside = invocation().session;
    return ++this.entries;
  }

  leave(): boolean {
    if (this.inside !== invocation().session) return false;
    this._next();
    return true;
  }

  onSessionEnd(session: SessionId): void {
    if (this.inside === session) this._next();
  }

  _next(): void {
    this.inside = null;
    for (const ticket of this.waiting) {
      this.waiting.delete(ticket);
      if (!resume(ticket, this.entries + 1)) continue;
      this.entries++;
      this.inside = ticket.session;
      return;
    }
  }
}

test("a lock that a user wrote: one at a time, each entry once, nobody waits for ever", async () => {
  const rounds = 4;
  const insideMillis = 20; // simulated
  const worlds = new WeakMap<object, { inside: number; told: number[] }>();
  const result = await simulate(Door, { seed: 1, seeds: 25, clients: 4 }, async (door, { sleep, world }) => {
    const seen = worlds.get(world) ?? { inside: 0, told: [] };
    worlds.set(world, seen);
    for (let i = 0; i < rounds; i++) {
      try {
        seen.told.push(await door.enter());
        expect(++seen.inside).toBe(1);
        await sleep(insideMillis);
        seen.inside--;
        await door.leave();
      } catch (error) {
        if (!(error instanceof ConcoordError)) throw error;
      }
    }
    expect(new Set(seen.told).size).toBe(seen.told.length);
  });
  expect(result.seeds).toBe(25);
  expect(result.calls).toBeGreaterThan(25 * 4 * rounds);
});
