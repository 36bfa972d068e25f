/** Objects of the library under every fault: whatever clients were told, one object on one machine could have said. */
import { expect, test } from "vitest";
import { eachSeed, isUsual, timeout } from "./seeds.ts";
import { subjects } from "./subjects.ts";
import { type Tried, tryOut } from "./trial.ts";

test.each(subjects.map((subject) => [subject.type.name, subject] as const))(
  "%s is linearizable",
  { timeout },
  async (name, subject) => {
    const tried = await eachSeed("objects", `${name} is linearizable`, (seed) => tryOut(subject, seed));
    const sum = (of: keyof Tried) => tried.reduce((all, one) => all + one[of], 0);
    // The search gives up where too many calls overlap: that may happen, but hardly ever.
    expect(sum("undecided")).toBeLessThanOrEqual(Math.ceil(tried.length / 80));
    if (!isUsual) return;
    // Not everything went well for the programs, or this would say little.
    expect(sum("calls")).toBeGreaterThan(40 * tried.length);
    expect(sum("unknown")).toBeGreaterThan(tried.length);
    expect(sum("lost")).toBeGreaterThan(0.5 * tried.length);
  },
);
