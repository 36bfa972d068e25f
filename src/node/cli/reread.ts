/** SIGHUP makes a node with TLS read its certificates again. Without TLS it ends the process, as it always does. */

import type { TlsFiles } from "../tls/files.ts";
import type { NodeTls } from "../tls/node-tls.ts";
import { messageOf } from "./failure.ts";

interface Options {
  readonly tls?: TlsFiles | undefined;
  /** Standard error unless given. */
  readonly log?: (line: string) => void;
}

interface WithTls {
  readonly tls: NodeTls | null;
}

/**
 * Listens for the signal from now on.
 * @returns what the nodes go through once they run; what was signalled before counts then
 * @example const node = rereadOnHangUp(options)(await startReplica(options));
 */
export function rereadOnHangUp({ tls, log }: Options): <T extends WithTls>(node: T) => T {
  const nodes: WithTls[] = [];
  let early = false;
  const reread = (node: WithTls) => {
    const say = (line: string) => (log === undefined ? process.stderr.write(`${line}\n`) : log(line));
    try {
      say(node.tls?.reload() ?? "without TLS there is nothing to read again");
    } catch (error) {
      say(`the old certificates stay: ${messageOf(error)}`);
    }
  };
  if (tls !== undefined)
    process.on("SIGHUP", () => {
      early ||= nodes.length === 0;
      for (const node of nodes) reread(node);
    });
  return (node) => {
    nodes.push(node);
    if (early) reread(node);
    return node;
  };
}
