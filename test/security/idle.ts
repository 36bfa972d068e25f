/**
 * What an idle connection costs a node: `node test/security/idle.ts --connections 10000`. Each has made its hello and
 * says nothing any more. Needs as many descriptors (ulimit -n) here and in the node. JSON on stdout; exit 1 when one
 * takes more than 20 kB.
 */
import { parseArgs } from "node:util";
import { Cluster } from "../process/cluster.ts";
import { idleCost, idleKilobytesMax } from "./idle-cost.ts";

const { values } = parseArgs({ options: { connections: { type: "string", default: "10000" } } });
const cluster = await Cluster.start(3);
try {
  const cost = await idleCost(cluster, Number(values.connections));
  console.log(JSON.stringify(cost));
  if (cost.kilobytesEach > idleKilobytesMax) process.exitCode = 1;
} finally {
  await cluster.stop();
}
