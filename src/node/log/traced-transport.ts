/** A transport whose messages are traced: a line for each, as in the simulation, but not more than a log takes. */
import { tracedMessagesMax } from "../../shared/limits.ts";
import type { NodeId } from "../../shared/paxos/ids.ts";
import type { Transport } from "../../shared/server/transport.ts";
import { short } from "../../shared/sim/trace.ts";
import type { PeerMessage } from "../../shared/wire/messages.ts";

/** What is told of a message. */
export interface TracedMessage {
  readonly from?: NodeId;
  readonly to?: readonly NodeId[];
  readonly type: PeerMessage["type"];
  readonly body: string;
}

/** @param line a message, or how many more there were in a second */
export type TraceLine = (line: TracedMessage | { readonly untold: number }) => void;

/** The same transport. @param now monotonic ms */
export function traced(transport: Transport, line: TraceLine, now = () => performance.now()): Transport {
  const trace = limited(line, now);
  return {
    start: (events) =>
      transport.start({
        refused: (peer) => events.refused(peer),
        receive: (from, message, reply) => {
          trace({ from }, message);
          events.receive(from, message, (answer) => {
            trace({ to: [from] }, answer);
            reply(answer);
          });
        },
      }),
    send: (to, message) => {
      trace({ to }, message);
      transport.send(to, message);
    },
    learn: (peer, addr) => transport.learn(peer, addr),
    flush: () => transport.flush(),
    close: () => transport.close(),
  };
}

type Ends = Pick<TracedMessage, "from"> | Pick<TracedMessage, "to">;

function limited(line: TraceLine, now: () => number): (ends: Ends, message: PeerMessage) => void {
  let since = Number.NEGATIVE_INFINITY;
  let count = 0;
  return (ends, message) => {
    const at = now();
    if (at - since >= 1_000) {
      if (count > tracedMessagesMax) line({ untold: count - tracedMessagesMax });
      since = at;
      count = 0;
    }
    count++;
    if (count <= tracedMessagesMax) line({ ...ends, type: message.type, body: short(message) });
  };
}
