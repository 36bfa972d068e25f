/**
 * Cases that throw when they fail: some seeds of each object, and of programs that hold a lock. Mutants run them, so
 * that they are few, and the seed that kills one is soon reached.
 */
import type { LaterCase } from "../server/fetch-rig.ts";
import { tryHolders } from "./holders.ts";
import { subjects } from "./subjects.ts";
import { tryOut } from "./trial.ts";

const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

export const linearCases: readonly LaterCase[] = seeds.flatMap((seed) => [
  ...subjects.map((subject) => ({
    name: `linear: ${subject.type.name}, seed ${seed}`,
    run: async () => void (await tryOut(subject, seed)),
  })),
  { name: `linear: Lock held, seed ${seed}`, run: async () => void (await tryHolders(seed)) },
]);
