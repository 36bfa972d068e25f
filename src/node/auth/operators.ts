/**
 * What operators' programs may ask of a node when they come with the token of an administrator. They speak as nodes do,
 * but no more of it than the verbs of the command line need: what makes a member is for nodes alone.
 */
import type { PeerMessage } from "../../shared/wire/messages.ts";

/** By message, what it is called where `authorize` is asked; null for what any administrator may ask. */
const questions: Readonly<Partial<Record<PeerMessage["type"], string | null>>> = {
  askGenesis: null,
  endSession: "endSession",
  takeSnapshot: "backup",
  askSnapshot: "backup",
  askLog: "upgrade",
  fetchCode: "upgrade",
  offerCode: "upgrade",
  askUpgrade: "upgrade",
};

/**
 * @returns what the message is called; null for what needs no more than the right "admin"; undefined when operators may
 * not say it
 */
export function operationOf(message: PeerMessage): string | null | undefined {
  return message.type === "askChange" ? message.kind : questions[message.type];
}
