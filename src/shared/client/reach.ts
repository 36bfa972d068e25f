/** How a session reaches the cluster: by addresses, or through a stub where programs have such. */
import { type Bootstraps, parseBootstrap } from "./bootstrap.ts";
import { badBootstrap } from "./errors.ts";
import type { ClientRuntime } from "./runtime.ts";
import type { Bootstrap } from "./types.ts";

/** Which node a stub leads to is up to what is behind it. */
const behindStub: Bootstraps = { addresses: ["ws://relay"], domains: [] };

/** @throws TypeError with code UNREACHABLE for what is neither */
export function reach(
  runtime: ClientRuntime,
  bootstrap: Bootstrap = runtime.defaultBootstrap(),
): { readonly runtime: ClientRuntime; readonly bootstraps: Bootstraps } {
  if (typeof bootstrap === "string") return { runtime, bootstraps: parseBootstrap(bootstrap) };
  const dialer = runtime.dialerThrough?.(bootstrap);
  if (dialer === undefined) throw badBootstrap("stubs are for Workers: give host:port[,…]");
  return { runtime: { ...runtime, dialer }, bootstraps: behindStub };
}
