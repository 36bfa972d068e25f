/** The package's main entry, `concoord`, in Node. */
import { createClient } from "../shared/client/connect.ts";
import { createLive, withLive } from "../shared/live/index.ts";
import { nodeRuntime } from "./client/runtime.ts";

export * from "../shared/client/index.ts";
export type * from "../shared/live/index.ts";

const client = createClient(nodeRuntime);
export const { connect, Proxied } = client;
export const openSession = withLive(client.openSession);
export const live = createLive(client.openSession);
/** A generated proxy, but for its methods. */
export type Proxied = InstanceType<typeof Proxied>;
