/** The objects of the library that are tried, with their models and the calls that clients draw. */
import { Bank } from "../../src/shared/object/library/bank.ts";
import { Counter } from "../../src/shared/object/library/counter.ts";
import { Lock } from "../../src/shared/object/library/lock.ts";
import { Queue } from "../../src/shared/object/library/queue.ts";
import { Semaphore } from "../../src/shared/object/library/semaphore.ts";
import { Stack } from "../../src/shared/object/library/stack.ts";
import type { Dice } from "../../src/shared/sim/dice.ts";
import type { Model } from "./linearizable.ts";
import { bankModel, counterModel, queueModel, stackModel } from "./models-data.ts";
import { lockModel, semaphoreModel } from "./models-sync.ts";

export interface Drawn {
  readonly method: string;
  readonly args: readonly unknown[];
  /** How long it waits for others until it answers that it did not get what it wanted, ms of log time. */
  readonly patience?: number;
  /** After so many ms the program gives it up. */
  readonly limit?: number;
}

export interface Subject {
  readonly type: (new () => object) & { readonly reads: readonly string[] };
  /** What its constructor is given, by the seed. */
  setUp(seed: number): readonly unknown[];
  model(seed: number): Model<unknown>;
  /** Kinds of calls. Each seed likes some more than others. */
  readonly kinds: readonly Kind[];
}

/** @param serial a number that no other call has */
export type Kind = (dice: Dice, serial: number) => Drawn;

function call(method: string, ...args: readonly unknown[]): Drawn {
  return { method, args };
}

/** A call that waits for others, for some time or for ever. `args` are those before and behind `blocking, timeout`. */
function waiting(
  dice: Dice,
  method: string,
  before: readonly unknown[],
  ...behind: readonly unknown[]
): Drawn {
  if (dice.chance(0.4)) {
    return { ...call(method, ...before, true, -1, ...behind), limit: dice.pick([50, 300, 2_500]) };
  }
  const patience = dice.pick([0, 30, 150, 500, 2_000, 3_000]);
  return { ...call(method, ...before, true, patience, ...behind), patience };
}

const none = () => [];

const lock: Subject = {
  type: Lock,
  setUp: none,
  model: () => lockModel,
  kinds: [
    (dice) => waiting(dice, "acquire", []),
    (dice) => waiting(dice, "acquire", [], "a"),
    () => call("acquire", false),
    () => call("release"),
    () => call("release"),
    () => call("release", "a"),
    (dice) => call(dice.pick(["locked", "token", "revoke"])),
  ],
};

const semaphore: Subject = {
  type: Semaphore,
  setUp: (seed) => [seed % 3],
  model: (seed) => semaphoreModel(seed % 3),
  kinds: [
    (dice) => waiting(dice, "acquire", []),
    (dice) => waiting(dice, "acquire", [], "a"),
    () => call("acquire", false),
    (dice) => call("release", dice.chance(0.2) ? 2 : 1),
    () => call("release"),
    () => call("release", 1, "a"),
    (dice) => call(dice.pick(["value", "locked"])),
  ],
};

const queue: Subject = {
  type: Queue,
  setUp: (seed) => [seed % 3],
  model: (seed) => queueModel(seed % 3),
  kinds: [
    (dice, serial) => waiting(dice, "put", [serial]),
    (_, serial) => call("put_nowait", serial),
    (dice) => waiting(dice, "get", []),
    () => call("get_nowait"),
    (dice) => call(dice.pick(["qsize", "empty", "full"])),
  ],
};

const stack: Subject = {
  type: Stack,
  setUp: none,
  model: () => stackModel,
  kinds: [
    (_, serial) => call("append", serial),
    () => call("pop"),
    (dice) => call(dice.pick(["peek", "get_size", "get_stack"])),
  ],
};

const counter: Subject = {
  type: Counter,
  setUp: none,
  model: () => counterModel,
  kinds: [() => call("increment"), () => call("decrement"), () => call("getvalue")],
};

const account = (dice: Dice) => dice.pick(["a", "b"]);
const sum = (dice: Dice) => 1 + dice.below(9);

const bank: Subject = {
  type: Bank,
  setUp: none,
  model: () => bankModel,
  kinds: [
    (dice) => call(dice.chance(0.1) ? "close" : "open", account(dice)),
    (dice) => call("deposit", account(dice), sum(dice)),
    (dice) => call("deposit", account(dice), sum(dice)),
    (dice) => call("debit", account(dice), sum(dice)),
    (dice) => call("debit", account(dice), sum(dice)),
    (dice) => call("balance", account(dice)),
    () => call("accounts"),
  ],
};

export const subjects: readonly Subject[] = [lock, semaphore, queue, stack, counter, bank];
