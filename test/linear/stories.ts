/** Histories of which is known what they are. */
import { type Entry, type Outcome, sessionEnd } from "./history.ts";
import type { Model } from "./linearizable.ts";
import { bankModel, counterModel, queueModel, stackModel } from "./models-data.ts";
import { lockModel, semaphoreModel } from "./models-sync.ts";

export const never = Number.POSITIVE_INFINITY;
export const unknown: Outcome = { type: "unknown" };
export const value = (of?: unknown): Outcome => ({ type: "value", value: of });
export const error = (of: string): Outcome => ({ type: "threw", error: of });
export const done = value();
const notOwner = error("RuntimeError NOT_OWNER");

/** Made, answered, session, method with arguments, what it was told. */
export type Row = readonly [number, number, string, readonly [string, ...unknown[]], Outcome];

export function entry([made, answered, session, [method, ...args], outcome]: Row): Entry {
  return { made, answered, session, method, args, outcome };
}

export type Story = readonly [name: string, model: Model<unknown>, rows: readonly Row[]];

/** One object on one machine could have said all that. */
export const right: readonly Story[] = [
  ["nothing happened", counterModel, []],
  [
    "reads during an increment, before and after it takes effect",
    counterModel,
    [
      [0, 9, "a", ["increment"], done],
      [1, 8, "b", ["getvalue"], value(0)],
      [2, 7, "c", ["getvalue"], value(1)],
    ],
  ],
  [
    "calls that overlap, in the other order than they were made",
    queueModel(0),
    [
      [0, 5, "a", ["put", 1], done],
      [1, 4, "b", ["put", 2], done],
      [6, 7, "a", ["get"], value(2)],
      [8, 9, "a", ["get"], value(1)],
    ],
  ],
  [
    "an unknown call takes effect long after",
    queueModel(0),
    [
      [0, never, "a", ["put", 1], unknown],
      [5, 6, "b", ["get_nowait"], error("Empty")],
      [9, 10, "b", ["get_nowait"], value(1)],
    ],
  ],
  [
    "an unknown call never takes effect",
    stackModel,
    [
      [0, never, "a", ["append", 1], unknown],
      [5, 6, "b", ["pop"], error("IndexError")],
    ],
  ],
  [
    "who waits for an item has it when it comes",
    queueModel(0),
    [
      [0, 9, "a", ["get"], value(7)],
      [1, 2, "b", ["qsize"], value(0)],
      [4, 6, "b", ["put", 7], done],
      [7, 8, "c", ["get_nowait"], error("Empty")],
    ],
  ],
  [
    "who waits for room has it when it comes",
    queueModel(1),
    [
      [0, 1, "a", ["put", 1], done],
      [2, 9, "a", ["put", 2], done],
      [3, 4, "b", ["put_nowait", 3], error("Full")],
      [5, 8, "b", ["get"], value(1)],
      [10, 11, "b", ["get"], value(2)],
    ],
  ],
  [
    "a lock goes from hand to hand",
    lockModel,
    [
      [0, 1, "a", ["acquire"], value(3)],
      [2, 9, "b", ["acquire"], value(4)],
      [3, 4, "c", ["acquire", true, 1], value(false)],
      [5, 8, "a", ["release"], done],
      [10, 11, "a", ["release"], notOwner],
      [12, 13, "a", ["token"], value(4)],
    ],
  ],
  [
    "a lock is free when the session of its owner ends",
    lockModel,
    [
      [0, 1, "a", ["acquire"], value(1)],
      [2, 9, "b", ["acquire"], value(2)],
      [5, never, "a", [sessionEnd], unknown],
    ],
  ],
  [
    "an acquire of which nothing is known, and its release",
    lockModel,
    [
      [0, never, "a", ["acquire"], unknown],
      [2, 3, "b", ["acquire", false], value(false)],
      [4, 5, "b", ["token"], value(8)],
      [6, 7, "a", ["release"], done],
      [8, 9, "b", ["acquire", false], value(9)],
    ],
  ],
  [
    "permits of a session return when it ends",
    semaphoreModel(2),
    [
      [0, 1, "a", ["acquire"], value(true)],
      [2, 3, "a", ["acquire", true, -1, "x"], value(true)],
      [4, 5, "b", ["acquire", false], value(false)],
      [6, 7, "a", [sessionEnd], done],
      [8, 9, "b", ["value"], value(2)],
    ],
  ],
  [
    "nothing is drawn below zero",
    bankModel,
    [
      [0, 1, "a", ["open", "x"], value(true)],
      [2, 3, "a", ["deposit", "x", 5], value(5)],
      [4, 9, "a", ["debit", "x", 4], value(1)],
      [4, 9, "b", ["debit", "x", 4], value(false)],
      [10, 11, "b", ["balance", "y"], error("KeyError")],
    ],
  ],
];

/** No object can. */
export const wrong: readonly Story[] = [
  [
    "a read that is too old",
    counterModel,
    [
      [0, 1, "a", ["increment"], done],
      [2, 3, "b", ["getvalue"], value(0)],
    ],
  ],
  [
    "a lost update",
    counterModel,
    [
      [0, 5, "a", ["increment"], done],
      [1, 4, "b", ["increment"], done],
      [6, 7, "a", ["getvalue"], value(1)],
    ],
  ],
  [
    "reads that go backwards",
    counterModel,
    [
      [0, never, "a", ["increment"], unknown],
      [1, 2, "b", ["getvalue"], value(1)],
      [3, 4, "c", ["getvalue"], value(0)],
    ],
  ],
  [
    "an unknown call that took effect twice",
    counterModel,
    [
      [0, never, "a", ["increment"], unknown],
      [1, 2, "b", ["getvalue"], value(2)],
    ],
  ],
  [
    "items in the wrong order",
    queueModel(0),
    [
      [0, 1, "a", ["put", 1], done],
      [2, 3, "a", ["put", 2], done],
      [4, 5, "b", ["get"], value(2)],
      [6, 7, "b", ["get"], value(1)],
    ],
  ],
  [
    "one item for two",
    queueModel(0),
    [
      [0, 9, "a", ["get"], value(1)],
      [1, 8, "b", ["get"], value(1)],
      [2, 3, "c", ["put", 1], done],
    ],
  ],
  [
    "an item before it was put",
    queueModel(0),
    [
      [0, 1, "a", ["get"], value(1)],
      [2, never, "b", ["put", 1], unknown],
    ],
  ],
  [
    "an item that nobody put",
    queueModel(0),
    [
      [0, 9, "a", ["get"], value(2)],
      [1, 2, "b", ["put", 1], done],
    ],
  ],
  [
    "empty, though there is one",
    queueModel(0),
    [
      [0, 1, "a", ["put", 1], done],
      [2, 3, "b", ["get", true, 100], error("Empty")],
    ],
  ],
  [
    "more items than there is room for",
    queueModel(1),
    [
      [0, 1, "a", ["put", 1], done],
      [2, 3, "a", ["put", 2], done],
    ],
  ],
  [
    "two owners",
    lockModel,
    [
      [0, 1, "a", ["acquire"], value(1)],
      [2, 3, "b", ["acquire"], value(2)],
      [4, 5, "a", ["release"], done],
    ],
  ],
  [
    "a lock that is handed on before the session of its owner can have ended",
    lockModel,
    [
      [0, 1, "a", ["acquire"], value(1)],
      [2, 5, "b", ["acquire"], value(2)],
      [6, 9, "a", [sessionEnd], done],
    ],
  ],
  [
    "tokens that fall",
    lockModel,
    [
      [0, 1, "a", ["acquire"], value(5)],
      [2, 3, "a", ["release"], done],
      [4, 5, "b", ["acquire"], value(5)],
    ],
  ],
  ["refused, though it is free", lockModel, [[0, 1, "a", ["acquire", true, 10], value(false)]]],
  [
    "the owner is refused",
    lockModel,
    [
      [0, 1, "a", ["acquire"], value(5)],
      [2, 3, "a", ["release"], notOwner],
    ],
  ],
  [
    "a lost permit",
    semaphoreModel(1),
    [
      [0, never, "a", ["value"], unknown],
      [2, 3, "b", ["acquire", true, 9], value(false)],
    ],
  ],
  [
    "a permit from nowhere",
    semaphoreModel(1),
    [
      [0, 5, "a", ["acquire"], value(true)],
      [1, 4, "b", ["acquire"], value(true)],
    ],
  ],
  [
    "a call of a session that was over",
    counterModel,
    [
      [0, 1, "a", [sessionEnd], done],
      [2, 3, "a", ["increment"], done],
    ],
  ],
  [
    "drawn below zero",
    bankModel,
    [
      [0, 1, "a", ["open", "x"], value(true)],
      [2, 3, "a", ["debit", "x", 4], value(-4)],
    ],
  ],
];
