/** Which network a connection comes from, as limits count them: a customer has one IPv4 address, but a /64 of IPv6. */
import { isIPv6 } from "node:net";

/**
 * @param address as sockets tell it; undefined for one that is closed already
 * @example networkOf("2001:db8::1") // "2001:db8:0:0"
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !isIPv6(address)) return address ?? "";
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address);
  if (mapped !== null) return mapped[1] as string;
  const [head = "", tail = ""] = (address.split("%")[0] as string).split("::");
  const [front, back] = [head, tail].map((part) => part.split(":").filter((group) => group !== ""));
  const groups = [...(front ?? []), ...Array<string>(8).fill("0")].slice(0, 8 - (back?.length ?? 0));
  return [...groups, ...(back ?? [])].slice(0, 4).join(":");
}
