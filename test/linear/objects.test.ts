/** Objects of the library under every fault: whatever clients were told, one object on one machine could have said. */
import { expect, test } from "vitest";
import { eachSeed, isUsual, timeout } from "./seeds.ts";
import { subjects } from "./subjects.ts";
import { tryOut } from "./trial.ts";

test.each(subjects.map((subject) => [subject.type.name, subject] as const))(
  "%s is linearizable",
  { timeout },
  async (name, subject) => {
    const tried = await eachSeed("objects", `${name} is linearizable`, (seed) => tryOut(subject, seed));
    if (!isUsual) return;
    // Not everything went well for the programs, or this would say little.
    const sum = (of: "calls" | "unknown" | "lost") => tried.reduce((all, one) => all + one[of], 0);
    expect(sum("calls")).toBeGreaterThan(40 * tried.length);
    expect(sum("unknown")).toBeGreaterThan(tried.length);
    expect(sum("lost")).toBeGreaterThan(0.5 * tried.length);
  },
);
