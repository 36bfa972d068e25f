/** Every planted bug dies; `npm run mutants` prints how. */
import { describe, expect, it } from "vitest";
import { mutants } from "./mutants/list.ts";
import { tryMutant, tryMutants } from "./mutants/trials.ts";

/** The cases kill most, and each of the rest dies within these many seeds. */
const seeds = 400;

describe("planted bugs", () => {
  it("are not what the cases and seeds complain of", async () => {
    expect((await tryMutant("none", { seeds: 10 })).killedBy).toBeNull();
  });

  it("die", { timeout: 180_000 }, async () => {
    const verdicts = await tryMutants(
      mutants.map((m) => m.name),
      { seeds },
    );
    expect(verdicts.filter((v) => v.killedBy === null)).toEqual([]);
  });
});
