/** An object that holds whatever a test puts into it, and the way of it through a snapshot. */
import { inspect, isDeepStrictEqual, types } from "node:util";
import { expect } from "vitest";
import { type Constructor, describe, makeRegistry } from "../../src/shared/object/registry.ts";
import type { StateMachine } from "../../src/shared/object/state-machine.ts";
import { Log } from "./machine.ts";

export class Keeper {
  value: unknown = null;
  touch(): void {
    this.value = null;
  }
}

/** A log whose only class is Keeper, beside those that it may hold. */
export function keeperLog(...nested: readonly Constructor[]): Log {
  const names = new Map(nested.map((ctor) => [ctor.name, ctor]));
  return new Log(makeRegistry([describe(Keeper, "Keeper", "", "", names, types.isProxy)]));
}

export function joined(parts: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array(Buffer.concat([...parts]));
}

/** A log with an object that holds `value`. */
export function keeping(value: unknown, ...nested: readonly Constructor[]): Log {
  const log = keeperLog(...nested);
  log.call(log.open(), "Keeper/main", "touch");
  Object.assign(log.machine.peek("Keeper/main") ?? {}, { value });
  return log;
}

export function snapshotOf(machine: StateMachine): Uint8Array {
  const capture = machine.capture();
  const bytes = joined(capture.pieces);
  expect(capture.problems).toEqual([]);
  return bytes;
}

export function problemsOf(value: unknown, ...nested: readonly Constructor[]): readonly string[] {
  const capture = keeping(value, ...nested).machine.capture();
  expect([...capture.pieces].length).toBeGreaterThan(0);
  return capture.problems;
}

/** What a value is after a snapshot; the snapshot of that must be the same, byte by byte. */
export function revived<T>(value: T, ...nested: readonly Constructor[]): T {
  const bytes = snapshotOf(keeping(value, ...nested).machine);
  const { machine } = keeperLog(...nested);
  machine.restore(bytes);
  expect(Buffer.compare(snapshotOf(machine), bytes)).toBe(0);
  return Reflect.get(machine.peek("Keeper/main") ?? {}, "value");
}

/** That a value comes back as it is: of its prototypes, in its order, with its holes. */
export function expectSame<T>(value: T, ...nested: readonly Constructor[]): T {
  const back = revived(value, ...nested);
  if (!isDeepStrictEqual(back, value)) expect(inspect(back)).toBe(inspect(value));
  return back;
}
