/** One question to a node of which only the address is known: how a newcomer finds its cluster. */
import { WebSocket } from "ws";
import type { NodeId } from "../../shared/paxos/ids.ts";
import type { PeerProbe } from "../../shared/server/transport.ts";
import type { PeerMessage } from "../../shared/wire/messages.ts";
import { decodePeerFrame, encodePeer } from "../../shared/wire/peer-codec.ts";
import { Connection, dialOptions, dialUrl, joinFrames } from "./connection.ts";
import { dialHello } from "./hello.ts";

export interface ProbeOptions {
  readonly id: NodeId;
  readonly addr: string;
  readonly token: string | null;
}

export class WsPeerProbe implements PeerProbe {
  private readonly options: ProbeOptions;

  constructor(options: ProbeOptions) {
    this.options = options;
  }

  /** Sends `message` and resolves with the first answer. */
  ask(addr: string, message: PeerMessage, timeoutMillis: number): Promise<PeerMessage> {
    const { id, addr: from, token } = this.options;
    const me = {
      role: "peer",
      cluster: this.options.cluster(),
      from: id,
      addr: from,
      to: null,
      token,
    } as const;
    const ws = new WebSocket(dialUrl(addr), dialOptions);
    return new Promise<PeerMessage>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${addr} does not answer`)), timeoutMillis);
      const settle = (error: Error) => {
        clearTimeout(timer);
        reject(error);
      };
      dialHello(ws, me, {
        open: (_cluster, _node, early) => {
          const connection = new Connection(ws, early, {
            frame: (bytes) => {
              const answer = decodePeerFrame(bytes)[0];
              if (answer === undefined) return;
              clearTimeout(timer);
              resolve(answer);
            },
            closed: (reason) => settle(new Error(`${addr} closed: ${reason?.message ?? "no reason"}`)),
          });
          connection.begin();
          connection.write(joinFrames([encodePeer(message)]));
        },
        failed: (reason, error) =>
          settle(new Error(`${addr}: ${reason?.message ?? error?.message ?? "no answer"}`, { cause: error })),
      });
    }).finally(() => ws.terminate());
  }
}
