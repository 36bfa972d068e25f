/** Which call a slot decided under a session and seq: looked up in the log when somebody asks, not kept. */
import { splitBatch } from "../paxos/batch.ts";
import type { Proposal } from "../paxos/types.ts";
import { formatObject, parseObject } from "./address.ts";
import type { Command, ObjectCodec, Seq, SessionId } from "./types.ts";

/**
 * Names the object and the method of a call.
 *
 * @returns null when the proposal has no such call (a call that was resumed was made in an earlier slot)
 * @example calledIn(proposal, codec, sessionId("2.0"), seq(7)) // "Counter/main.increment"
 */
export function calledIn(proposal: Proposal, codec: ObjectCodec, session: SessionId, of: Seq): string | null {
  try {
    for (const bytes of splitBatch(proposal.body)) {
      const command: Command = codec.decodeCommand(bytes);
      if (command.type !== "calls" || command.session !== session) continue;
      if (of < command.firstSeq || of >= command.firstSeq + command.n) continue;
      const call = codec.decodeCalls(command.payload, command.n)[of - command.firstSeq];
      if (call === undefined) continue;
      const address = parseObject(call.object);
      return `${address === null ? call.object : formatObject(address)}.${call.method}`;
    }
  } catch {
    // What does not decode was not executed either.
  }
  return null;
}
