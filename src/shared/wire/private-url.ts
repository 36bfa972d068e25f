/** Whether a secret may be sent to an address as it is: nobody between can overhear it. */

const loopback = /^ws:\/\/(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)(?::\d{1,5})?(?:[/?#]|$)/i;

/**
 * @param url as it is dialled
 * @example isPrivateUrl("ws://127.0.0.1:14000/concoord") // true: it stays in this machine
 */
export function isPrivateUrl(url: string): boolean {
  return /^wss:\/\//i.test(url) || loopback.test(url);
}
