/** Questions to a node of which only the address is known: a newcomer's, an operator's. */
import { setTimeout as pause } from "node:timers/promises";
import type { WebSocket } from "ws";
import { LookUpFailed } from "../../shared/client/domain.ts";
import type { ClusterId, NodeId } from "../../shared/paxos/ids.ts";
import { type PeerProbe, Refused } from "../../shared/server/transport.ts";
import type { PeerMessage } from "../../shared/wire/messages.ts";
import { decodePeerFrame, encodePeer } from "../../shared/wire/peer-codec.ts";
import { nodesOf } from "../client/boot.ts";
import { type DialTls, processTls, tlsTrouble } from "../tls/dial.ts";
import { Connection, joinFrames, openSocket } from "./connection.ts";
import { dialHello } from "./hello.ts";

/** How long one node of a list is given, and how long until the list is tried again. */
const askMillisMax = 2_000;
const pauseMillis = 100;
/** How long what its domains stand for is taken for true. */
const lookUpMillis = 1_000;

export interface ProbeOptions {
  readonly id: NodeId;
  readonly addr: string;
  readonly token: string | null;
  /** What the token is: the nodes' key unless given, else that of an administrator. */
  readonly role?: "peer" | "operator";
  /** The cluster that the asker belongs to; null for a newcomer. */
  readonly cluster: ClusterId | null;
  /** That of the process unless given. */
  readonly tls?: DialTls | undefined;
}

export class WsPeerProbe implements PeerProbe {
  private readonly options: ProbeOptions;

  constructor(options: ProbeOptions) {
    this.options = options;
  }

  /** Sends `message` and resolves with the first answer. */
  async ask(addr: string, message: PeerMessage, timeoutMillis: number): Promise<PeerMessage> {
    const until = performance.now() + timeoutMillis;
    const questions = await this.open(addr, timeoutMillis);
    try {
      return await questions.ask(message, until - performance.now());
    } finally {
      questions.close();
    }
  }

  /**
   * Opens a connection for several questions, which the caller closes.
   * @throws Refused when the hello is refused; Error when nobody answers within `timeoutMillis`
   */
  open(addr: string, timeoutMillis: number): Promise<Questions> {
    const { id, addr: from, token, cluster, role = "peer" } = this.options;
    const me = { role, cluster, from: id, addr: from, to: null, token } as const;
    const ws = openSocket(addr, this.options.tls ?? processTls());
    return new Promise<Questions>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(late(timeoutMillis));
        ws.terminate();
      }, timeoutMillis);
      dialHello(ws, me, {
        open: (_cluster, _node, early) => {
          clearTimeout(timer);
          resolve(new Questions(ws, early));
        },
        failed: (reason, error) => {
          clearTimeout(timer);
          ws.terminate();
          if (reason !== null) return reject(new Refused(reason.code, reason.message));
          const trouble = tlsTrouble(addr, error, from !== "");
          if (trouble?.code === "DENIED") return reject(new Refused(trouble.code, trouble.message));
          if (trouble !== null) return reject(new Error(trouble.message));
          const refused = error !== null && "code" in error && error.code === "ECONNREFUSED";
          reject(new Error(refused ? "connection refused" : (error?.message ?? "it closed the connection")));
        },
      });
    });
  }
}

function late(millis: number): Error {
  return new Error(`no answer within ${Math.round(millis)} ms`);
}

/** One connection for questions, one after the other: what comes is the answer to the last one. */
export class Questions {
  private readonly connection: Connection;
  private readonly ws: WebSocket;
  private waiting: PromiseWithResolvers<PeerMessage> | null = null;
  private over: Error | null = null;

  constructor(ws: WebSocket, early: readonly Uint8Array[]) {
    this.ws = ws;
    this.connection = new Connection(ws, early, {
      frame: (bytes) => {
        const [answer] = decodePeerFrame(bytes);
        if (answer !== undefined) this.waiting?.resolve(answer);
      },
      closed: (reason) => {
        this.over =
          reason === null ? new Error("it closed the connection") : new Refused(reason.code, reason.message);
        this.waiting?.reject(this.over);
      },
    });
    this.connection.begin();
  }

  /** @throws Error when the connection closes or no answer comes within `timeoutMillis` */
  async ask(message: PeerMessage, timeoutMillis: number): Promise<PeerMessage> {
    if (this.over !== null) throw this.over;
    const answer = Promise.withResolvers<PeerMessage>();
    this.waiting = answer;
    const timer = setTimeout(() => answer.reject(late(timeoutMillis)), timeoutMillis);
    this.connection.write(joinFrames([encodePeer(message)]));
    return answer.promise.finally(() => clearTimeout(timer));
  }

  close(): void {
    this.over ??= new Error("the connection was closed");
    this.ws.terminate();
  }
}

/**
 * Asks the nodes of a list, `addr` being the list with commas, in turn until one answers or time is up. Domains in it
 * are looked up again: who starts together with a nameserver finds it a little later.
 */
export class AnyProbe implements PeerProbe {
  private readonly probe: PeerProbe;
  private readonly own: string;
  private readonly tls: DialTls;
  private lookedUp: Promise<readonly string[]> | null = null;
  private lookUpAt = 0;

  /**
   * @param own the asker's address, which is passed over
   * @param tls how the nodes are dialled
   */
  constructor(probe: PeerProbe, own: string, tls: DialTls = processTls()) {
    this.tls = tls;
    this.probe = probe;
    this.own = own;
  }

  async ask(addr: string, message: PeerMessage, timeoutMillis: number): Promise<PeerMessage> {
    const until = performance.now() + timeoutMillis;
    for (;;) {
      let last: unknown = null;
      try {
        for (const each of await this.nodes(addr)) {
          const answer = await this.askOne(each, message, timeoutMillis);
          if (!(answer instanceof Error)) return answer;
          last = answer;
        }
        last ??= new Error("it names only this node");
      } catch (error) {
        if (!(error instanceof LookUpFailed)) throw error;
        last = error;
      }
      if (performance.now() >= until) throw last;
      await pause(pauseMillis);
    }
  }

  /** @returns an error when it does not answer. @throws Refused */
  private async askOne(
    addr: string,
    message: PeerMessage,
    timeoutMillis: number,
  ): Promise<PeerMessage | Error> {
    try {
      return await this.probe.ask(addr, message, Math.min(askMillisMax, timeoutMillis));
    } catch (error) {
      if (error instanceof Refused || !(error instanceof Error)) throw error;
      return error;
    }
  }

  /** @throws LookUpFailed, which is remembered as an answer is */
  private async nodes(list: string): Promise<readonly string[]> {
    const now = performance.now();
    if (this.lookedUp === null || now >= this.lookUpAt) {
      this.lookUpAt = now + lookUpMillis;
      this.lookedUp = nodesOf(list, askMillisMax, this.tls);
    }
    return (await this.lookedUp).filter((each) => each !== this.own);
  }
}
