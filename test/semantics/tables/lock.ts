/** Lock. */
import type { Table } from "../table.ts";
import { ofBoth } from "./mutex.ts";

export const lockTable: Table = {
  ...ofBoth("Lock Objects"),
  "Lock Objects: acquire() in time": [
    [
      "what was acquired in time stays so",
      "a acquire: token",
      "b acquire true 800: blocked",
      "a release",
      "b?: token",
      "pass 850",
      "b token: same",
      "b release",
    ],
  ],
  "Lock Objects: no owner's privilege": [
    [
      "acquire blocks whoever calls it, the owner too",
      "a acquire: token",
      "a1 acquire: blocked",
      "a2 release",
      "a1?: token",
    ],
    [
      "or answers false",
      "a acquire: token",
      "a acquire false: false",
      "a acquire true 40: false, not before 40",
    ],
  ],
};
