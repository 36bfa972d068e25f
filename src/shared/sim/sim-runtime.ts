/** The machine below a simulated client, as the client library sees it. */
import type { ClientRuntime } from "../client/runtime.ts";
import { fakeSha256 } from "./fake-hash.ts";
import { type ClientSide, type LinkNet, SimDialer } from "./links.ts";
import { SimClock } from "./sim-clock.ts";

/** A turn of a client's event loop takes at most this long, ms. */
const turnMillis = 0.05;

/** @param bootstrap a bootstrap list: where it begins */
export function simRuntime(net: LinkNet, client: ClientSide, bootstrap: string): ClientRuntime {
  const { dice, network } = net;
  return {
    clock: new SimClock(network.agenda, dice, client, client.machine.quartz, turnMillis, () => undefined),
    dialer: new SimDialer(net, client),
    randomBytes: (n) => Uint8Array.from({ length: n }, () => dice.below(256)),
    sha256: (bytes) => Promise.resolve(fakeSha256(bytes)),
    resolve: () => Promise.resolve({ addresses: [], ttlMillis: 0 }),
    defaultBootstrap: () => bootstrap,
  };
}
