/**
 * Whether nobody can overhear what comes on a connection: it is encrypted up to this process, or it does not leave this
 * machine. What a proxy says about its own side does not count: anybody may say it.
 */
import type { Duplex } from "node:stream";
import { isLoopback } from "../address.ts";

/** @param socket that of a request; nothing for one that came without */
export function isPrivateSocket(socket: Duplex | undefined): boolean {
  if (socket === undefined) return false;
  // Sockets of HTTP/2 stand for those below and are not of their classes.
  if ("encrypted" in socket && socket.encrypted === true) return true;
  if (!("remoteAddress" in socket) || typeof socket.remoteAddress !== "string") return false;
  return isLoopback(socket.remoteAddress.replace(/^::ffff:/i, ""));
}
