/** An object whose state holds every kind of value, and declared reads of it. */
import { expect } from "vitest";
import { Log, registryOf, shown } from "./machine.ts";

export class Item {
  readonly id: number;
  tags: string[] = [];
  constructor(id: number) {
    this.id = id;
  }
  get double(): number {
    return this.id * 2;
  }
  rename(tag: string): void {
    this.tags.push(tag);
  }
}

class Special extends Map<string, number> {}

/** Every kind of value that a state may hold. */
class State {
  n = 1;
  list = [3, 1, 2];
  items = [new Item(1), new Item(2)];
  nested = { a: { b: [1] } };
  frozen = Object.freeze({ inner: { x: 1 } });
  map = new Map<string, { v: number }>([["k", { v: 1 }]]);
  byItem = new Map<Item, string>([[this.items[0] as Item, "first"]]);
  set = new Set<unknown>([1, this.items[0]]);
  date = new Date(1_234);
  bytes = Uint8Array.of(1, 2, 3);
  words = new BigInt64Array([1n, 2n]);
  buffer = new ArrayBuffer(4);
  view = new DataView(new ArrayBuffer(4));
  pattern = /b(\d)/;
  place = /b/g;
  special = new Special([["k", 1]]);
  callback = (): number => ++this.n;
  own = this as unknown;
  get total(): number {
    return this.list.reduce((a, b) => a + b, 0);
  }
  get sorted(): number[] {
    return [...this.list].sort();
  }
  get cached(): number {
    this.n = 5;
    return this.n;
  }
  set total(value: number) {
    this.n = value;
  }
  helper(): Item {
    return this.items[1] as Item;
  }
}

export type Read = (s: State) => unknown;

/** Runs `read` as a declared read of a fresh state, and says what became of it and whether the state is as before. */
export function run(read: Read): { readonly outcome: unknown; readonly state: State } {
  class Probe extends State {
    static reads = ["read"];
    touch(): void {
      this.n = 1;
    }
    read(): unknown {
      return read(this);
    }
  }
  const log = new Log(registryOf(Probe));
  const session = log.open();
  log.call(session, "Probe/main", "touch");
  const { digest, callIndex } = log.machine;
  const call = { object: "Probe/main", method: "read", args: [] };
  const [outcome] = log.machine.read([call], session, 1);
  expect([log.machine.digest, log.machine.callIndex]).toEqual([digest, callIndex]);
  return { outcome: shown(outcome), state: log.machine.peek("Probe/main") as State };
}

/** `write`, by a method that does not let it fail. */
export function caught(write: Read): Read {
  return (s) => {
    try {
      write(s);
    } catch {
      return "caught";
    }
    return "not even thrown";
  };
}
