/** The client for Cloudflare Workers. A session belongs to the request in which it was made. */
import { connectOf, openSessionOf } from "../shared/client/connect.ts";
import { makeProxied } from "../shared/client/proxied.ts";
import type { ClientRuntime } from "../shared/client/runtime.ts";
import { createLive, withLive } from "../shared/live/index.ts";
import { webDialer, webRuntime } from "../web/runtime.ts";
import { StubSocket } from "./stub-socket.ts";

export * from "../shared/client/index.ts";
export type * from "../shared/live/index.ts";

/** A timer each: nothing that waits may be shared between requests. */
function soon(run: () => void): void {
  setTimeout(run, 0);
}

function workerRuntime(): ClientRuntime {
  return {
    ...webRuntime({ soon }),
    dialerThrough: (stub) => webDialer((url) => new StubSocket(stub, url)),
  };
}

const runtime = /* @__PURE__ */ workerRuntime();
export const connect = /* @__PURE__ */ connectOf(runtime);
export const openSession = /* @__PURE__ */ withLive(/* @__PURE__ */ openSessionOf(runtime));
export const live = /* @__PURE__ */ createLive(/* @__PURE__ */ openSessionOf(runtime));
export const Proxied = /* @__PURE__ */ makeProxied(connect);
/** A generated proxy, but for its methods. */
export type Proxied = InstanceType<typeof Proxied>;
