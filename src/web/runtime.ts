/** What the client needs of the machine, from what browsers and Workers have in common. */

import type { Found } from "../shared/client/domain.ts";
import { badBootstrap } from "../shared/client/errors.ts";
import type { ClientRuntime } from "../shared/client/runtime.ts";
import type { Clock } from "../shared/clock.ts";
import { timerMillisMax } from "../shared/limits.ts";
import { millis, wallMillis } from "../shared/paxos/ids.ts";
import type { Mac } from "../shared/wire/handshake.ts";
import { WebSocketDialer } from "./ws-dialer.ts";

/** What differs between them. */
export interface Platform {
  /** Calls back after the input that is ready now was read. */
  readonly soon: Clock["soon"];
  /** Calls back whenever the machine woke up or found a network; returns what ends it. */
  readonly onWake?: (woken: () => void) => () => void;
}

/** Where the program came from, as `https://host:port`; null for a Worker, a file, a page of text. */
function origin(): string | null {
  const found = globalThis.location?.origin;
  return found?.startsWith("http") ? found : null;
}

function isSecure(): boolean {
  return origin()?.startsWith("https") === true;
}

function randomBytes(n: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(n));
}

function die(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}

/** Browsers hide their hash from pages that came over plain HTTP from elsewhere. */
async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  const { subtle } = crypto;
  if (subtle === undefined) return (await import("./sha256.ts")).sha256(bytes);
  return new Uint8Array(await subtle.digest("SHA-256", bytes.slice()));
}

/** Most programs have no token. */
const mac: Mac = async (token, data) => (await import("./mac.ts")).mac(token, data);

async function resolve(domain: string, doh: string | null): Promise<Found> {
  // Most programs never look up a domain.
  const { lookUp } = await import("./look-up.ts");
  return lookUp(domain, doh, origin(), die);
}

function defaultBootstrap(): string {
  const from = origin();
  if (from === null) throw badBootstrap("no page to take it from: give host:port[,…]");
  return from.replace("http", "ws");
}

export function webDialer(): WebSocketDialer {
  return new WebSocketDialer(mac, randomBytes, isSecure);
}

/** @example const { connect } = createClient(webRuntime({ soon: queueMicrotask })); */
export function webRuntime(platform: Platform): ClientRuntime {
  return {
    clock: {
      moment: () => ({ now: millis(performance.now()), wall: wallMillis(Date.now()), random: die() }),
      at: (at, run) => {
        const after = Math.min(timerMillisMax, Math.ceil(at - performance.now()));
        if (after > 0) {
          const timer = setTimeout(run, after);
          return { cancel: () => clearTimeout(timer) };
        }
        // What is due now needs no timer: in tabs that nobody looks at it would ring a second later, or a minute.
        let isSet = true;
        platform.soon(() => isSet && run());
        return { cancel: () => (isSet = false) };
      },
      soon: platform.soon,
    },
    dialer: webDialer(),
    randomBytes,
    sha256,
    resolve,
    defaultBootstrap,
    ...platform,
  };
}
