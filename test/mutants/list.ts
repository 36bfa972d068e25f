/** All planted bugs. */
import { mutantsAbove } from "./above.ts";
import type { Mutant } from "./mutant.ts";
import { paxosMutants } from "./paxos.ts";

export const mutants: readonly Mutant[] = [...paxosMutants, ...mutantsAbove];
