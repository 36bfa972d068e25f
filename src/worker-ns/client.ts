/**
 * The client for Cloudflare Workers. A session belongs to the request in which it was made. Stubs are for Workers only:
 * they are dealt with here, so that browsers need not load what dials them.
 */
import { connectOf, openSessionOf } from "../shared/client/connect.ts";
import { makeProxied } from "../shared/client/proxied.ts";
import type { ClientRuntime } from "../shared/client/runtime.ts";
import type { Bootstrap, Connect, OpenSession, Options } from "../shared/client/types.ts";
import { createLive, withLive } from "../shared/live/index.ts";
import { webDialer, webRuntime } from "../web/runtime.ts";
import { StubSocket } from "./stub-socket.ts";

export * from "../shared/client/index.ts";
export type * from "../shared/live/index.ts";

/** A timer each: nothing that waits may be shared between requests. */
function soon(run: () => void): void {
  setTimeout(run, 0);
}

const direct = /* @__PURE__ */ webRuntime({ soon });
/** Which node a stub leads to is up to what is behind it. */
const behindStub = "ws://relay";

function reach(bootstrap: Bootstrap | undefined): readonly [ClientRuntime, string | undefined] {
  if (typeof bootstrap !== "object") return [direct, bootstrap];
  const dialer = webDialer();
  dialer.open = (url) => new StubSocket(bootstrap, url);
  // What one Worker says to another does not leave the platform; the rest of the way is looked at by the node.
  dialer.isPrivate = () => true;
  return [{ ...direct, dialer }, behindStub];
}

/** Both of its signatures take a bootstrap in the same place. */
function connectAnywhere(): Connect {
  const connect = (type: string, bootstrap?: Bootstrap, options?: Options): unknown => {
    const [runtime, text] = reach(bootstrap);
    return connectOf(runtime)(type, text, options);
  };
  return connect as Connect;
}

export const connect = /* @__PURE__ */ connectAnywhere();
const openAnywhere: OpenSession = (bootstrap, options) => {
  const [runtime, text] = reach(bootstrap);
  return openSessionOf(runtime)(text, options);
};
export const openSession = /* @__PURE__ */ withLive(openAnywhere);
export const live = /* @__PURE__ */ createLive(openAnywhere);
export const Proxied = /* @__PURE__ */ makeProxied(connect);
/** A generated proxy, but for its methods. */
export type Proxied = InstanceType<typeof Proxied>;
