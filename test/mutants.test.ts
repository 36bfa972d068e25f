/** Every planted bug dies, and by what its entry says; `npm run mutants` prints how. */
import { describe, expect, it } from "vitest";
import { mutants } from "./mutants/list.ts";
import { tryMutant, tryMutants } from "./mutants/trials.ts";

/** The cases kill all; one that they miss some day has these many seeds to be noticed. */
const seeds = 400;

describe("planted bugs", () => {
  it("are not what the cases and seeds complain of", async () => {
    expect((await tryMutant("none", { seeds: 10 })).killedBy).toBeNull();
  });

  it("die by what their entries name", { timeout: 900_000 }, async () => {
    const verdicts = await tryMutants(
      mutants.map((m) => m.name),
      { seeds },
    );
    const others = verdicts.filter((v, i) => !v.killedBy?.includes(mutants[i]?.killer as string));
    expect(others).toEqual([]);
  });
});
