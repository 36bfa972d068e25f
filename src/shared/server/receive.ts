/** What comes from peers, message by message, to the part of the node that it is for. */
import type { NodeId } from "../paxos/ids.ts";
import type { Genesis } from "../paxos/view.ts";
import type { PeerMessage } from "../wire/messages.ts";
import type { Parts } from "./parts.ts";
import type { Transport } from "./transport.ts";

/** @param reply answers on the connection on which the message came */
export function receive(
  parts: Parts,
  genesis: Genesis,
  transport: Transport,
  from: NodeId,
  message: PeerMessage,
  reply: (message: PeerMessage) => void,
): void {
  const { node, routing, gateway, driver, newcomer, membership, replica } = parts;
  if (message.type === "forward" || message.type === "readAsk") driver.tidings.expects(from);
  switch (message.type) {
    case "forward":
      return routing.forwarded(from, message.commands, (answer) => transport.send([from], answer));
    case "expected":
      return gateway.resend(message);
    case "askGenesis":
      return reply({ type: "genesis", genesis, newest: node.views.newest, leader: node.leaderId });
    case "askJoin":
      return membership.askedJoin(from, message.member, reply);
    case "askChange":
      return membership.askedChange(from, message.kind, message.id, reply);
    case "joinRefused":
      if (message.id === node.id) return newcomer.joinRefused(message.message);
      return membership.joinRefused(message);
    case "changed":
      return newcomer.changed();
    case "askSnapshot":
    case "snapshotPiece":
    case "noSnapshot":
    case "takeSnapshot":
    case "endSession":
    case "askDigests":
    case "digests":
    case "askHashes":
    case "hashes":
      return replica.receive(from, message, reply);
    case "offerCode":
    case "askCode":
    case "holdsCode":
    case "fetchCode":
    case "askUpgrade":
    case "askLog":
      return replica.upgrades.receive(from, message, reply);
    case "changeRefused": // whoever passed the question on decides by its own views
    case "genesis": // the answer to a probe that is over
    case "tookSnapshot":
    case "sessionEnded":
    case "upgraded":
      return; // the answer to an operator's program
    case "heartbeat":
      replica.receive(from, message, reply);
      return driver.push({ type: "receive", from, message });
    default:
      return driver.push({ type: "receive", from, message });
  }
}
