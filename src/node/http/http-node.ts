/** What a node that holds objects can be asked by HTTP. */
import type { Server } from "../../shared/server/server.ts";
import { sessionList } from "../../shared/server/session-list.ts";
import type { Status } from "../../shared/server/status.ts";
import type { Counts } from "../metrics/counts.ts";
import type { HttpNode } from "./app.ts";
import type { HttpCalls } from "./calls.ts";
import type { PastLooker } from "./past.ts";
import type { Pages } from "./watch.ts";

interface Asked {
  readonly counts: Counts;
  readonly inside: { readonly server: Server; readonly calls: HttpCalls; readonly pages: Pages };
  status(): Status;
}

export function httpNodeOf(node: Asked, past: PastLooker): HttpNode {
  const { server, calls, pages } = node.inside;
  return {
    status: () => node.status(),
    sessions: () => sessionList(server.machine),
    ready: () => server.ready,
    counts: () => node.counts,
    call: (request, identity) => calls.call(request, identity),
    watch: (object) => pages.open(object),
    state: async (object, slot) => (slot === null ? pages.state(object) : past.look(object, slot)),
  };
}
