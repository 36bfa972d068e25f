/** All planted bugs. */
import { mutantsAbove } from "./above.ts";
import { leadingMutants } from "./leading.ts";
import type { Mutant } from "./mutant.ts";
import { paxosMutants } from "./paxos.ts";

export const mutants: readonly Mutant[] = [...paxosMutants, ...leadingMutants, ...mutantsAbove];
