/** What the client needs of Node: its clock, its dice, its hash, its sockets, its DNS. */
import { createHash, getRandomValues } from "node:crypto";
import type { ClientRuntime } from "../../shared/client/runtime.ts";
import type { Clock, Timer } from "../../shared/clock.ts";
import { type Millis, millis, wallMillis } from "../../shared/paxos/ids.ts";
import { WsDialer } from "../net/dialer.ts";
import { type DialTls, processTls } from "../tls/dial.ts";
import { callSpans } from "../tracing/call-spans.ts";
import { dialled } from "./boot.ts";
import { resolverOf } from "./resolver.ts";

const defaultBootstrap = "127.0.0.1:14000";

/** Dice are drawn in bulk: one call to the system for each would cost more than all else in `moment`. */
const dice = new Uint32Array(256);
let thrown = dice.length;

function throwDie(): number {
  if (thrown === dice.length) {
    getRandomValues(dice);
    thrown = 0;
  }
  return dice[thrown++] as number;
}

const clock: Clock = {
  moment: () => ({ now: millis(performance.now()), wall: wallMillis(Date.now()), random: throwDie() }),
  at: (at: Millis, run: () => void): Timer => {
    // A host timer rings early by up to a millisecond, and at once when it is asked for more than 2^31 - 1.
    const after = Math.min(2 ** 31 - 1, Math.max(0, Math.ceil(at - performance.now())));
    const timer = setTimeout(run, after);
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (run) => {
    setImmediate(run);
  },
};

/** @param tls how it dials; asked each time */
export function runtimeOf(tls: () => DialTls): ClientRuntime {
  return {
    clock,
    dialer: new WsDialer(tls),
    randomBytes: (n) => getRandomValues(new Uint8Array(n)),
    sha256: (bytes) => Promise.resolve(createHash("sha256").update(bytes).digest()),
    resolve: async (domain, doh) => {
      const service = await resolverOf(doh).service(domain);
      const addresses = dialled(service, () => throwDie() / 2 ** 32, tls());
      return { addresses, ttlMillis: service.ttlMillis };
    },
    tracer: callSpans,
    defaultBootstrap: () => process.env["CONCOORD_BOOT"] || defaultBootstrap,
  };
}

/** Dials as the process was told to. */
export const nodeRuntime = runtimeOf(processTls);
