/** Tables of what Python's documentation of `threading` says, in our own words, and what shows that it is so. */
import { describe, test } from "vitest";
import { Play } from "./play.ts";
import type { Rig } from "./rig.ts";

/** A sentence, and the lines (play.ts) that show it. */
export type Row = readonly [says: string, ...lines: readonly string[]];

/** Rows by the section that says so; "ours" is what is said of concoord alone. */
export type Table = Readonly<Record<string, readonly Row[]>>;

/** Each row is a test, for each of the classes, on an object of its own. */
export function playAll(rig: () => Rig, classes: readonly string[], table: Table): void {
  describe.each(classes)("%s", (className) => {
    describe.each(Object.entries(table))("%s", (_, rows) => {
      test.each(rows)("%s", async (_says, ...lines) => {
        const play = new Play(rig(), className);
        try {
          await play.lines(lines);
        } finally {
          await play.end();
        }
        await play.nobodyWaits();
      });
    });
  });
}
