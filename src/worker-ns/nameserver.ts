/**
 * The Durable Object of a domain: one in the whole world, which follows the views of the cluster by one WebSocket and
 * keeps the newest on its disk. It answers no DNS itself: Workers everywhere ask it for the view, and keep copies.
 *
 * Sockets that it opened do not outlive it in memory. From the compatibility date 2026-10-01 on, pending timers keep it
 * there, and a follower always has one. An alarm starts it anew where it was ended all the same: nobody need ask.
 */
import { DurableObject } from "cloudflare:workers";
import { ViewFollower } from "../shared/client/view-follower.ts";
import type { View } from "../shared/paxos/view.ts";
import { KnownView } from "./known-view.ts";
import { runtime } from "./runtime.ts";
import { settingsOf, type Vars } from "./settings.ts";

/** From one alarm to the next: each writes a row. */
const alarmMillis = 30_000;
/** How long the first who ask wait for a node, before what is on the disk has to do. */
const settleMillis = 1_500;

export interface Known {
  readonly cluster: string | null;
  readonly view: View | null;
  /** Wall time in ms since which no node vouches for the view; null while one does. */
  readonly cutOffSince: number | null;
  /** Why that is so, as far as it is known. */
  readonly problem: string | null;
}

export class Nameserver extends DurableObject<Vars> {
  readonly #known: KnownView;
  readonly #follower: ViewFollower;
  readonly #startedAt = Date.now();
  readonly #settled = Promise.withResolvers<void>();

  /** @throws BadSettings */
  constructor(ctx: DurableObjectState, env: Vars) {
    super(ctx, env);
    const { nodes, token } = settingsOf(env);
    this.#known = new KnownView(ctx.storage.sql);
    const settings = {
      bootstraps: { addresses: nodes, domains: [] },
      token,
      doh: null,
      known: this.#known.atStart,
    };
    this.#follower = new ViewFollower(runtime, settings, {
      onView: (view, cluster) => this.#known.keep(view, cluster),
      onRefused: (error) => {
        console.warn(error.code, error.message);
        this.#settled.resolve();
      },
      onCutOff: (since) => {
        this.#known.touch();
        if (since === null) this.#settled.resolve();
      },
    });
    this.#follower.start();
    setTimeout(() => this.#settled.resolve(), settleMillis);
    ctx.blockConcurrencyWhile(async () => {
      if ((await ctx.storage.getAlarm()) === null) await this.#setAlarm();
    });
  }

  /** What it knows, once it had the time to reach a node. */
  async look(): Promise<Known> {
    await this.#settled.promise;
    const follower = this.#follower;
    const isCutOff = follower.cutOffSince !== null;
    return {
      cluster: follower.cluster,
      view: follower.view,
      cutOffSince: isCutOff ? (this.#known.contact ?? this.#startedAt) : null,
      problem: follower.problem?.message ?? null,
    };
  }

  /** That it was constructed, if it was not there, is all that has to be done. */
  override async alarm(): Promise<void> {
    if (this.#follower.cutOffSince === null) this.#known.touch();
    await this.#setAlarm();
  }

  #setAlarm(): Promise<void> {
    return this.ctx.storage.setAlarm(Date.now() + alarmMillis);
  }
}
