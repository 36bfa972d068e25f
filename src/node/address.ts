/** Addresses of this machine. */

/** Whether only programs on this machine reach the address. */
export function isLoopback(address: string): boolean {
  return address === "localhost" || address === "::1" || /^127\./.test(address);
}

/** An address and a port in one text, with brackets where IPv6 needs them. */
export function joinHostPort(address: string, number: number): string {
  return address.includes(":") ? `[${address}]:${number}` : `${address}:${number}`;
}

/** Without the port, and without brackets. */
export function hostOf(addr: string): string {
  return addr.replace(/:[0-9]+$/, "").replace(/^\[|\]$/g, "");
}
