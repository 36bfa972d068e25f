/** The entry `concoord/object`: what a user's class may import. */
export { type Invocation, invocation } from "./invocation.ts";
export type { Methods, Reads } from "./surface.ts";
export type { SessionId } from "./types.ts";
