/** One replica with a desk, which asks for secrets: "clients", "readers", "nodes". */
import { type Node, replica } from "concoord/node";
import { freePorts } from "../process/processes.ts";

export async function provingNode(objects: readonly string[]): Promise<Node> {
  const [port = 0] = await freePorts(1);
  const secrets = { token: "clients", readerToken: "readers", peerToken: "nodes" };
  return replica({ objects, memory: true, port, ...secrets });
}
