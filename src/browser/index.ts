/** The package's entry `concoord/browser`: the client for pages and their workers. */
import { connectOf, openSessionOf } from "../shared/client/connect.ts";
import { makeProxied } from "../shared/client/proxied.ts";
import { createLive, withLive } from "../shared/live/index.ts";
import { browserRuntime } from "./runtime.ts";

export * from "../shared/client/index.ts";
export type * from "../shared/live/index.ts";
export const connect = /* @__PURE__ */ connectOf(browserRuntime);
export const openSession = /* @__PURE__ */ withLive(/* @__PURE__ */ openSessionOf(browserRuntime));
export const live = /* @__PURE__ */ createLive(/* @__PURE__ */ openSessionOf(browserRuntime));
export const Proxied = /* @__PURE__ */ makeProxied(connect);
/** A generated proxy, but for its methods. */
export type Proxied = InstanceType<typeof Proxied>;
