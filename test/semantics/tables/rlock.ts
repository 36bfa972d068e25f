/** RLock. */
import type { Table } from "../table.ts";
import { ofBoth } from "./mutex.ts";

const badValue = "VALUE_ERROR ValueError";
const notOwner = "NOT_OWNER RuntimeError";

export const rlockTable: Table = {
  ...ofBoth("RLock Objects"),
  "RLock Objects: the recursion level": [
    [
      "acquire by the owner adds a level and returns at once",
      "a acquire: token",
      "a acquire: same",
      "a acquire false: same",
      "a acquire true 50: same",
    ],
    [
      "only the last release unlocks it",
      "a acquire: token",
      "a acquire: same",
      "a acquire: same",
      "b acquire: blocked",
      "a release",
      "a release",
      "b?: blocked",
      "a locked: true",
      "a release",
      "b?: token",
    ],
    [
      "exactly one of the blocked goes on then, with a level of its own",
      "a acquire: token",
      "a acquire: same",
      "b acquire: blocked",
      "c acquire: blocked",
      "a release",
      "a release",
      "b?: token",
      "c?: blocked",
      "b release",
      "c?: token",
    ],
    [
      "while the level is above 0 it stays locked and the owner's",
      "a acquire: token",
      "a acquire: same",
      "a release",
      "b acquire false: false",
      `b release: ${notOwner}`,
      "a token: same",
    ],
    [
      "a release too many is a RuntimeError",
      "a acquire: token",
      "a acquire: same",
      "a release",
      "a release",
      `a release: ${notOwner}`,
    ],
    [
      "an acquire that fails adds no level",
      "a acquire: token",
      `a acquire true -7: ${badValue}`,
      "a release",
      "a locked: false",
    ],
    [
      "another holder of the session is another owner",
      "a acquire: token",
      'a1 acquire false -1 "x": false',
      'a2 acquire true -1 "x": blocked',
      "a release",
      "a2?: token",
    ],
    [
      "all levels go with the session",
      "a acquire: token",
      "a acquire: same",
      "b acquire: blocked",
      "end a",
      "b?: token",
      "b release",
      "b locked: false",
    ],
  ],
};
