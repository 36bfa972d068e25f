/** What a traced world tells: one line for each thing that happens. */
import type { PeerMessage, ServerMessage } from "../wire/messages.ts";

/** @param at simulated ms @param who address of a machine, or "world" */
export type Trace = (at: number, who: string, what: string) => void;

/** A message in one short line. */
export function short(message: PeerMessage | ServerMessage): string {
  return JSON.stringify(message, (key, value: unknown) => {
    if (value instanceof Uint8Array) return `${value.length}B`;
    if (key === "genesis" || key === "wall" || key === "digest") return undefined;
    if (typeof value === "object" && value !== null && "round" in value && "leader" in value)
      return `${String(value.round)}.${String(value.leader).slice(0, 4)}`;
    return value;
  })
    .replaceAll('"', "")
    .slice(0, 240);
}
