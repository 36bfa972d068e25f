/** One question to a node of which only the address is known: how a newcomer finds its cluster. */
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import type { ClusterId, NodeId } from "../../shared/paxos/ids.ts";
import { type PeerProbe, Refused } from "../../shared/server/transport.ts";
import type { PeerMessage } from "../../shared/wire/messages.ts";
import { decodePeerFrame, encodePeer } from "../../shared/wire/peer-codec.ts";
import { Connection, dialOptions, dialUrl, joinFrames } from "./connection.ts";
import { dialHello } from "./hello.ts";

/** How long one node of a list is given, and how long until the list is tried again. */
const askMillisMax = 2_000;
const pauseMillis = 100;

export interface ProbeOptions {
  readonly id: NodeId;
  readonly addr: string;
  readonly token: string | null;
  /** The cluster that the asker belongs to; null for a newcomer. */
  readonly cluster: ClusterId | null;
}

export class WsPeerProbe implements PeerProbe {
  private readonly options: ProbeOptions;

  constructor(options: ProbeOptions) {
    this.options = options;
  }

  /** Sends `message` and resolves with the first answer. */
  ask(addr: string, message: PeerMessage, timeoutMillis: number): Promise<PeerMessage> {
    const { id, addr: from, token, cluster } = this.options;
    const me = {
      role: "peer",
      cluster,
      from: id,
      addr: from,
      to: null,
      token,
    } as const;
    const ws = new WebSocket(dialUrl(addr), dialOptions);
    return new Promise<PeerMessage>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no answer within ${timeoutMillis} ms`)),
        timeoutMillis,
      );
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
            closed: (reason) => settle(new Error(reason?.message ?? "it closed the connection")),
          });
          connection.begin();
          connection.write(joinFrames([encodePeer(message)]));
        },
        failed: (reason, error) => {
          if (reason !== null) return settle(new Refused(reason.code, reason.message));
          const refused = error !== null && "code" in error && error.code === "ECONNREFUSED";
          settle(new Error(refused ? "connection refused" : (error?.message ?? "it closed the connection")));
        },
      });
    }).finally(() => ws.terminate());
  }
}

/** Asks the nodes of a list, `addr` being the list with commas, in turn until one answers or time is up. */
export class AnyProbe implements PeerProbe {
  private readonly probe: PeerProbe;

  constructor(probe: PeerProbe) {
    this.probe = probe;
  }

  async ask(addr: string, message: PeerMessage, timeoutMillis: number): Promise<PeerMessage> {
    const until = performance.now() + timeoutMillis;
    const addrs = addr.split(",");
    for (;;) {
      let last: unknown = null;
      for (const each of addrs) {
        try {
          return await this.probe.ask(each, message, Math.min(askMillisMax, timeoutMillis));
        } catch (error) {
          if (error instanceof Refused) throw error;
          last = error;
        }
      }
      if (performance.now() >= until) throw last;
      await pause(pauseMillis);
    }
  }
}
