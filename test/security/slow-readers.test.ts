/** Clients that do not read: who has not read for longest is dropped, and it is said why. */
import { expect, test } from "vitest";
import { SlowReaders } from "../../src/node/net/slow-readers.ts";
import { clientQueuesBytesMax } from "../../src/shared/limits.ts";

const part = clientQueuesBytesMax / 4;

class Client {
  backlog = 0;
  dropped = false;
  private readonly readers: SlowReaders;

  constructor(readers: SlowReaders) {
    this.readers = readers;
  }

  drop(): void {
    this.dropped = true;
  }

  write(bytes: number): void {
    this.backlog += bytes;
    this.readers.note(this);
  }
}

test("the one that reads stays, also when more waits for it", () => {
  const told: string[] = [];
  const readers = new SlowReaders((why) => told.push(why));
  const [idle, busy] = [new Client(readers), new Client(readers)];
  idle.write(part);
  busy.write(2 * part);
  expect(readers.isFull(idle)).toBe(true);
  busy.backlog -= part;
  busy.write(part + 1);
  busy.backlog -= 1_000;
  busy.write(part + 1_000);
  expect([idle.dropped, busy.dropped]).toEqual([true, false]);
  expect(told).toEqual([`${part} bytes wait for a client that does not read them`]);
  busy.backlog = 0;
  readers.note(busy);
  expect(readers.isFull(busy)).toBe(false);
  new Client(readers).write(4 * part);
  expect(told).toHaveLength(1);
});
