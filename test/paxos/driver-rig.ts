/** A driver whose disk, clock and network obey the case: an append ends when, and as soon as, it is told to. */
import type { Clock, Timer } from "../../src/shared/clock.ts";
import type { NodeId } from "../../src/shared/paxos/ids.ts";
import { PaxosNode } from "../../src/shared/paxos/node.ts";
import type { PaxosMessage, Recovered, Write } from "../../src/shared/paxos/types.ts";
import { Driver } from "../../src/shared/server/driver.ts";
import type { Storage } from "../../src/shared/server/storage.ts";
import type { Transport } from "../../src/shared/server/transport.ts";
import type { PeerMessage } from "../../src/shared/wire/messages.ts";
import { at, id, moment, recovered, view } from "./case.ts";

type Settle = (error?: Error) => void;

/** A promise that calls back within `settle`, so that a case needs no waiting. It serves one `then`. */
function promiseByHand(): { promise: Promise<void>; settle: Settle } {
  let [done, failed]: [() => void, (error: unknown) => void] = [() => undefined, () => undefined];
  const then = (onDone: () => void, onFailed: (error: unknown) => void) => {
    [done, failed] = [onDone, onFailed];
    return promise;
  };
  const promise = { then } as unknown as Promise<void>;
  return { promise, settle: (error) => (error === undefined ? done() : failed(error)) };
}

export class Disk implements Storage {
  /** Nothing outlives the process. */
  isMemory = false;
  readonly appends: { readonly writes: readonly Write[]; readonly settle: Settle }[] = [];
  append(writes: readonly Write[]): Promise<void> | null {
    if (this.isMemory) return null;
    const { promise, settle } = promiseByHand();
    this.appends.push({ writes, settle });
    return promise;
  }
  load = async () => ({ notes: [], snapshot: null });
  keep = () => Promise.reject(new Error("no snapshots here"));
  read = async () => null;
  /** What the driver said may go. */
  readonly trims: number[] = [];
  trim = async () => undefined;
  bytes = () => 0;
  close = async () => undefined;
}

export class Network implements Transport {
  /** Queued since the last flush. */
  private queued: string[] = [];
  /** What left, as "b p1b". Heartbeats are left out. */
  sent: string[] = [];
  send(to: readonly NodeId[], message: PeerMessage): void {
    if (message.type !== "heartbeat") for (const peer of to) this.queued.push(`${peer[0]} ${message.type}`);
  }
  flush(): void {
    this.sent.push(...this.queued);
    this.queued = [];
  }
  start = () => undefined;
  learn = () => undefined;
  close = async () => undefined;
}

export class Turns implements Clock {
  now = 0;
  private soonest: (() => void)[] = [];
  readonly timers: number[] = [];
  /** How often something was to be done. */
  ran = 0;
  moment = () => moment(this.now);
  at(when: number): Timer {
    this.timers.push(when);
    return { cancel: () => undefined };
  }
  soon(run: () => void): void {
    this.soonest.push(run);
  }
  /** The event loop goes round until nothing is left to do. */
  turn(): void {
    for (;;) {
      const [run] = this.soonest.splice(0, 1);
      if (run === undefined) return;
      this.ran++;
      run();
    }
  }
}

export interface Rig {
  readonly disk: Disk;
  readonly net: Network;
  readonly clock: Turns;
  readonly driver: Driver;
  readonly decided: number[];
  /** What had left when each of them was executed. */
  readonly before: (readonly string[])[];
  readonly failures: unknown[];
  hear(...messages: PaxosMessage[]): void;
}

/** Node a of a, b and c, which hears from b. */
export function rig(found: Recovered = recovered("a", view("abc"))): Rig {
  const [disk, net, clock] = [new Disk(), new Network(), new Turns()];
  const [decided, failures]: [number[], unknown[]] = [[], []];
  const before: (readonly string[])[] = [];
  const node = new PaxosNode(found, at(0));
  const driver = new Driver(node, disk, net, clock, {
    turned: () => undefined,
    decided: (d) => {
      decided.push(d.slot);
      before.push([...net.sent]);
    },
    confirmed: () => undefined,
    trimmed: (s) => disk.trims.push(s),
    failed: (error) => failures.push(error),
  });
  const hear = (...messages: PaxosMessage[]) => {
    for (const message of messages) driver.push({ type: "receive", from: id("b"), message });
    clock.turn();
  };
  return { disk, net, clock, driver, decided, before, failures, hear };
}
