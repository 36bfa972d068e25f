/** All cases of the Paxos core that throw when they fail: the tests and the mutants run the same ones. */
import { goldenCases } from "../golden/run.ts";
import { acceptorCases } from "./acceptor-table.ts";
import { agreedCases } from "./agreed-table.ts";
import type { Case } from "./case.ts";
import { changeCases } from "./change-table.ts";
import { driverCases } from "./driver-case.ts";
import { electionCases } from "./election-table.ts";
import { leaderCases } from "./leader-table.ts";
import { leadingCases } from "./leading.ts";
import { logCases } from "./log-table.ts";
import { nodeCases } from "./node-table.ts";
import { paperCases } from "./paper.ts";
import { peersCases } from "./peers-table.ts";
import { readCases } from "./reads-table.ts";
import { recoveryCases } from "./recovery-table.ts";
import { relayCases } from "./relay-table.ts";
import { retentionCases } from "./retention-table.ts";
import { scoutCases } from "./scout-table.ts";
import { snapshotCases } from "./snapshot-table.ts";
import { thriftCases } from "./thrift-table.ts";
import { tidingsCases } from "./tidings-case.ts";
import { viewCases } from "./view-table.ts";

export const allCases: readonly Case[] = [
  ...acceptorCases,
  ...logCases,
  ...scoutCases,
  ...leaderCases,
  ...leadingCases,
  ...viewCases,
  ...changeCases,
  ...readCases,
  ...relayCases,
  ...retentionCases,
  ...snapshotCases,
  ...recoveryCases,
  ...electionCases,
  ...peersCases,
  ...agreedCases,
  ...nodeCases,
  ...driverCases,
  ...tidingsCases,
  ...thriftCases,
  ...paperCases,
  ...goldenCases,
];
