/**
 * Simulated nodes share one heap. So that none of them changes what another one holds, messages are frozen when they
 * leave, and bytes, which cannot be frozen, are summed when they leave and when they arrive.
 */
import { Broken } from "../paxos/ids.ts";

export class Freezer {
  private readonly sums = new WeakMap<Uint8Array, number>();
  private readonly on: boolean;

  /** @param on whether it does anything: it costs time, and some of all worlds are enough */
  constructor(on: boolean) {
    this.on = on;
  }

  /** Freezes `value` and all that it holds. */
  freeze(value: object): void {
    if (this.on) this.freezeAll(value);
  }

  /** @throws Broken when bytes changed since they were frozen */
  check(value: object): void {
    if (this.on) this.checkAll(value);
  }

  private freezeAll(value: object): void {
    if (value instanceof Uint8Array) {
      if (!this.sums.has(value)) this.sums.set(value, sum(value));
      return;
    }
    if (Object.isFrozen(value)) return;
    Object.freeze(value);
    for (const part of Object.values(value) as unknown[]) {
      if (typeof part === "object" && part !== null) this.freezeAll(part);
    }
  }

  private checkAll(value: object): void {
    if (value instanceof Uint8Array) {
      const before = this.sums.get(value);
      if (before !== undefined && before !== sum(value)) throw new Broken("bytes changed on their way");
      return;
    }
    for (const part of Object.values(value) as unknown[]) {
      if (typeof part === "object" && part !== null) this.checkAll(part);
    }
  }
}

function sum(bytes: Uint8Array): number {
  let s = bytes.length;
  for (let i = 0; i < bytes.length; i++) s = (Math.imul(s, 31) + (bytes[i] as number)) | 0;
  return s;
}
