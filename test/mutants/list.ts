/** All planted bugs. */
import { mutantsAbove } from "./above.ts";
import { blockingMutants } from "./blocking.ts";
import { drivingMutants } from "./driving.ts";
import { electionMutants } from "./elections.ts";
import { leadingMutants } from "./leading.ts";
import { libraryMutants } from "./library.ts";
import { liveMutants } from "./live.ts";
import type { Mutant } from "./mutant.ts";
import { nameMutants } from "./names.ts";
import { paxosMutants } from "./paxos.ts";
import { readMutants } from "./reads.ts";
import { securityMutants } from "./security.ts";
import { serverMutants } from "./servers.ts";
import { snapshotMutants } from "./snapshots.ts";
import { upgradeMutants } from "./upgrades.ts";

export const mutants: readonly Mutant[] = [
  ...paxosMutants,
  ...leadingMutants,
  ...electionMutants,
  ...readMutants,
  ...snapshotMutants,
  ...blockingMutants,
  ...libraryMutants,
  ...serverMutants,
  ...securityMutants,
  ...upgradeMutants,
  ...nameMutants,
  ...liveMutants,
  ...drivingMutants,
  ...mutantsAbove,
];
