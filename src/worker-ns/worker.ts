/** The package's entry `concoord/worker`: the client for Cloudflare Workers, and what relays others to the cluster. */
export * from "./client.ts";
export { Relay, type RelayEnv } from "./relay.ts";
