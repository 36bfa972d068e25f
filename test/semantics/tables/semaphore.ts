/** Semaphore and BoundedSemaphore. */
import type { Row, Table } from "../table.ts";

const badValue = "VALUE_ERROR ValueError";
const notOwner = "NOT_OWNER RuntimeError";

const counter: readonly Row[] = [
  ["it begins with 1 unless told otherwise", "a value: 1"],
  ["or with what it is built with", "a __concoordinit__ 3", "b value: 3"],
  ["a value below 0 is a ValueError", `a __concoordinit__ -1: ${badValue}`, "a value: 1"],
  [
    "acquire takes 1 off, release adds 1",
    "a __concoordinit__ 2",
    "a acquire: true",
    "a value: 1",
    "a release",
    "a value: 2",
  ],
  [
    "it never goes below 0: acquire at 0 blocks until somebody calls release",
    "a acquire: true",
    "b acquire: blocked",
    "c value: 0",
    "a release",
    "b?: true",
    "c value: 0",
  ],
];

const acquire: readonly Row[] = [
  ["above 0 it answers true at once", "a acquire: true"],
  [
    "at 0 it waits; each release wakes exactly one",
    "a acquire: true",
    "b acquire: blocked",
    "c acquire: blocked",
    "a release",
    "b?: true",
    "c?: blocked",
    "b release",
    "c?: true",
  ],
  [
    "of clients that try together as many have one as there are",
    "a __concoordinit__ 2",
    "a acquire false: sent",
    "b acquire false: sent",
    "c acquire false: sent",
    "d acquire false: sent",
    "answers a b c d: false false true true",
  ],
  ["without blocking it answers false when it would", "a acquire: true", "b acquire false: false"],
  ["and else true", "a acquire false: true", "a value: 0"],
  [
    "with a timeout it blocks at most that long, and answers false then",
    "a acquire: true",
    "b acquire true 60: false, not before 60",
    "a release",
    "a value: 1",
  ],
  ["a timeout of 0 tries once", "a acquire true 0: true", "b acquire true 0: false"],
  [
    "one of -1 is for ever",
    "a acquire: true",
    "b acquire true -1: blocked",
    "pass 100",
    "b?: blocked",
    "a release",
    "b?: true",
  ],
  ["a timeout without blocking is a ValueError", `a acquire false 5: ${badValue}`, "a value: 1"],
  [
    "a negative one is, too, and one that is none",
    `a acquire true -5: ${badValue}`,
    `a acquire true "NaN": ${badValue}`,
    "a value: 1",
  ],
];

const release: readonly Row[] = [
  ["it returns nothing", "a acquire: true", "a release: undefined"],
  ["it may be another client's than the acquire", "a acquire: true", "b release", "a value: 1"],
  [
    "n of them add n",
    "a __concoordinit__ 3",
    "a acquire: true",
    "a acquire: true",
    "b release 2",
    "a value: 3",
  ],
  [
    "and wake n of those who wait",
    "a __concoordinit__ 2",
    "a acquire: true",
    "a acquire: true",
    "b acquire: blocked",
    "c acquire: blocked",
    "d acquire: blocked",
    "a release 2",
    "b?: true",
    "c?: true",
    "d?: blocked",
    "a value: 0",
  ],
  [
    "more than there are waiting are free",
    "a __concoordinit__ 2",
    "a acquire: true",
    "a acquire: true",
    "b acquire: blocked",
    "a release 2",
    "b?: true",
    "a value: 1",
  ],
  [
    "n below 1 is a ValueError",
    "a acquire: true",
    "b acquire: blocked",
    `a release 0: ${badValue}`,
    `a release -1: ${badValue}`,
    "b?: blocked",
    "a value: 0",
  ],
  ["also one that is no whole number", `a release 1.5: ${badValue}`, `a release "NaN": ${badValue}`],
];

const ours: readonly Row[] = [
  [
    "first come, first served",
    "a acquire: true",
    "b acquire: blocked",
    "c acquire: blocked",
    "c1 position: 2",
    "a release",
    "b?: true",
    "a acquire false: false",
    "c?: blocked",
  ],
  [
    "at the end of a session the permits that it still has return",
    "a __concoordinit__ 3",
    "a acquire: true",
    "a acquire: true",
    "b acquire: true",
    "c acquire: blocked",
    "end a",
    "c?: true",
    "c value: 1",
  ],
  ["none returns twice", "a acquire: true", "b release", "end a", "b value: 1"],
  [
    "who waits and leaves is passed over",
    "a acquire: true",
    "b acquire: blocked",
    "c acquire: blocked",
    "end b",
    "a release",
    "c?: true",
  ],
  [
    "and so is who gives up: no permit is lost",
    "a acquire: true",
    "b acquire: blocked",
    "c acquire: blocked",
    "abort b",
    "b?: ABORTED no",
    "a release",
    "c?: true",
    "c release",
    "a value: 1",
  ],
  [
    "a permit under a name is released under it alone",
    'a acquire true -1 "x": true',
    `b release 1 "x": ${notOwner}`,
    `a release 1 "y": ${notOwner}`,
    'a release 1 "x"',
    `a release 1 "x": ${notOwner}`,
    "a value: 1",
  ],
];

const both: Table = {
  "Semaphore Objects: the counter": counter,
  "Semaphore Objects: acquire()": acquire,
  "Semaphore Objects: release()": release,
  "ours: order and sessions": ours,
};

export const semaphoreTable: Table = {
  ...both,
  "Semaphore Objects: acquire() in time": [
    [
      "with a timeout it answers true when it had one in time, and has it for good",
      "a acquire: true",
      "b acquire true 800: blocked",
      "a release",
      "b?: true",
      "pass 850",
      "b value: 0",
    ],
  ],
  "Semaphore Objects: no bound": [
    [
      "it may begin with 0, so that a release comes first",
      "a __concoordinit__ 0",
      "a acquire: blocked",
      "b release",
      "a?: true",
    ],
    ["it may be released more often than acquired", "a release", "a release 2", "a value: 4"],
  ],
};

export const boundedSemaphoreTable: Table = {
  ...both,
  "Semaphore Objects: BoundedSemaphore": [
    ["a release beyond the value it began with is a ValueError", `a release: ${badValue}`, "a value: 1"],
    [
      "and nothing of it is released",
      "a __concoordinit__ 2",
      "a acquire: true",
      `a release 2: ${badValue}`,
      "a value: 1",
      "a release",
      "a value: 2",
      `a release: ${badValue}`,
    ],
    [
      "also while somebody waits",
      "a acquire: true",
      "b acquire: blocked",
      `a release 2: ${badValue}`,
      "b?: blocked",
      "a release",
      "b?: true",
    ],
    ["the end of sessions never exceeds it", "a acquire: true", "b release", "end a", "b value: 1"],
  ],
};
