/** All cases of a node's parts above the core that throw when they fail: tests and mutants run the same ones. */
import { followerCases } from "../client/follower-table.ts";
import { liveCases } from "../live/feeds-table.ts";
import type { Case } from "../paxos/case.ts";
import { upgradeCases } from "../upgrade/table.ts";
import { addressesCases } from "./addresses-table.ts";
import { agreementCases } from "./agreement-table.ts";
import { attachmentCases } from "./attachment-table.ts";
import { blockedCases } from "./blocked-table.ts";
import { changedCases } from "./changed-table.ts";
import { codeCases } from "./code-table.ts";
import type { LaterCase } from "./fetch-rig.ts";
import { fetchCases } from "./fetch-table.ts";
import { memberCases } from "./membership-table.ts";
import { nameserverAdmissionCases } from "./nameserver-admission-table.ts";
import { nameserverCases } from "./nameserver-table.ts";
import { snapshotsCases } from "./snapshots-table.ts";
import { sourceCases } from "./source-table.ts";
import { togetherCases } from "./together-table.ts";

export const serverCases: readonly (Case | LaterCase)[] = [
  ...addressesCases,
  ...agreementCases,
  ...memberCases,
  ...nameserverAdmissionCases,
  ...nameserverCases,
  ...followerCases,
  ...changedCases,
  ...sourceCases,
  ...fetchCases,
  ...snapshotsCases,
  ...codeCases,
  ...attachmentCases,
  ...togetherCases,
  ...blockedCases,
  ...upgradeCases,
  ...liveCases,
];
