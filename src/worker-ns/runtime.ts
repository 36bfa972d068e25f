/** What a follower needs of workerd. */
import type { LinkRuntime } from "../shared/client/connection.ts";
import { millis, wallMillis } from "../shared/paxos/ids.ts";
import { dialer } from "./link.ts";

function die(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}

export const runtime: LinkRuntime = {
  clock: {
    moment: () => ({ now: millis(performance.now()), wall: wallMillis(Date.now()), random: die() }),
    at: (at, run) => {
      const timer = setTimeout(run, Math.max(0, Math.ceil(at - performance.now())));
      return { cancel: () => clearTimeout(timer) };
    },
    soon: (run) => void setTimeout(run, 0),
  },
  dialer,
  // Who asks this Worker for addresses would wait for itself: its settings take no domains.
  resolve: (domain) => Promise.reject(new Error(`${domain} is a domain`)),
};
