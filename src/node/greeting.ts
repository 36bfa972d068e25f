/**
 * What a node with data says to the nodes of its bootstrap list, which only adds addresses then. Those of another
 * cluster show that one of both is wrong. The others say where the members are now, and learn from the hello where this
 * node is: any of them may have moved.
 */
import { setTimeout as pause } from "node:timers/promises";
import { LookUpFailed } from "../shared/client/domain.ts";
import type { Server } from "../shared/server/server.ts";
import { Refused } from "../shared/server/transport.ts";
import { nodesOf } from "./client/boot.ts";
import type { Log } from "./log/levels.ts";
import type { Tokens } from "./net/hello.ts";
import { WsPeerProbe } from "./net/probe.ts";
import type { Place } from "./place.ts";

/** How long a node with data looks whether its bootstrap list is of its cluster. */
const checkMillisMax = 1_000;
/** How often it greets the nodes of its list again while it is not ready. */
const greetMillis = 1_000;

export interface GreetingOptions {
  /** host:port, or domains. */
  readonly list: readonly string[];
  /** Under which this node is reached. */
  readonly addr: string;
  readonly tokens: Tokens;
  readonly place: Place;
  readonly log: Log;
}

export class Greeting {
  private readonly server: Server;
  private readonly options: GreetingOptions;
  private isOver: () => boolean = () => false;

  /** @param server that has started */
  constructor(server: Server, options: GreetingOptions) {
    this.server = server;
    this.options = options;
  }

  /** @throws Error when one of them is of another cluster */
  async greet(): Promise<void> {
    const { id, cluster } = this.server;
    const { addr: own, tokens, place } = this.options;
    const { dial: tls } = place;
    const addrs = await this.lookUp();
    const probe = new WsPeerProbe({ id, addr: own, token: tokens.peer, cluster, tls });
    const asked = addrs.map((addr) => probe.ask(addr, { type: "askGenesis" }, checkMillisMax));
    for (const [i, result] of (await Promise.allSettled(asked)).entries()) {
      if (this.isOver()) return;
      if (result.status === "fulfilled") {
        if (result.value.type === "genesis") this.server.meet(result.value.newest);
        continue;
      }
      const reason: unknown = result.reason;
      if (reason instanceof Refused && reason.code === "WRONG_CLUSTER")
        throw new Error(
          `the data in ${place.dir} is of cluster ${cluster}, ${addrs[i]} belongs to another one`,
        );
    }
  }

  /** Nodes that start together at new addresses find each other once both listen. */
  async untilReady(isOver: () => boolean): Promise<void> {
    this.isOver = isOver;
    while (this.options.list.length > 0 && !isOver() && !this.server.ready) {
      await pause(greetMillis, undefined, { ref: false });
      if (!isOver()) await this.greet().catch((error: unknown) => this.options.log(String(error), "warn"));
    }
  }

  private async lookUp(): Promise<readonly string[]> {
    const { list, addr, place, log } = this.options;
    if (list.length === 0) return [];
    try {
      return (await nodesOf(list.join(","), checkMillisMax, place.dial)).filter((item) => item !== addr);
    } catch (error) {
      if (!(error instanceof LookUpFailed)) throw error;
      log(error.message, "warn");
      return [];
    }
  }
}
