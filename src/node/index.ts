/** The package's main entry, `concoord`, in Node. */
import { createClient } from "../shared/client/connect.ts";
import { nodeRuntime } from "./client/runtime.ts";

export * from "../shared/client/index.ts";
export const { connect, openSession, Proxied } = createClient(nodeRuntime);
/** A generated proxy, but for its methods. */
export type Proxied = InstanceType<typeof Proxied>;
