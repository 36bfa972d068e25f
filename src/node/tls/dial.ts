/**
 * How programs in Node dial with TLS: what they trust, which certificate they show, and what a failed dial means. For
 * clients and verbs of the command line that is one setting for the whole process; nodes have their own.
 */
import { createSecureContext, type SecureContext, type SecureVersion } from "node:tls";
import type { CloseReason } from "../../shared/wire/link.ts";
import { loadAuthority, loadTls, type TlsFiles } from "./files.ts";

/** Older versions have known weaknesses (RFC 8996). */
export const tlsVersionMin: SecureVersion = "TLSv1.2";

export interface DialTls {
  /** Whether addresses without a scheme are reached by TLS. */
  readonly isUsual: boolean;
  /** Asked at each dial; undefined for what Node trusts by itself, NODE_EXTRA_CA_CERTS included. */
  context(): SecureContext | undefined;
}

/** What Node trusts, and only where wss:// says so. */
const usual: DialTls = { isUsual: false, context: () => undefined };

/** Of nodes without TLS, whatever the environment says to clients. */
export const plainly = usual;

/** TLS everywhere, and what Node trusts by itself. */
export const trustingNode: DialTls = { isUsual: true, context: () => undefined };

let given: DialTls | null = null;
let ofFile: { readonly file: string; readonly tls: DialTls } | null = null;

/**
 * For clients of this process: what `dialWith` set, else the authority that the environment variable CONCOORD_TLS_CA
 * names. Who names an authority wants TLS: then host:port means wss://host:port, and ws:// must be written out.
 * @throws TlsError when that file cannot be read
 */
export function processTls(): DialTls {
  if (given !== null) return given;
  const file = process.env["CONCOORD_TLS_CA"] ?? "";
  if (file === "") return usual;
  if (ofFile?.file !== file) ofFile = { file, tls: trusting(loadAuthority(file)) };
  return ofFile.tls;
}

/** From now on clients of this process dial so. */
export function dialWith(tls: DialTls): void {
  given = tls;
}

/** Trusts the authority, and shows no certificate. @param ca PEM */
export function trusting(ca: Buffer): DialTls {
  const context = createSecureContext({ ca, minVersion: tlsVersionMin });
  return { isUsual: true, context: () => context };
}

/** Shows a certificate, as nodes do among one another. @throws TlsError */
export function showing(files: TlsFiles): DialTls {
  const { cert, key, ca } = loadTls(files, Date.now());
  const context = createSecureContext({
    cert,
    key,
    ...(ca === null ? {} : { ca }),
    minVersion: tlsVersionMin,
  });
  return { isUsual: true, context: () => context };
}

/** Codes of OpenSSL for a certificate that leads to nothing that is trusted here. */
const untrusted = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
]);

/** What was meant with the status of HTTP that a port with TLS answers what is not (RFC 2817 4.2). */
export const plainRefused = 426;

/**
 * Why a dial failed, as people can mend it.
 * @param addr as it was dialled
 * @param isNode whether a node dialled, whose flags decide
 * @returns DENIED for a port that wants TLS and was asked without; UNREACHABLE for certificates that do not convince;
 *   null for everything else
 */
export function tlsTrouble(addr: string, error: Error | null, isNode = false): CloseReason {
  if (error === null) return null;
  if (error.message.endsWith(`server response: ${plainRefused}`)) {
    const advice = isNode ? "start this node with --tls-cert and --tls-key" : `write ${withTls(addr)}`;
    return { code: "DENIED", message: `only TLS is spoken there: ${advice}` };
  }
  const code = "code" in error ? String(error.code) : "";
  const message = certificateTrouble(code, error);
  return message === null ? null : { code: "UNREACHABLE", message };
}

function certificateTrouble(code: string, error: Error): string | null {
  if (untrusted.has(code))
    return "its certificate is of no authority that is trusted here: name it with --tls-ca, CONCOORD_TLS_CA or NODE_EXTRA_CA_CERTS";
  if (code === "CERT_HAS_EXPIRED") return "its certificate has expired";
  if (code === "CERT_NOT_YET_VALID") return "its certificate is not valid yet; are the clocks right?";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `its certificate is of another host: ${error.message}`;
  if (/wrong version number|packet length too long/.test(error.message))
    return "it speaks no TLS: write ws:// if that is meant";
  return /^(ERR_SSL|ERR_TLS|CERT_|EPROTO$)/.test(code) ? `TLS: ${error.message}` : null;
}

/** `wss://host:port` of what was dialled without TLS. */
function withTls(addr: string): string {
  return /^ws:/i.test(addr) ? addr.replace(/^ws:/i, "wss:") : `wss://${addr}`;
}
