/** A Worker that calls the Counter, and lets programs in that cannot reach the nodes. */
import { type Bootstrap, connect, type RelayEnv } from "concoord/worker";
import { Counter } from "../counter/counter.ts";

// The class of the Durable Object that wrangler.toml names.
export { Relay } from "concoord/worker";

interface Env extends RelayEnv {
  readonly RELAY: { getByName(name: string): { fetch(request: Request): Promise<Response> } };
}

/** Counts one more. A session belongs to its request: it is opened and closed here. */
async function count(bootstrap: Bootstrap): Promise<Response> {
  await using counter = connect(Counter, bootstrap);
  await counter.increment();
  return new Response(`${await counter.getvalue()}\n`);
}

export default {
  fetch(request: Request, env: Env): Promise<Response> | Response {
    const relay = env.RELAY.getByName("main");
    switch (new URL(request.url).pathname) {
      case "/concoord":
        return relay.fetch(request);
      case "/":
        return count(env.BOOT);
      case "/relayed":
        return count(relay);
      default:
        return new Response("there is / and /relayed\n", { status: 404 });
    }
  },
};
